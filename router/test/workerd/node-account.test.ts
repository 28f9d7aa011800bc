import { applyD1Migrations, evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ACCEPTANCE_STATUS, toMessageJson, USAGE_RECEIPT } from '../../../schema/receipt.ts';
import { evidenceSchema, judgeEvidence } from '../../../schema/evidence.ts';
import type { Hex } from '../../../schema/bytes.ts';
import type { UsageReceipt } from '../../../schema/receipt.ts';
import type { SettlementJson } from '../../../schema/settlement.ts';
import { buildSettleEntry } from '../../billing/build-entry.ts';
import { makeLedger } from '../../billing/ledger.ts';
import { findBooked, findFateOf } from './find-booked.ts';
import { faults } from './billing-worker.ts';
import { checkSettled, makeNode, makePart, signer, signReceipt } from './make-settlement.ts';
import type { TestNode } from './make-settlement.ts';

const ledger = makeLedger(env.DB);
let nodes = 0;

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));
beforeEach(() => {
  faults.refuse = 0;
  faults.loseAnswer = 0;
  faults.refusePrepare = 0;
});

function openNode() {
  const node = makeNode(`node-account-${nodes++}`);
  return { node, stub: env.NODE_ACCOUNT.getByName(node.id) };
}

test('an honest receipt gets a signed acceptance that a stranger can check offline', async () => {
  const { node, stub } = openNode();
  const { withReceipt, receipt } = makePart(node);
  const settled = await stub.accept(withReceipt);
  expect(checkSettled(settled)).toEqual({ ok: true, value: { receiptHash: signer.hash(USAGE_RECEIPT, receipt) } });
  expect(settled.earn).toBe(45);
  expect(settled.acceptance).toMatchObject({
    amount: '45',
    count: '1',
    cumulativeAmount: '45',
    status: ACCEPTANCE_STATUS.accepted,
  });
});

test('a second delivery gets the stored answer, also after an eviction', async () => {
  const { node, stub } = openNode();
  const { withReceipt } = makePart(node);
  const first = await stub.accept(withReceipt);
  expect(await stub.accept(withReceipt)).toEqual(first);
  await evictDurableObject(stub);
  expect(await stub.accept(withReceipt)).toEqual(first);
  expect(await stub.totals()).toMatchObject({ count: 1, cumulativeAmount: 45 });
});

test('the cumulative total grows by each acceptance', async () => {
  const { node, stub } = openNode();
  for (const seq of [1n, 2n, 3n]) await stub.accept(makePart(node, { receipt: { seq } }).withReceipt);
  const { acceptance } = await stub.accept(makePart(node, { receipt: { seq: 4n } }).withReceipt);
  expect(acceptance).toMatchObject({ count: '4', cumulativeAmount: '180' });
});

test('where the router counted fewer tokens the acceptance is lowered and pays what was decided', async () => {
  const { node, stub } = openNode();
  const settlement = { outputTokens: 18, charge: 46, earn: 42 };
  const settled = await stub.accept(makePart(node, { settlement }).withReceipt);
  expect(settled.acceptance).toMatchObject({
    outputTokens: 18,
    promptTokens: 10,
    amount: '42',
    status: ACCEPTANCE_STATUS.lowered,
  });
  expect(checkSettled(settled).ok).toBe(true);
});

test('a home is never paid more than it signed for', async () => {
  const { node, stub } = openNode();
  const settled = await stub.accept(makePart(node, { receipt: { amount: 5n } }).withReceipt);
  expect(settled).toMatchObject({ earn: 5, acceptance: { amount: '5' } });
  expect(checkSettled(settled).ok).toBe(true);
});

test('a free job is accepted with nothing to pay', async () => {
  const { node, stub } = openNode();
  const part = makePart(node, { ticket: { priceIn: 0n, priceOut: 0n }, settlement: { charge: 0, earn: 0 } });
  expect(await stub.accept(part.withReceipt)).toMatchObject({
    acceptance: { amount: '0', status: ACCEPTANCE_STATUS.accepted },
  });
});

