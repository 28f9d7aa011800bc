// Parts that their home broke off: paid when another home has gone on, refused when none did, and signed for by homes that were killed.
import { applyD1Migrations, evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Hex } from '../../../schema/bytes.ts';
import type { SettlementJson } from '../../../schema/settlement.ts';
import { makeLedger } from '../../billing/ledger.ts';
import { findBooked } from './find-booked.ts';
import { faults } from './billing-worker.ts';
import { checkSettled, makeLate, makeNode, makePart, makeReceipt } from './make-settlement.ts';

const ledger = makeLedger(env.DB);
let nodes = 0;

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));
beforeEach(() => {
  faults.refuse = 0;
  faults.loseAnswer = 0;
  faults.refusePrepare = 0;
});

function openNode() {
  const node = makeNode(`broken-parts-${nodes++}`);
  return { node, stub: env.NODE_ACCOUNT.getByName(node.id) };
}

const interrupted = { outcome: 'interrupted-by-node', isFinal: false } as const;
const HASH: Hex = `0x${'cd'.repeat(32)}`;

/** A part that its home broke off, and its caller's account, which decides what becomes of it. */
async function breakOff(fields: Parameters<typeof makePart>[1] = {}) {
  const { node, stub } = openNode();
  const part = makePart(node, { ...fields, settlement: { ...interrupted, ...fields.settlement } });
  const account = env.ACCOUNT.getByName(part.accountId);
  await account.grant({ eventId: part.accountId, accountId: part.accountId, amount: 1000, memo: null });
  /** The edge's word on how the job ended, and that word in the book. */
  const decide = async (isCharged: boolean): Promise<void> => {
    await account.release(part.jobId, 1, isCharged);
    await runDurableObjectAlarm(account);
  };
  return { node, stub, part, account, decide, owner: `owner:${part.withReceipt.ownerAccountId}` };
}

test.each([
  ['more than was relayed', 900, 45],
  ['what was relayed', 20, 45],
  ['less than was relayed', 15, 36],
])(
  'a home that broke a part off is paid when another has gone on with it: over %s the lower, once, and no caller pays again',
  async (_, signed, earned) => {
    const { node, stub, part, account, decide, owner } = await breakOff({
      receipt: { outputTokens: signed, finish: 3 },
    });
    await account.settle(await stub.accept(part.bare));
    expect(await stub.acceptLate(part.late)).toBeNull();
    await decide(true);
    const answer = await stub.acceptLate(part.late);
    expect(answer).toMatchObject({ acceptance: { amount: BigInt(earned), outputTokens: Math.min(20, signed) } });
    await runDurableObjectAlarm(stub);
    expect(await ledger.balanceOf(owner)).toBe(earned);
    const second = { ...part.receipt, seq: 2n, outputTokens: 901 };
    expect(await stub.acceptLate(makeLate(node, part.ticket, second))).toMatchObject({
      acceptance: null,
      reason: 'another receipt for this ticket has been accepted',
    });
    expect(await stub.acceptLate(part.late)).toEqual(answer);
    await runDurableObjectAlarm(stub);
    expect(await ledger.balanceOf(owner)).toBe(earned);
    expect(await account.usage()).toMatchObject({ balance: 950, totals: { charged: 50 } });
    const [row] = await findBooked(env.DB, ledger, part.accountId, part.jobId);
    expect(row).toMatchObject({ charge: 50, earn: earned, outcome: 'interrupted-by-node' });
    expect(row && checkSettled(row).ok).toBe(true);
    expect(await ledger.total()).toBe(0);
  },
);

test('its receipt came in time and waits all the same; repeated deliveries and offers change nothing', async () => {
  const { stub, part, account, decide } = await breakOff();
  const settled = await stub.accept(part.withReceipt);
  expect(settled).toMatchObject({ receipt: null, acceptance: null, earn: 0, charge: 50 });
  await account.settle(settled);
  expect(await stub.accept(part.withReceipt)).toEqual(settled);
  await evictDurableObject(stub);
  expect(await stub.acceptLate(part.late)).toBeNull();
  expect(await stub.totals()).toMatchObject({ count: 0, refused: 0 });
  await decide(true);
  expect(await stub.accept(part.withReceipt)).toEqual(settled);
  const [one, two] = await Promise.all([stub.acceptLate(part.late), stub.acceptLate(part.late)]);
  expect(one).toMatchObject({ acceptance: { amount: 45n, count: 1n } });
  expect(two).toEqual(one);
  expect(await stub.accept(part.withReceipt)).toMatchObject({ earn: 0, acceptance: { amount: '45' } });
  expect(await stub.totals()).toMatchObject({ count: 1, cumulativeAmount: 45 });
});

