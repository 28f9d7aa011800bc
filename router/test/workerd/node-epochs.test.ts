// A node's epochs in its own object: what enters one, what was there at its end, and the proof of one acceptance.
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, expect, test, vi } from 'vitest';
import { epochOf } from '../../../schema/epoch.ts';
import { foldProof } from '../../../schema/merkle.ts';
import { ACCEPTANCE, acceptanceSchema } from '../../../schema/receipt.ts';
import type { SettlementJson } from '../../../schema/settlement.ts';
import { ZERO_WORD } from '../../../schema/typed-data.ts';
import { makeNode, makePart, signer } from './make-settlement.ts';
import type { TestNode } from './make-settlement.ts';

const DAY_MS = 86_400_000;
const TODAY = epochOf(Date.now());
let nodes = 0;
let seq = 0n;

afterEach(() => void vi.useRealTimers());

function openNode() {
  const node = makeNode(`node-epochs-${nodes++}`);
  return { node, stub: env.NODE_ACCOUNT.getByName(node.id) };
}

/** One batch of so many parts. */
async function earn({ node, stub }: ReturnType<typeof openNode>, parts = 1): Promise<number[]> {
  const settlements = Array.from({ length: parts }, () => makePart(node, { receipt: { seq: ++seq } }).withReceipt);
  const answers = await stub.acceptAll({ settlements });
  return answers.map((answer) => acceptanceSchema.parse(answer?.acceptance).epoch);
}

/** The clock of the objects here is the tests'. */
function setClock(at: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: at });
}

test('an epoch is frozen with what was accepted in it and before, the same however often it is asked, also after an eviction', async () => {
  const home = openNode();
  await earn(home, 3);
  const frozen = await home.stub.freeze(TODAY);
  expect(frozen).toMatchObject({ epoch: TODAY, count: 3, total: 135, spent: 0, withheld: 0 });
  expect(frozen.acceptancesRoot).not.toBe(ZERO_WORD);
  await earn(home);
  expect(await home.stub.freeze(TODAY)).toEqual(frozen);
  await evictDurableObject(home.stub);
  expect(await home.stub.freeze(TODAY)).toEqual(frozen);
});

test('once it is frozen nothing enters it: an acceptance of the same day counts in the next', async () => {
  const home = openNode();
  expect(await earn(home)).toEqual([TODAY]);
  await home.stub.freeze(TODAY);
  expect(await earn(home)).toEqual([TODAY + 1]);
  await evictDurableObject(home.stub);
  expect(await earn(home)).toEqual([TODAY + 1]);
  expect(await home.stub.freeze(TODAY + 1)).toMatchObject({ count: 3, total: 135 });
  expect(await earn(home)).toEqual([TODAY + 2]);
});

test('a node that never earned has nothing, and is closed all the same', async () => {
  const home = openNode();
  expect(await home.stub.freeze(TODAY + 5)).toEqual({
    epoch: TODAY + 5,
    count: 0,
    total: 0,
    acceptancesRoot: ZERO_WORD,
    spent: 0,
    withheld: 0,
  });
  expect(await earn(home)).toEqual([TODAY + 6]);
});

test('a clock that goes back takes no acceptance into an earlier epoch', async () => {
  const home = openNode();
  setClock((TODAY + 3) * DAY_MS);
  expect(await earn(home)).toEqual([TODAY + 3]);
  setClock((TODAY + 1) * DAY_MS);
  expect(await earn(home)).toEqual([TODAY + 3]);
  await evictDurableObject(home.stub);
  expect(await earn(home)).toEqual([TODAY + 3]);
});

test('an epoch that is frozen late has what stood at its end, whatever was accepted since', async () => {
  const home = openNode();
  await earn(home, 2);
  setClock((TODAY + 1) * DAY_MS);
  await earn(home, 4);
  setClock((TODAY + 4) * DAY_MS);
  await earn(home);
  const [first, second, third] = [
    await home.stub.freeze(TODAY),
    await home.stub.freeze(TODAY + 2),
    await home.stub.freeze(TODAY + 4),
  ];
  expect([first.count, second.count, third.count]).toEqual([2, 6, 7]);
  expect(new Set([first, second, third].map(({ acceptancesRoot }) => acceptancesRoot)).size).toBe(3);
  await expect(runInDurableObject(home.stub, (object) => object.freeze(TODAY + 3))).rejects.toThrow(RangeError);
});

test('an epoch without acceptances has the root of the one before', async () => {
  const home = openNode();
  await earn(home, 2);
  const { acceptancesRoot } = await home.stub.freeze(TODAY);
  expect(await home.stub.freeze(TODAY + 1)).toMatchObject({ count: 2, acceptancesRoot });
});