test.each([
  [
    'signed by another key',
    (part: ReturnType<typeof makePart>, other: TestNode) => ({
      receipt: part.receipt,
      signature: signReceipt(other, part.receipt),
    }),
  ],
  [
    'of another ticket',
    (part: ReturnType<typeof makePart>) => sign({ ...part.receipt, ticketHash: `0x${'00'.repeat(32)}` }),
  ],
  [
    'of another node',
    (part: ReturnType<typeof makePart>, other: TestNode) => sign({ ...part.receipt, node: other.address }),
  ],
  ['over the output limit', (part: ReturnType<typeof makePart>) => sign({ ...part.receipt, outputTokens: 1001 })],
  ['over the prompt limit', (part: ReturnType<typeof makePart>) => sign({ ...part.receipt, promptTokens: 1001 })],
])('a receipt %s counts as none: no acceptance, no pay, and the totals say so', async (_, forge) => {
  const { node, stub } = openNode();
  const part = makePart(node);
  const forged = forge(part, makeNode('a stranger'));
  const signature = forged.signature ?? signReceipt(node, forged.receipt);
  const settled = await stub.accept({
    ...part.withReceipt,
    receipt: toMessageJson(forged.receipt),
    receiptSignature: signature,
  });
  expect(settled).toMatchObject({ receipt: null, receiptSignature: null, acceptance: null, earn: 0, charge: 50 });
  expect(await stub.totals()).toMatchObject({ count: 0, cumulativeAmount: 0, refused: 1 });
});

function sign(receipt: UsageReceipt): { receipt: UsageReceipt; signature?: Hex } {
  return { receipt };
}

test('two receipts under one number: the second is unpaid and counted as equivocation', async () => {
  const { node, stub } = openNode();
  await stub.accept(makePart(node, { receipt: { seq: 7n } }).withReceipt);
  const settled = await stub.accept(makePart(node, { receipt: { seq: 7n } }).withReceipt);
  expect(settled).toMatchObject({
    earn: 0,
    acceptance: { amount: '0', status: ACCEPTANCE_STATUS.unpaid, cumulativeAmount: '45' },
  });
  expect(await stub.totals()).toMatchObject({ equivocations: 1, count: 2, cumulativeAmount: 45 });
  const [evidence, ...more] = (await stub.evidence()).map((one) => evidenceSchema.parse(one));
  expect(more).toEqual([]);
  expect(evidence?.signer).toBe(node.address);
  expect(judgeEvidence(evidence!)).toEqual({ ok: true, value: 'receipt-number' });
});

test('a gap or a broken link in the chain is recorded and refuses nothing', async () => {
  const { node, stub } = openNode();
  const first = makePart(node, { receipt: { seq: 1n } });
  await stub.accept(first.withReceipt);
  const firstHash = signer.hash(USAGE_RECEIPT, first.receipt);
  const third = makePart(node, { receipt: { seq: 3n, prevReceipt: `0x${'77'.repeat(32)}` } });
  expect((await stub.accept(third.withReceipt)).earn).toBe(45);
  expect(await stub.totals()).toMatchObject({ lastSeq: '3', missing: 1, breaks: 0 });
  await stub.accept(makePart(node, { receipt: { seq: 2n, prevReceipt: firstHash } }).withReceipt);
  expect(await stub.totals()).toMatchObject({ lastSeq: '3', missing: 0, breaks: 1 });
});

