// The settler's steps over real SQLite, with accounts and a book that are the test's: killed anywhere, asked twice, and with nodes that do not agree.
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { checkEpochFile } from '../../schema/epoch-file.ts';
import type { EpochFile } from '../../schema/epoch-file.ts';
import { hashEpochLeaf, payableOf } from '../../schema/epoch-leaf.ts';
import { foldProof } from '../../schema/merkle.ts';
import type { Domain } from '../../schema/typed-data.ts';
import { ClosingWorld, EPOCH, OVER, SECONDS } from '../test/workerd/closing-world.ts';
import { FILES_IN_D1 } from './epoch-shelf.ts';

beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => undefined));

test('the file has a leaf for each node that ever earned, and can be recomputed; every node is frozen', async () => {
  const world = new ClosingWorld(8);
  await world.close();
  const { text, file, sha256 } = await world.read(EPOCH);
  expect(checkEpochFile({ text, file })).toEqual([]);
  expect(file).toMatchObject({ epoch: EPOCH, seconds: SECONDS, previous: null, kept: [] });
  expect(file.leaves.map(({ earned }) => Number(earned)).toSorted((a, b) => a - b)).toEqual([
    100, 200, 300, 400, 500, 600, 700,
  ]);
  expect(world.homes.every(({ frozen }) => frozen.length === 1)).toBe(true);
  expect(await world.shelf.last()).toMatchObject({
    epoch: EPOCH,
    sha256,
    root: file.root,
    leaves: 7,
    earned: '2800',
    hasFile: true,
  });
});

test('each node is told its leaf with a proof to the published root', async () => {
  const world = new ClosingWorld(8);
  expect(world.closing.tell(world.homes[0]!.address, null)).toBeNull();
  await world.close();
  const told = world.homes.map(({ address }) => world.closing.tell(address, null)!);
  expect(told.map(({ epoch }) => epoch)).toEqual(world.homes.map(() => EPOCH));
  expect(told.map(({ leaf }) => Number(leaf?.earned ?? 0))).toEqual(world.homes.map(({ total }) => total));
  const roots = told.flatMap(({ leaf, proof }) => (leaf ? [foldProof(hashEpochLeaf(leaf), proof)] : []));
  expect(new Set(roots)).toEqual(new Set([told[0]!.root]));
  expect(world.closing.tell(world.homes[0]!.address, EPOCH - 1)).toBeNull();
});

describe('killed at any call of a door', () => {
  test.each([false, true])('the same file is published once (after it was done: %s)', async (diesAfter) => {
    const whole = new ClosingWorld(7);
    await whole.close();
    const expected = await whole.read(EPOCH);
    for (let dieAt = 1; dieAt <= whole.calls; dieAt++) {
      const world = new ClosingWorld(7);
      Object.assign(world, { dieAt, diesAfter });
      await world.close();
      expect((await world.read(EPOCH)).text).toBe(expected.text);
      expect(world.closing.tell(world.homes[3]!.address, null)?.sha256).toBe(expected.sha256);
    }
  });
});

test('two runs at once are one: every node is frozen once', async () => {
  const world = new ClosingWorld(6);
  await Promise.all([world.closing.tick(world.now), world.closing.tick(world.now), world.closing.tick(world.now)]);
  await world.close();
  expect(world.homes.map(({ frozen }) => frozen)).toEqual(world.homes.map(() => [EPOCH]));
});

test('one run asks a bounded number of pages, whatever the number of nodes', async () => {
  const world = new ClosingWorld(60);
  const { state, againAt } = await world.closing.tick(world.now);
  expect([state, againAt !== null]).toEqual(['open', true]);
  expect(world.homes.filter(({ frozen }) => frozen.length > 0)).toHaveLength(18);
  await world.close();
  expect((await world.read(EPOCH)).file.leaves).toHaveLength(59);
});

test('of a node whose book has less what is new is withheld with the reason, and the others are paid; agreed again it has all', async () => {
  const world = new ClosingWorld(5);
  await world.close();
  for (const home of world.homes) home.total += 50;
  const odd = world.homes[2]!;
  const agreed = odd.total - 50;
  Object.assign(odd, { book: odd.total - 7, spent: 20 });
  world.now = OVER + 60_000;
  await world.close();
  const [first, second] = [await world.read(EPOCH), await world.read(EPOCH + 1)];
  expect(checkEpochFile(second, first)).toEqual([]);
  expect(second.file.kept).toEqual([
    { node: odd.address, reason: 'book-has-less', account: BigInt(odd.total), book: BigInt(odd.total - 7) },
  ]);
  // All that was accepted is in every leaf, so that nobody can show an acceptance that the root omits.
  const worked = world.homes.filter(({ count }) => count > 0);
  expect(new Map(second.file.leaves.map(({ node, earned }) => [node, Number(earned)]))).toEqual(
    new Map(worked.map(({ address, total }) => [address, total])),
  );
  expect(second.file.leaves.filter(({ withheld }) => withheld > 0n).map(({ node }) => node)).toEqual([odd.address]);
  const told = world.closing.tell(odd.address, null);
  expect(told).toMatchObject({
    leaf: { earned: BigInt(odd.total), withheld: 50n, spent: 20n },
    kept: { reason: 'book-has-less', account: odd.total, book: odd.total - 7 },
  });
  // What could be claimed before, less what was spent since.
  expect(told?.leaf && payableOf(told.leaf)).toBe(BigInt(agreed - 20));
  delete odd.book;
  world.now = OVER + 120_000;
  await world.close();
  const third = await world.read(EPOCH + 2);
  expect(third.file.kept).toEqual([]);
  expect(third.file.leaves.find(({ node }) => node === odd.address)).toMatchObject({
    earned: BigInt(odd.total),
    withheld: 0n,
  });
});