test('where nobody went on it is refused for good and nobody pays', async () => {
  const { stub, part, account, decide, owner } = await breakOff();
  await account.settle(await stub.accept(part.withReceipt));
  await decide(false);
  for (let i = 0; i < 2; i++)
    expect(await stub.acceptLate(part.late)).toMatchObject({
      acceptance: null,
      reason: expect.stringContaining('nobody went on'),
    });
  await runDurableObjectAlarm(stub);
  expect(await ledger.balanceOf(owner)).toBe(0);
  expect(await account.usage()).toMatchObject({ balance: 1000 });
  expect(await findBooked(env.DB, ledger, part.accountId, part.jobId)).toMatchObject([
    { outcome: 'failed-by-node', charge: 0, earn: 0, receipt: null },
  ]);
  expect(await stub.totals()).toMatchObject({ count: 0, cumulativeAmount: 0 });
});

test('while the book cannot be asked its receipt is neither taken nor refused', async () => {
  const { stub, part, account, decide } = await breakOff();
  await account.settle(await stub.accept(part.withReceipt));
  await decide(false);
  faults.refusePrepare = 1;
  expect(await stub.acceptLate(part.late)).toBeNull();
  expect(await stub.acceptLate(part.late)).toMatchObject({ reason: expect.stringContaining('nobody went on') });
});

test('the network’s fault is paid like what its caller pays for it, and by its home’s own fees where nobody does', async () => {
  for (const isCharged of [true, false]) {
    const { stub, part, account, decide, owner } = await breakOff({
      settlement: { outcome: 'interrupted-by-network' },
    });
    const settled = await stub.accept(part.withReceipt);
    expect(settled).toMatchObject({ earn: 0, acceptance: null });
    await account.settle(settled);
    await decide(isCharged);
    const earned = isCharged ? 45 : 0;
    expect(await stub.acceptLate(part.late)).toMatchObject({ acceptance: { amount: BigInt(earned) } });
    await runDurableObjectAlarm(stub);
    expect(await ledger.balanceOf(owner)).toBe(earned);
    const outcome = isCharged ? 'interrupted-by-network' : 'failed-by-network';
    const rows = await findBooked(env.DB, ledger, part.accountId, part.jobId);
    expect(rows).toMatchObject([{ outcome, charge: isCharged ? 50 : 0, earn: earned }]);
  }
});

describe('parts that nobody signed for', () => {
  const bareOf = (part: ReturnType<typeof makePart>): SettlementJson => ({ ...part.bare, relayedHash: HASH });

  test('are told to their node as they were relayed, until one receipt for each is accepted', async () => {
    const { node, stub, part, account, decide, owner } = await breakOff();
    expect(await stub.unsigned()).toEqual([]);
    await account.settle(await stub.accept(bareOf(part)));
    const asked = {
      ticket: part.bare.ticket,
      ticketSignature: part.bare.ticketSignature,
      promptTokens: 10,
      outputTokens: 20,
      responseHash: HASH,
      finish: 'error',
    };
    expect(await stub.unsigned()).toEqual([asked]);
    await decide(true);
    await evictDurableObject(stub);
    expect(await stub.unsigned()).toEqual([asked]);
    const signed = makeReceipt(part.ticket, { responseHash: HASH, finish: 4 });
    const answer = await stub.acceptLate(makeLate(node, part.ticket, signed));
    expect(answer).toMatchObject({ acceptance: { amount: 45n } });
    expect(await stub.unsigned()).toEqual([]);
    await runDurableObjectAlarm(stub);
    expect(await ledger.balanceOf(owner)).toBe(45);
  });

  test('are not those that failed by their home, that delivered nothing, were complete, or have a receipt', async () => {
    const { stub, part, account, decide } = await breakOff();
    await account.settle(await stub.accept(bareOf(part)));
    await decide(false);
    expect(await stub.unsigned()).toEqual([]);
    faults.refusePrepare = 1;
    // Not known to have failed: its home may sign, and is told then.
    expect(await stub.unsigned()).toHaveLength(1);

    const { node, stub: other } = openNode();
    for (const settlement of [
      { outcome: 'failed-by-node' },
      { outcome: 'complete' },
      { outcome: 'failed-before-token' },
      { outcome: 'interrupted-by-network', outputTokens: 0 },
    ] as const)
      await other.accept(bareOf(makePart(node, { settlement })));
    const signed = makePart(node, { settlement: interrupted });
    await other.accept({ ...signed.withReceipt, relayedHash: HASH });
    expect(await other.unsigned()).toEqual([]);
    for (const outcome of ['cancelled', 'failed-by-network', 'interrupted-by-network'] as const)
      await other.accept(bareOf(makePart(node, { settlement: { outcome } })));
    expect((await other.unsigned()).map(({ finish }) => finish).toSorted()).toEqual(['cancelled', 'error', 'error']);
  });

  test('are at most 32 at once, the newest', async () => {
    const { node, stub } = openNode();
    for (let i = 0; i < 34; i++) {
      const settlement = { outcome: 'failed-by-network', endedAt: Date.now() + i, outputTokens: 1 + i } as const;
      await stub.accept(bareOf(makePart(node, { settlement })));
    }
    const asked = (await stub.unsigned()).map(({ outputTokens }) => outputTokens);
    expect(asked).toEqual(Array.from({ length: 32 }, (_, i) => 34 - i));
  });
});