test('a settlement without a receipt earns nothing until the late receipt comes, which the fees pay once', async () => {
  const { node, stub } = openNode();
  const part = makePart(node);
  const settled = await stub.accept(part.bare);
  expect(settled).toMatchObject({ receipt: null, acceptance: null, earn: 0, charge: 50 });
  await ledger.apply([buildSettleEntry(settled, null)]);
  const answer = await stub.acceptLate(part.late);
  expect(answer).toMatchObject({ acceptance: { amount: 45n, cumulativeAmount: 45n }, reason: null });
  expect(await stub.acceptLate(part.late)).toEqual(answer);
  await runDurableObjectAlarm(stub);
  expect(await ledger.balanceOf(`owner:${part.withReceipt.ownerAccountId}`)).toBe(45);
  expect(await ledger.balanceOf(part.accountId)).toBe(-50);
  const [row] = await findBooked(env.DB, ledger, part.accountId, part.jobId);
  expect(row && checkSettled(row).ok).toBe(true);
});

test('a settlement repeated after its late receipt pays nothing again', async () => {
  const { node, stub } = openNode();
  const part = makePart(node);
  await stub.accept(part.bare);
  await stub.acceptLate(part.late);
  await evictDurableObject(stub);
  const again = await stub.accept(part.bare);
  expect(again).toMatchObject({ earn: 0, acceptance: { amount: '45' } });
  expect(await stub.totals()).toMatchObject({ count: 1, cumulativeAmount: 45 });
});

test('a late receipt is paid to the book exactly once while D1 fails and loses answers', async () => {
  const { node, stub } = openNode();
  const part = makePart(node);
  await ledger.apply([buildSettleEntry(await stub.accept(part.bare), null)]);
  await stub.acceptLate(part.late);
  faults.refuse = 1;
  faults.loseAnswer = 1;
  for (let i = 0; i < 4; i++) {
    await runDurableObjectAlarm(stub);
    await evictDurableObject(stub);
    await stub.totals();
  }
  expect(await ledger.balanceOf(`owner:${part.withReceipt.ownerAccountId}`)).toBe(45);
});

test('a late receipt waits while no settlement is known: a node’s word alone is never paid', async () => {
  const { node, stub } = openNode();
  const part = makePart(node);
  expect(await stub.acceptLate(part.late)).toBeNull();
  expect(await stub.totals()).toMatchObject({ count: 0 });
  expect((await stub.accept(part.withReceipt)).earn).toBe(45);
  expect(await stub.acceptLate(part.late)).toMatchObject({ acceptance: { amount: 45n } });
  expect(await stub.totals()).toMatchObject({ count: 1, cumulativeAmount: 45 });
});

test('a late receipt that claims more than the hub settled gets what was settled', async () => {
  const { node, stub } = openNode();
  const part = makePart(node, { receipt: { outputTokens: 900 } });
  await stub.accept(part.bare);
  expect(await stub.acceptLate(part.late)).toMatchObject({
    acceptance: { amount: 45n, outputTokens: 20, status: ACCEPTANCE_STATUS.lowered },
  });
});

test('a late receipt of a part that was settled as the node’s fault is answered and unpaid', async () => {
  const { node, stub } = openNode();
  const part = makePart(node, { settlement: { outcome: 'failed-by-node', charge: 0, earn: 0 } });
  await stub.accept(part.bare);
  expect(await stub.acceptLate(part.late)).toMatchObject({
    acceptance: { amount: 0n, status: ACCEPTANCE_STATUS.unpaid },
  });
});

test('a part of which its hub saw a token is not lost: a claim does not stand in for a count of none', async () => {
  const { node, stub } = openNode();
  const nothing = { outputTokens: 0, promptTokens: 0, charge: 0, earn: 0, ttftMs: 80 };
  const part = makePart(node, { settlement: { outcome: 'interrupted-by-network', isFinal: false, ...nothing } });
  await ledger.apply([buildSettleEntry(await stub.accept(part.bare), null)]);
  expect(await stub.acceptLate(part.late)).toMatchObject({ acceptance: { amount: 0n } });
});

/** Lets a home bring in fees: a whole part of 50 units, of which it earns 45. */
async function bringFees({ node, stub }: ReturnType<typeof openNode>, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const settled = await stub.accept(makePart(node, { receipt: { seq: BigInt(1000 + i) } }).withReceipt);
    await ledger.apply([buildSettleEntry(settled, null)]);
  }
}