test('work that is on its way is no disagreement: it is asked again until it is there', async () => {
  const world = new ClosingWorld(4);
  const late = world.homes[1]!;
  late.book = late.total - 1;
  const { state } = await world.closing.tick(world.now);
  expect(state).toBe('gathered');
  expect(await world.shelf.last()).toBeNull();
  delete late.book;
  await world.close();
  expect((await world.read(EPOCH)).file.kept).toEqual([]);
});

test('what is missing of a home that works on does not hide behind its new work; work on its way does not count as missing', async () => {
  const world = new ClosingWorld(4);
  const [missing, busy] = [world.homes[1]!, world.homes[2]!];
  for (let looks = 0, state: string | null = null; state !== 'published'; looks++) {
    // Both go on; of one the book lacks the same all the time, of the other now this and now that.
    missing.total += looks === 0 ? 0 : 1000;
    missing.book = missing.total - 1;
    busy.total += looks === 0 ? 0 : 1000;
    busy.book = busy.total - (looks % 2 === 0 ? 300 : 200);
    const ticked = await world.closing.tick(world.now);
    state = ticked.state;
    world.now = Math.max(world.now, ticked.againAt ?? 0);
  }
  const { file } = await world.read(EPOCH);
  expect(file.kept.map(({ node, reason }) => [node, reason])).toEqual([[missing.address, 'book-has-less']]);
});

test('a book that has more than was ever accepted, and an account that cannot be asked, are told as such', async () => {
  const world = new ClosingWorld(4);
  world.homes[1]!.book = world.homes[1]!.total + 1;
  world.homes[2]!.isAway = true;
  await world.close();
  const { file } = await world.read(EPOCH);
  expect(new Map(file.kept.map(({ node, reason }) => [node, reason]))).toEqual(
    new Map([
      [world.homes[1]!.address, 'book-has-more'],
      [world.homes[2]!.address, 'account-away'],
    ]),
  );
  const { total, address } = world.homes[1]!;
  const leaf = file.leaves.find(({ node }) => node === address);
  const held = { earned: BigInt(total), withheld: BigInt(total) };
  expect(leaf).toMatchObject(held);
  expect(file.leaves.map(({ node }) => node)).not.toContain(world.homes[2]!.address);
});

const CHAIN: Domain = { chainId: 31_337, verifyingContract: `0x${'c0'.repeat(20)}` };

test('on a chain what can be claimed by a file never falls, and what was published before there was one is not signed there', async () => {
  const world = new ClosingWorld(4);
  await world.close();
  expect(world.store.publishedRoot(CHAIN)).toMatchObject({ epoch: EPOCH, isSignable: false });
  world.domain = CHAIN;
  world.open();
  const home = world.homes.find(({ count }) => count > 0)!;
  // Before the chain knew of it, it was spent: that is not given back.
  home.spent = 10;
  world.now = OVER + 60_000;
  await world.close();
  const first = await world.read(EPOCH + 1);
  const leafOf = (file: EpochFile) => file.leaves.find(({ node }) => node === home.address)!;
  expect(payableOf(leafOf(first.file))).toBe(BigInt(home.total - 10));
  home.spent = 40;
  home.total += 5;
  world.now = OVER + 120_000;
  await world.close();
  const second = await world.read(EPOCH + 2);
  expect(checkEpochFile(second, first)).toEqual([]);
  expect(leafOf(second.file)).toMatchObject({ earned: BigInt(home.total), withheld: 0n, spent: 15n });
  expect(world.store.publishedRoot(CHAIN)).toEqual({
    epoch: EPOCH + 2,
    root: second.file.root,
    fileHash: `0x${second.sha256}`,
    total: second.file.leaves.reduce((sum, leaf) => sum + payableOf(leaf), 0n),
    isSignable: true,
  });
});