test('every acceptance of some epochs is proven to the root of its own and of each later one', async () => {
  const home = openNode();
  const perDay = [3, 1, 4, 2];
  for (const [day, batches] of perDay.entries()) {
    setClock((TODAY + day) * DAY_MS);
    for (let batch = 0; batch < batches; batch++) await earn(home, 1 + batch);
  }
  const ends = [];
  for (const day of perDay.keys()) ends.push(await home.stub.freeze(TODAY + day));
  for (const end of ends)
    for (let count = 1; count <= end.count; count++) {
      const proven = await home.stub.proveAcceptance(count, end.epoch);
      if (typeof proven === 'string') throw new Error(proven);
      const acceptance = acceptanceSchema.parse(proven.receipt.proof.acceptance);
      expect(acceptance.count).toBe(BigInt(count));
      expect(acceptance.epoch).toBe(proven.acceptedIn);
      expect(proven.acceptancesRoot).toBe(end.acceptancesRoot);
      expect(foldProof(signer.hash(ACCEPTANCE, acceptance), proven.proof)).toBe(end.acceptancesRoot);
    }
  expect(await home.stub.proveAcceptance(99, TODAY)).toBe('not-there');
  expect(await home.stub.proveAcceptance(1, TODAY + 9)).toBe('not-closed');
});

test('an acceptance of more than a week ago has no proof any more', async () => {
  const home = openNode();
  await earn(home);
  await home.stub.freeze(TODAY);
  setClock((TODAY + 9) * DAY_MS);
  await earn(home);
  expect(await home.stub.proveAcceptance(1, TODAY)).toBe('not-kept');
});

test('the owner is told part by part what was signed and accepted, the newest first, in pages', async () => {
  const home = openNode();
  const parts: SettlementJson[] = [];
  for (let i = 0; i < 3; i++) {
    const { withReceipt } = makePart(home.node as TestNode, {
      receipt: { seq: ++seq },
      settlement: { model: `model ${i % 2}` },
    });
    parts.push(withReceipt);
    await home.stub.accept(withReceipt);
  }
  await home.stub.accept(makePart(home.node, { receipt: { seq } }).withReceipt);
  const { parts: told, next } = await home.stub.listEarned(null);
  expect(next).toBeNull();
  expect(told.slice(1).map(({ jobId, part, model }) => ({ jobId, part, model }))).toEqual(
    parts.toReversed().map(({ jobId, part, model }) => ({ jobId, part, model })),
  );
  expect(told[1]).toMatchObject({
    count: 3,
    status: 0,
    signed: { amount: '50' },
    accepted: { amount: 45 },
    isLate: false,
  });
  expect(told[0]).toMatchObject({ count: 4, status: 2, accepted: { amount: 0 } });
  expect(await home.stub.earned()).toMatchObject({
    count: 4,
    total: 135,
    waiting: { count: 0 },
    closedEpoch: null,
    openEpoch: TODAY,
  });
});

test('an object of before there were epochs goes on with what it had, and its next epoch has it', async () => {
  const home = openNode();
  await earn(home, 2);
  await runInDurableObject(home.stub, (_, { storage: { sql } }) => {
    // As the version before wrote its rows: without the tally and the seal's root, which are its last bytes, and without the parts.
    const { id, head } = sql.exec<{ id: number; head: ArrayBuffer }>('SELECT id, head FROM batches').one();
    const tallyBytes = 3 + 1 + 32 + 32;
    sql.exec('UPDATE batches SET head = ?, parts = NULL WHERE id = ?', head.slice(0, head.byteLength - tallyBytes), id);
    for (const table of ['epochEnds', 'frozen']) sql.exec(`DROP TABLE ${table}`);
    sql.exec('ALTER TABLE batches DROP COLUMN parts');
  });
  await evictDurableObject(home.stub);
  expect(await home.stub.totals()).toMatchObject({ count: 2, cumulativeAmount: 90 });
  expect((await home.stub.listEarned(null)).parts).toMatchObject([{ jobId: null }, { jobId: null }]);
  await earn(home);
  expect(await home.stub.freeze(TODAY)).toMatchObject({ count: 3, total: 135 });
  expect(await home.stub.proveAcceptance(3, TODAY)).toMatchObject({ acceptedIn: TODAY });
  expect(await home.stub.proveAcceptance(1, TODAY)).toBe('not-kept');
});

test('held against the book it tells what it has accepted, and that nothing is older than the book’s days for a new home', async () => {
  const home = openNode();
  await earn(home, 3);
  expect(await home.stub.holdAgainst(100)).toEqual({ total: 135, book: 100, onWay: 0 });
  await evictDurableObject(home.stub);
  expect(await home.stub.holdAgainst(90)).toEqual({ total: 135, book: 90, onWay: 0 });
});

test('a late receipt’s earnings that stand in its own outbox are on their way', async () => {
  const home = openNode();
  const { bare, late } = makePart(home.node, { receipt: { seq: ++seq } });
  await home.stub.accept(bare);
  await home.stub.acceptLate(late);
  const { total, onWay } = await home.stub.holdAgainst(0);
  expect([total > 0, onWay]).toEqual([true, total]);
});

test('what an object had accepted in an earlier version is added to the book', async () => {
  const home = openNode();
  await earn(home, 3);
  await runInDurableObject(home.stub, (_, { storage: { sql } }) => void sql.exec('DROP TABLE older'));
  await evictDurableObject(home.stub);
  await earn(home);
  expect(await home.stub.holdAgainst(0)).toMatchObject({ total: 180, book: 135 });
  expect(await home.stub.holdAgainst(45)).toMatchObject({ book: 180 });
});