test.each([
  ['which has brought in none before, of this part alone', 0, 40],
  ['which has brought in enough before', 1, 45],
])('a second prefill is paid out of the fees of its own home: %s', async (_, times, earned) => {
  const opened = openNode();
  const { node, stub } = opened;
  await bringFees(opened, times);
  const part = makePart(node, { ticket: { part: 1, chargePrompt: false }, settlement: { charge: 40 } });
  const settled = await stub.accept(part.withReceipt);
  expect(settled).toMatchObject({ charge: 40, earn: 0, receipt: null, acceptance: null });
  // Nobody knows yet what its caller pays for it.
  expect(await stub.acceptLate(part.late)).toBeNull();
  await ledger.apply([buildSettleEntry(settled, null)]);
  expect(await stub.acceptLate(part.late)).toMatchObject({ acceptance: { amount: BigInt(earned) }, reason: null });
  expect(await stub.accept(part.withReceipt)).toMatchObject({ earn: 0, acceptance: { amount: String(earned) } });
  await expect.poll(() => ledger.balanceOf(`owner:${part.withReceipt.ownerAccountId}`)).toBe(earned);
  expect(
    await findFateOf(env.DB, ledger, { accountId: part.accountId, jobId: part.jobId, part: 1, nodeId: node.id }),
  ).toMatchObject({
    part: { charge: 40, outcome: 'complete' },
    brought: 5 * times + 40,
  });
});

test('a receipt that came in time is accepted without its home’s doing as soon as the book knows how the job ended', async () => {
  const { node, stub } = openNode();
  const part = makePart(node, { ticket: { part: 1, chargePrompt: false }, settlement: { charge: 40 } });
  const settled = await stub.accept(part.withReceipt);
  await evictDurableObject(stub);
  await ledger.apply([buildSettleEntry(settled, null)]);
  // Whoever looks at it wakes it.
  await expect.poll(async () => (await stub.totals()).cumulativeAmount).toBe(40);
  const [row] = await findBooked(env.DB, ledger, part.accountId, part.jobId);
  await expect.poll(async () => (await findBooked(env.DB, ledger, part.accountId, part.jobId))[0]?.earn).toBe(40);
  expect(row).toBeDefined();
});

test('homes of one owner that hand an answer on by their own doing are paid for no second prefill, others are', async () => {
  for (const isOneOwner of [true, false]) {
    const opened = openNode();
    const { node, stub } = opened;
    await bringFees(opened, 2);
    const part = makePart(node, {
      ticket: { part: 1, chargePrompt: false },
      settlement: { charge: 40, interrupted: 1 },
    });
    const { ownerAccountId, accountId } = part.withReceipt;
    const first = makePart(makeNode(`before-${node.id}`), {
      settlement: {
        outcome: 'interrupted-by-network',
        isFinal: false,
        earn: 0,
        ...(isOneOwner && { ownerAccountId }),
      },
    });
    await ledger.apply([buildSettleEntry(await stub.accept(part.bare), null)]);
    // Its last word tells of an earlier part that the book does not have yet.
    expect(await stub.acceptLate(part.late)).toBeNull();
    await ledger.apply([buildSettleEntry({ ...first.bare, jobId: part.jobId, part: 0, accountId }, null)]);
    expect(await stub.acceptLate(part.late)).toMatchObject({ acceptance: { amount: isOneOwner ? 36n : 45n } });
  }
});

