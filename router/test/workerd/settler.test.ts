// The settler in its own object, with real node accounts and the real book: what its alarm and its storage make of epochs.
import { applyD1Migrations, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, expect, test } from 'vitest';
import { checkEpochFile, parseEpochFile } from '../../../schema/epoch-file.ts';
import { epochOf } from '../../../schema/epoch.ts';
import { buildSettleEntry } from '../../billing/build-entry.ts';
import { buildFlush } from '../../billing/build-flush.ts';
import { EpochClosing } from '../../billing/epoch-closing.ts';
import { makeNewcomerBonus } from '../../billing/newcomer-bonus.ts';
import { SettlerStore } from '../../billing/settler-store.ts';
import { makeLedger } from '../../billing/ledger.ts';
import { makeSettlerDoors } from '../../services/settler.ts';
import { openEpochShelf } from '../../services/epoch-shelf.ts';
import { makeNode, makePart, newId } from './make-settlement.ts';
import type { TestNode } from './make-settlement.ts';

const DAY_MS = 86_400_000;
const TODAY = epochOf(Date.now());
const ledger = makeLedger(env.DB);
const shelf = openEpochShelf(env);
const homes: TestNode[] = Array.from({ length: 3 }, (_, i) => makeNode(`settler-test-${i}`));

const settler = () => env.SETTLER.getByName('settler');
/** A moment at which the epoch of so many days from now is over. */
const after = (days: number): number => (TODAY + days + 1) * DAY_MS + 60_000;

beforeAll(async () => {
  await applyD1Migrations(env.DB, env.MIGRATIONS);
  const owner = newId('acct');
  await env.DB.prepare("INSERT INTO accounts (id, name, created_at) VALUES (?1, 'owner', 1)").bind(owner).run();
  for (const { id, address } of homes)
    await env.DB.prepare('INSERT INTO nodes (id, address, account_id, created_at) VALUES (?1, ?2, ?3, 1)')
      .bind(id, address, owner)
      .run();
});

async function earn(node: TestNode, isBooked = true): Promise<void> {
  const settled = await env.NODE_ACCOUNT.getByName(node.id).accept(
    makePart(node, { receipt: { seq: BigInt(++seq) } }).withReceipt,
  );
  if (isBooked) await ledger.apply([buildSettleEntry(settled, null)]);
}
let seq = 0;

/** Goes on, as its alarm would, until nothing is left to do. */
async function finish(): Promise<void> {
  for (let rings = 0; rings < 50 && (await runDurableObjectAlarm(settler())); rings++);
}

async function read(epoch: number) {
  const text = (await shelf.read(epoch)) ?? '';
  const file = parseEpochFile(text);
  if (!file.ok) throw new Error(file.error);
  return { text, file: file.value, sha256: (await shelf.find(epoch))?.sha256 ?? '' };
}

test('an epoch is closed by one tick, and two at once are one', async () => {
  for (const home of homes) await earn(home);
  const [one, two] = await Promise.all([settler().tick(after(0)), settler().tick(after(0))]);
  expect([one.state, two.state]).toEqual(['published', 'published']);
  const { text, file } = await read(TODAY);
  expect(checkEpochFile({ text, file })).toEqual([]);
  expect(file.leaves.map(({ earned }) => earned)).toEqual([45n, 45n, 45n]);
  const [home] = homes;
  expect(await settler().tell(home!.address, null)).toMatchObject({ epoch: TODAY, leaf: { earned: 45n }, kept: null });
});

test('what is accepted after an epoch was frozen counts in the next, whose file follows the last', async () => {
  const [home] = homes;
  await earn(home!);
  expect(await settler().tick(after(0))).toMatchObject({ epoch: TODAY, state: 'published' });
  expect((await read(TODAY)).file.leaves.find(({ node }) => node === home!.address)?.count).toBe(1n);
  await evictDurableObject(settler());
  expect(await settler().tick(after(1))).toMatchObject({ epoch: TODAY + 1, state: 'published' });
  const [before, next] = [await read(TODAY), await read(TODAY + 1)];
  expect(checkEpochFile(next, before)).toEqual([]);
  expect(next.file.leaves.find(({ node }) => node === home!.address)).toMatchObject({ count: 2n, earned: 90n });
});

test('work on its way to the book is waited for by the alarm, through the object’s end, and is then in the file', async () => {
  const [home] = homes;
  const part = makePart(home!, { receipt: { seq: BigInt(++seq) } }).withReceipt;
  const settled = await env.NODE_ACCOUNT.getByName(home!.id).accept(part);
  // Somebody wishes for an earlier run while this one is under way.
  const sooner = Date.now() + 15_000;
  await runInDurableObject(settler(), (_settler, state) => state.storage.setAlarm(sooner));
  const waiting = await settler().tick(after(2));
  expect(waiting).toMatchObject({ epoch: TODAY + 2, state: 'gathered' });
  expect(waiting.againAt).toBeGreaterThan(sooner);
  expect(await runInDurableObject(settler(), (_settler, state) => state.storage.getAlarm())).toBe(sooner);
  expect(await shelf.find(TODAY + 2)).toBeNull();
  await evictDurableObject(settler());
  await ledger.apply([buildSettleEntry(settled, null)]);
  await finish();
  expect((await read(TODAY + 2)).file).toMatchObject({ kept: [] });
});

test('a book that cannot be asked stops nothing for good: the alarm tries again', async () => {
  await runInDurableObject(settler(), async (object, state) => {
    await env.DB.prepare('ALTER TABLE nodes RENAME TO nodes_away').run();
    expect(await object.tick(after(3))).toMatchObject({ state: null });
    expect(await state.storage.getAlarm()).not.toBeNull();
    await env.DB.prepare('ALTER TABLE nodes_away RENAME TO nodes').run();
  });
  await finish();
  expect((await read(TODAY + 3)).file.epoch).toBe(TODAY + 3);
});

test('a newcomer’s bonus stands in its leaf as the book has paid it, once', async () => {
  const home = homes[1]!;
  const paidFrom = { granted: 0, earned: 0, bought: 50 };
  const part = makePart(home, { receipt: { seq: BigInt(++seq) }, settlement: { paidFrom } }).withReceipt;
  const settled = await env.NODE_ACCOUNT.getByName(home.id).accept(part);
  await ledger.applyFlush({ ...buildFlush([{ settlement: settled, memo: null }])!, number: Date.now() });
  const bonuses = makeNewcomerBonus(env.DB, ledger);
  const payBonuses = (nodeIds: readonly string[], epoch: number) =>
    bonuses(nodeIds, { epoch, bonusBps: 10_000, at: Date.now() });
  for (const days of [4, 5])
    await runInDurableObject(settler(), async (_, { storage }) => {
      const closing = new EpochClosing(new SettlerStore(storage), { ...makeSettlerDoors(env), payBonuses });
      expect(await closing.tick(after(days))).toMatchObject({ epoch: TODAY + days, state: 'published' });
      const { leaves } = (await read(TODAY + days)).file;
      expect(leaves.filter(({ bonus }) => bonus > 0n)).toMatchObject([{ node: home.address, earned: 90n, bonus: 5n }]);
    });
});