test('a file with a node whose account was away is published, and its root is not one to sign; recalled neither', async () => {
  const world = new ClosingWorld(4);
  world.domain = CHAIN;
  world.open();
  world.homes[1]!.isAway = true;
  await world.close();
  expect(world.store.publishedRoot(CHAIN)).toMatchObject({ epoch: EPOCH, isSignable: false });
  const fresh = new ClosingWorld(4);
  Object.assign(fresh, { d1: world.d1, domain: CHAIN, now: OVER + 60_000 });
  fresh.open();
  await fresh.close();
  expect(fresh.store.publishedRoot(CHAIN)).toMatchObject({ epoch: EPOCH + 1, isSignable: true });
});

test('epochs that nobody closed in time are left out, and the last has them', async () => {
  const world = new ClosingWorld(3);
  await world.close();
  world.now = OVER + 10 * 60_000;
  await world.close();
  expect(await world.shelf.find(EPOCH + 5)).toBeNull();
  expect((await world.read(EPOCH + 10)).file.previous).toEqual({
    epoch: EPOCH,
    sha256: (await world.read(EPOCH)).sha256,
  });
});

test('a clock that goes back closes nothing, and nothing twice', async () => {
  const world = new ClosingWorld(3);
  await world.close();
  world.now = OVER - 120_000;
  expect(await world.closing.tick(world.now)).toMatchObject({ epoch: EPOCH, state: 'published', againAt: null });
  expect((await world.shelf.list(Number.MAX_SAFE_INTEGER)).epochs).toHaveLength(1);
});

test('a settler whose storage is gone goes on from the last published file', async () => {
  const world = new ClosingWorld(4);
  await world.close();
  const fresh = new ClosingWorld(4);
  Object.assign(fresh, { d1: world.d1, now: OVER + 60_000 });
  fresh.open();
  fresh.homes[2]!.total = 1;
  await fresh.close();
  const [before, after] = [await world.read(EPOCH), await fresh.read(EPOCH + 1)];
  expect(checkEpochFile(after, before)).toEqual([]);
  expect(after.file.kept).toMatchObject([{ reason: 'account-fell' }]);
});

test('an epoch under way that somebody else has published meanwhile is taken over, and later ones are closed', async () => {
  const [world, other] = [new ClosingWorld(4), new ClosingWorld(4)];
  const late = world.homes[1]!;
  late.book = late.total - 1;
  expect(await world.closing.tick(world.now)).toMatchObject({ state: 'gathered' });
  other.homes[2]!.total += 1;
  await other.close();
  Object.assign(world, { d1: other.d1 });
  world.open();
  delete late.book;
  for (const home of world.homes) home.total += 10;
  await world.close();
  expect(world.closing.tell(late.address, EPOCH)?.sha256).toBe((await other.read(EPOCH)).sha256);
  world.now = OVER + 60_000;
  await world.close();
  const [before, after] = [await world.read(EPOCH), await world.read(EPOCH + 1)];
  expect(checkEpochFile(after, before)).toEqual([]);
  expect(after.file).toMatchObject({ previous: { epoch: EPOCH }, kept: [] });
});

test('another file for an epoch that was published is refused', async () => {
  const world = new ClosingWorld(3);
  await world.close();
  const { text, file } = await world.read(EPOCH);
  await expect(world.shelf.publish(file, `${text} `)).rejects.toThrow('another file was published');
});

test('files stand in the object storage where there is one', async () => {
  const world = new ClosingWorld(4);
  const stored = new Map<string, Uint8Array>();
  world.files = { put: async (key, bytes) => void stored.set(key, bytes), get: async (key) => stored.get(key) ?? null };
  world.open();
  await world.close();
  expect([...stored.keys()]).toEqual([`epochs/${EPOCH}.json`]);
  expect((await world.read(EPOCH)).file.leaves).toHaveLength(3);
  expect(world.d1.read('SELECT * FROM epoch_pieces')).toEqual([]);
});

test('without one the last files are kept in pieces, and of older ones the list', async () => {
  const world = new ClosingWorld(2);
  await world.close();
  const { file } = await world.read(EPOCH);
  const wide = { ...file, leaves: Array.from({ length: 4000 }, (_, i) => ({ ...file.leaves[0]!, count: BigInt(i) })) };
  const text = JSON.stringify(wide, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  await world.shelf.publish({ ...wide, epoch: EPOCH + 1 }, text);
  expect(world.d1.read('SELECT * FROM epoch_pieces WHERE epoch = ?', EPOCH + 1)).toHaveLength(
    Math.ceil(text.length / 500_000),
  );
  expect(await world.shelf.read(EPOCH + 1)).toBe(text);
  for (let i = 2; i <= FILES_IN_D1; i++) await world.shelf.publish({ ...file, epoch: EPOCH + i }, 'a file');
  expect(await world.shelf.read(EPOCH)).toBeNull();
  expect(await world.shelf.find(EPOCH)).toMatchObject({ epoch: EPOCH, root: file.root, hasFile: false });
  const { epochs, next } = await world.shelf.list(Number.MAX_SAFE_INTEGER);
  expect([epochs.length, epochs[0]?.epoch, next]).toEqual([100, EPOCH + FILES_IN_D1, EPOCH + FILES_IN_D1 - 99]);
});