describe('a part that was lost with its hub’s memory', () => {
  const lost = { promptTokens: 0, outputTokens: 0, charge: 0, earn: 0, ttftMs: null } as const;

  /** Settles such a part and gives what its home earns by a receipt over 10 and 20 tokens, which are worth 45. */
  async function lose(
    opened: ReturnType<typeof openNode>,
    facts: { comesLate?: boolean; outcome?: 'interrupted-by-network'; lostAtMost?: SettlementJson['lostAtMost'] },
  ): Promise<number> {
    const { node, stub } = opened;
    const { comesLate = true, outcome = 'failed-by-network', lostAtMost } = facts;
    const part = makePart(node, { settlement: { ...lost, outcome, ...(lostAtMost && { lostAtMost }) } });
    const settled = await stub.accept(comesLate ? part.bare : part.withReceipt);
    await ledger.apply([buildSettleEntry(settled, null)]);
    const answered = await stub.acceptLate(part.late);
    expect(answered?.reason).toBeNull();
    expect(await ledger.balanceOf(part.accountId)).toBe(0);
    return Number(answered?.acceptance?.amount);
  }

  test('is paid from what its home’s work has brought in, however its receipt comes', async () => {
    for (const outcome of ['interrupted-by-network', undefined] as const)
      for (const comesLate of [true, false]) {
        const opened = openNode();
        await bringFees(opened, 9);
        const lostAtMost = { promptTokens: 1000, outputTokens: 1000 };
        expect(await lose(opened, { comesLate, lostAtMost, ...(outcome && { outcome }) })).toBe(45);
        // All of it is spent now.
        expect(await lose(opened, { comesLate, lostAtMost, ...(outcome && { outcome }) })).toBe(0);
      }
  });

  test('is not paid where its home’s work has brought in nothing', async () => {
    expect(await lose(openNode(), { lostAtMost: { promptTokens: 1000, outputTokens: 1000 } })).toBe(0);
  });

  test('is worth what its hub had written down, not what its home claims', async () => {
    const opened = openNode();
    await bringFees(opened, 9);
    expect(await lose(opened, { lostAtMost: { promptTokens: 4, outputTokens: 3 } })).toBe(9);
    expect(await lose(opened, {})).toBe(0);
  });
});

test('what receipts may still claim of their own charges is spent on no other part', async () => {
  const opened = openNode();
  const { node, stub } = opened;
  const unsigned = makePart(node, { receipt: { seq: 7n } });
  await ledger.apply([buildSettleEntry(await stub.accept(unsigned.bare), null)]);
  const part = makePart(node, { settlement: { outcome: 'failed-by-network', charge: 0 }, receipt: { seq: 8n } });
  await ledger.apply([buildSettleEntry(await stub.accept(part.bare), null)]);
  expect(await stub.acceptLate(part.late)).toMatchObject({ acceptance: { amount: 5n } });
  expect(await stub.acceptLate(unsigned.late)).toMatchObject({ acceptance: { amount: 45n } });
  await expect.poll(() => ledger.balanceOf(`owner:${unsigned.withReceipt.ownerAccountId}`)).toBe(45);
  expect(await ledger.findDrifted()).toEqual([]);
});

test('a late receipt under a ticket that this router never signed, or far too late, is refused for good', async () => {
  const { node, stub } = openNode();
  const part = makePart(node);
  const forged = { ...part.late, ticketSignature: signReceipt(node, part.receipt) };
  expect(await stub.acceptLate(forged)).toMatchObject({
    acceptance: null,
    reason: 'the ticket was not signed by this router',
  });
  const old = makePart(node, { ticket: { expiresAtMs: BigInt(Date.now() - 25 * 3_600_000) } });
  expect(await stub.acceptLate(old.late)).toMatchObject({ acceptance: null, reason: expect.stringContaining('24 h') });
});

test('a late receipt that its node did not sign is refused, and the true one is still taken', async () => {
  const { node, stub } = openNode();
  const part = makePart(node);
  await stub.accept(part.bare);
  const forged = { ...part.late, signature: signReceipt(makeNode('a stranger'), part.receipt) };
  expect(await stub.acceptLate(forged)).toMatchObject({
    acceptance: null,
    reason: expect.stringContaining('not signed by its node'),
  });
  expect(await stub.acceptLate(part.late)).toMatchObject({ acceptance: { amount: 45n } });
});
