// Batches of settlements at a node's account: one seal and one row for what is accepted together, and what a node cannot make of seals.
import { applyD1Migrations, evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Hex } from '../../../schema/bytes.ts';
import { evidenceSchema, judgeEvidence } from '../../../schema/evidence.ts';
import { USAGE_RECEIPT } from '../../../schema/receipt.ts';
import { toSealedJson } from '../../../schema/seal.ts';
import type { SettlementJson } from '../../../schema/settlement.ts';
import { ZERO_WORD } from '../../../schema/typed-data.ts';
import { completeAll } from '../../billing/answer-receipt.ts';
import { checkSettled, makeLate, makeNode, makePart, sealParts, signer, signReceipt } from './make-settlement.ts';
import type { Sealing, TestNode } from './make-settlement.ts';

let nodes = 0;

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));

function openNode() {
  const node = makeNode(`node-batches-${nodes++}`);
  return { node, stub: env.NODE_ACCOUNT.getByName(node.id) };
}

/** Settlements as their hub has them once the node's account has said what completes them. */
async function acceptAll(stub: ReturnType<typeof openNode>['stub'], batch: { settlements: SettlementJson[] }) {
  return completeAll(batch.settlements, await stub.acceptAll(batch));
}

describe('a batch', () => {
  /** Parts whose receipts follow one another under one seal. */
  function makeBatch(node: TestNode, first: bigint, count: number) {
    let prevReceipt: Hex = ZERO_WORD;
    const parts = Array.from({ length: count }, (_, i) => {
      const part = makePart(node, { receipt: { seq: first + BigInt(i), prevReceipt } });
      prevReceipt = signer.hash(USAGE_RECEIPT, part.receipt);
      return part;
    });
    const { settlements, seal } = sealParts(node, parts);
    return { parts, seal, settlements };
  }

  test('is accepted under one seal, each part proven alone, in one row, and repeated it gets the same answers', async () => {
    const { node, stub } = openNode();
    const { settlements } = makeBatch(node, 1n, 8);
    const rows = () =>
      runInDurableObject(stub, (_, { storage }) => storage.sql.exec('SELECT id FROM batches').toArray());
    const first = await acceptAll(stub, { settlements });
    expect(first.map((one) => checkSettled(one!).ok)).toEqual(first.map(() => true));
    expect(new Set(first.map((one) => one?.acceptanceSignature)).size).toBe(1);
    expect(first[0]?.acceptanceSeal?.seal).toMatchObject({ kind: 3, number: '1', count: 8, total: String(8 * 45) });
    expect(await rows()).toHaveLength(1);
    await evictDurableObject(stub);
    expect(await acceptAll(stub, { settlements })).toEqual(first);
    expect(await rows()).toHaveLength(1);
    const next = await acceptAll(stub, { settlements: makeBatch(node, 9n, 1).settlements });
    const { seal } = next[0]!.acceptanceSeal!;
    expect(seal).toMatchObject({ number: '2', count: 1, total: String(9 * 45) });
    expect(seal.previous).not.toBe(ZERO_WORD);
    expect(await stub.totals()).toMatchObject({ count: 9, cumulativeAmount: 9 * 45, sealEquivocations: 0, missing: 0 });
  });

  test('that comes before the one ahead of it, late, or again in other pieces after a crash pays each part once, and answers the same', async () => {
    const { node, stub } = openNode();
    const { settlements } = makeBatch(node, 1n, 6);
    const send = (from: number, to: number) => acceptAll(stub, { settlements: settlements.slice(from, to) });
    const second = await send(2, 4);
    const first = await send(0, 2);
    await evictDurableObject(stub);
    // The call that its hub had given up arrives after all.
    expect(await send(2, 4)).toEqual(second);
    const again = await send(1, 6);
    expect(again.slice(0, 3)).toEqual([first[1], ...second]);
    expect(again.map((one) => one?.earn)).toEqual([45, 45, 45, 45, 45]);
    expect(await stub.totals()).toMatchObject({ count: 6, cumulativeAmount: 6 * 45, equivocations: 0, missing: 0 });
  });

  test('holds up none of its parts for one that cannot be taken, or proves nothing', async () => {
    const { node, stub } = openNode();
    const { settlements } = makeBatch(node, 1n, 3);
    const [one, two, three] = settlements;
    const broken = { ...one!, ticket: {} as never };
    const answers = await acceptAll(stub, {
      settlements: [broken, { ...two!, receiptSignature: `0x${'11'.repeat(65)}` }, three!],
    });
    expect(answers.map((answer) => answer && answer.earn)).toEqual([null, 0, 45]);
    expect(await stub.totals()).toMatchObject({ refused: 1, count: 1 });
  });

  test('pays a number once, also under two seals or twice within it', async () => {
    const { node, stub } = openNode();
    const parts = [1n, 1n].map((seq) => makePart(node, { receipt: { seq } }));
    const answers = await acceptAll(stub, { settlements: sealParts(node, parts).settlements });
    expect(answers.map((answer) => answer?.earn)).toEqual([45, 0]);
    const again = sealParts(node, [makePart(node, { receipt: { seq: 1n } })]);
    expect((await acceptAll(stub, again)).map((answer) => answer?.earn)).toEqual([0]);
    expect(await stub.totals()).toMatchObject({ equivocations: 2, count: 3, cumulativeAmount: 45 });
    const kept = (await stub.evidence()).map((one) => judgeEvidence(evidenceSchema.parse(one)));
    expect(kept).toEqual([{ ok: true, value: 'receipt-number' }]);
  });

  test.each<[string, (sealed: Sealing, other: TestNode) => Sealing]>([
    ['a forged root', (sealed) => ({ ...sealed, seal: { ...sealed.seal, root: `0x${'ab'.repeat(32)}` } })],
    ['another count', (sealed) => ({ ...sealed, seal: { ...sealed.seal, count: sealed.seal.count + 1 } })],
    ['the seal of another node', (sealed, other) => ({ ...sealed, seal: { ...sealed.seal, node: other.address } })],
    ['a seal of acceptances', (sealed) => ({ ...sealed, seal: { ...sealed.seal, kind: 3 } })],
    ['the seal of another batch', (_, other) => sealParts(other, [makePart(other)])],
  ])('under %s is not paid', async (_title, forge) => {
    const { node, stub } = openNode();
    const other = makeNode('another');
    const parts = [1n, 2n].map((seq) => makePart(node, { receipt: { seq } }));
    const honest = sealParts(node, parts);
    const { seal, signature } = forge(honest, other);
    const settlements = honest.settlements.map((one) => ({
      ...one,
      receiptSignature: signature,
      receiptSeal: { ...one.receiptSeal!, seal: toSealedJson({ seal, proof: [] }).seal },
    }));
    const answers = await acceptAll(stub, { settlements });
    expect(answers.map((answer) => answer && [answer.earn, answer.receipt])).toEqual([
      [0, null],
      [0, null],
    ]);
    expect(await stub.totals()).toMatchObject({ count: 0, refused: 2 });
  });

  test('under a second seal of one number is paid by its receipts, and both seals are kept against the node', async () => {
    const { node, stub } = openNode();
    const first = sealParts(node, [makePart(node, { receipt: { seq: 1n } })]);
    await acceptAll(stub, first);
    await evictDurableObject(stub);
    const parts = [makePart(node, { receipt: { seq: 2n } })];
    const second = sealParts(node, parts, { number: first.seal.number });
    for (let i = 0; i < 2; i++) expect((await acceptAll(stub, second)).map((answer) => answer?.earn)).toEqual([45]);
    expect(await stub.totals()).toMatchObject({ sealEquivocations: 1, equivocations: 0, count: 2 });
    const kept = (await stub.evidence()).map((one) => evidenceSchema.parse(one));
    expect(kept).toMatchObject([{ of: 'seals', signer: node.address }]);
    expect(judgeEvidence(kept[0]!)).toEqual({ ok: true, value: 'seal-number' });
  });
});

test('a second receipt for a ticket that was paid earns nothing, and both are evidence, once', async () => {
  const { node, stub } = openNode();
  const part = makePart(node);
  await stub.accept(part.withReceipt);
  const second = makeLate(node, part.ticket, { ...part.receipt, seq: 2n, outputTokens: 21 });
  for (let i = 0; i < 2; i++)
    expect(await stub.acceptLate(second)).toMatchObject({
      acceptance: null,
      reason: expect.stringContaining('another receipt'),
    });
  // A stranger cannot make evidence against a node.
  await stub.acceptLate({ ...second, signature: signReceipt(makeNode('a stranger'), second.receipt) });
  const kept = (await stub.evidence()).map((one) => judgeEvidence(evidenceSchema.parse(one)));
  expect(kept).toEqual([{ ok: true, value: 'receipt-ticket' }]);
});
