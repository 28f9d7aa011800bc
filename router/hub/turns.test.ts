import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NO_WISH } from '../../schema/placement.ts';
import { makeJobOffer } from '../test/make-job-offer.ts';
import { HubTurns, MOST_WAITING, MOST_WAITING_GUESTS, MOST_WAITING_OF_ACCOUNT } from './turns.ts';
import type { Tried } from './turns.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A hub whose homes serve these models, so many slots free of each. */
function openTurns(free: Record<string, number>) {
  const decided: string[] = [];
  const turns = new HubTurns<string>({
    hasRoom: () => Object.values(free).some((count) => count > 0),
    decide: ({ jobId, model }, waitedMs): Tried<string> => {
      decided.push(jobId);
      if (free[model] === undefined) return { kind: 'declined', isBusy: false };
      if (free[model] === 0) return { kind: 'declined', isBusy: true };
      free[model] -= 1;
      return { kind: 'taken', taken: `${jobId} after ${waitedMs} ms` };
    },
  });
  const ended: Record<string, string | null> = {};
  const wait = (jobId: string, facts: Parameters<typeof makeJobOffer>[0] = {}, signal: AbortSignal | null = null) =>
    void turns
      .wait(makeJobOffer({ jobId, waitMs: 5000, ...facts }), signal)
      .then((taken) => void (ended[jobId] = taken));
  const free_ = async (model: string): Promise<void> => {
    free[model] = (free[model] ?? 0) + 1;
    turns.serve(Date.now());
    await vi.advanceTimersByTimeAsync(0);
  };
  return { turns, free, freeSlot: free_, decided, ended, wait };
}

test('who came first is served first, the moment that a slot is free, and is told how long it waited', async () => {
  const { freeSlot, ended, wait } = openTurns({ m: 0 });
  wait('first');
  wait('second');
  await vi.advanceTimersByTimeAsync(1200);
  await freeSlot('m');
  expect(ended).toEqual({ first: 'first after 1200 ms' });
  await freeSlot('m');
  expect(ended['second']).toBe('second after 1200 ms');
});

test('an answer that has begun elsewhere goes on before others begin, and only such are ahead of it', async () => {
  const { turns, freeSlot, ended, wait } = openTurns({ m: 0 });
  for (const name of ['a', 'b']) wait(name);
  wait('goes on', { isBegun: true });
  expect([true, false].map((isBegun) => turns.countAhead(makeJobOffer({ isBegun })))).toEqual([1, 3]);
  await freeSlot('m');
  expect(Object.keys(ended)).toEqual(['goes on']);
});

test('several free slots are given out at once', async () => {
  const { free, freeSlot, ended, wait } = openTurns({ m: 0 });
  for (const name of ['a', 'b', 'c']) wait(name);
  free['m'] = 1;
  await freeSlot('m');
  expect(Object.keys(ended)).toEqual(['a', 'b']);
});

test('an ask that the free home cannot serve holds nobody up behind it, and keeps its place', async () => {
  const { freeSlot, ended, wait } = openTurns({ m: 0, other: 0 });
  wait('picky', { model: 'other' });
  wait('plain');
  await freeSlot('m');
  expect(ended).toEqual({ plain: 'plain after 0 ms' });
  wait('later', { model: 'other' });
  await freeSlot('other');
  expect(Object.keys(ended)).toEqual(['plain', 'picky']);
});

test('of those that need the same only the first is decided while none is free; another wish is decided by itself', async () => {
  const { freeSlot, decided, wait } = openTurns({ m: 0, other: 0 });
  for (let i = 0; i < 20; i++) wait(`same-${i}`, { model: 'other' });
  wait('abroad', { model: 'other', wish: { ...NO_WISH, countries: ['JP'] } });
  await freeSlot('m');
  expect(decided).toEqual(['same-0', 'abroad']);
});

test('nobody is decided while no home has a slot, however often it is looked', async () => {
  const { decided, wait } = openTurns({ m: 0 });
  wait('a');
  await vi.advanceTimersByTimeAsync(3000);
  expect(decided).toEqual([]);
});

test('a slot that nobody told of is found while somebody waits, and looking ends with the last who does', async () => {
  const { free, ended, wait } = openTurns({ m: 0 });
  wait('a');
  free['m'] = 1;
  await vi.advanceTimersByTimeAsync(300);
  expect(ended['a']).toMatch(/^a after 250 ms$/);
  expect(vi.getTimerCount()).toBe(0);
});

test('whose time is over leaves with nothing', async () => {
  const { freeSlot, ended, wait } = openTurns({ m: 0 });
  wait('short', { waitMs: 400 });
  wait('long');
  await vi.advanceTimersByTimeAsync(400);
  expect(ended).toEqual({ short: null });
  await freeSlot('m');
  expect(Object.keys(ended)).toEqual(['short', 'long']);
  expect(vi.getTimerCount()).toBe(0);
});

test('whose edge goes away leaves the line, and takes no slot', async () => {
  const { freeSlot, ended, wait } = openTurns({ m: 0 });
  const left = new AbortController();
  wait('left', {}, left.signal);
  wait('next');
  left.abort();
  await freeSlot('m');
  expect(ended).toEqual({ left: null, next: 'next after 0 ms' });
  const gone = new AbortController();
  gone.abort();
  wait('gone', {}, gone.signal);
  await freeSlot('m');
  expect(ended['gone']).toBeNull();
});

test('an ask that no home can serve any more is sent on at once', async () => {
  const { free, freeSlot, ended, wait } = openTurns({ m: 0, other: 0 });
  wait('orphan', { model: 'other' });
  delete free['other'];
  await freeSlot('m');
  expect(ended).toEqual({ orphan: null });
});

test('nobody fills the line: one account has its share of it, all have theirs, and prompts may not be too large together', () => {
  const { turns, wait } = openTurns({ m: 0 });
  for (let i = 0; i < MOST_WAITING_OF_ACCOUNT; i++) wait(`a-${i}`);
  expect(turns.hasPlace(makeJobOffer())).toBe(false);
  expect(turns.hasPlace(makeJobOffer({ accountId: 'acct_other' }))).toBe(true);
  expect(turns.hasPlace(makeJobOffer({ accountId: 'acct_other', promptBound: 33 * 1024 * 1024 }))).toBe(false);
  for (let i = MOST_WAITING_OF_ACCOUNT; i < MOST_WAITING; i++) wait(`b-${i}`, { accountId: `acct_${i}` });
  expect(turns.hasPlace(makeJobOffer({ accountId: 'acct_last' }))).toBe(false);
  expect([turns.countAhead(makeJobOffer()), turns.countAhead(makeJobOffer({ model: 'other' }))]).toEqual([
    MOST_WAITING,
    0,
  ]);
});

test('one account has its share of the bytes of prompts, too', () => {
  const { turns, wait } = openTurns({ m: 0 });
  const large = { requestBytes: 4 * 1024 * 1024, promptBound: 8192 };
  for (let i = 0; i < 2; i++) wait(`a-${i}`, large);
  expect(turns.hasPlace(makeJobOffer(large))).toBe(true);
  wait('a-2', large);
  expect(turns.hasPlace(makeJobOffer())).toBe(false);
  expect(turns.hasPlace(makeJobOffer({ accountId: 'acct_other', ...large }))).toBe(true);
});

test('guests wait behind all others, take turns among themselves, and leave half of the line', async () => {
  const { turns, freeSlot, ended, wait } = openTurns({ m: 0 });
  for (const name of ['g1', 'g2']) wait(name, { accountId: 'acct_g', isGuest: true });
  wait('h', { accountId: 'acct_h', isGuest: true });
  for (const name of ['p1', 'p2']) wait(name);
  for (let i = 0; i < 5; i++) await freeSlot('m');
  expect(Object.keys(ended)).toEqual(['p1', 'p2', 'g1', 'h', 'g2']);
  for (let i = 0; i < MOST_WAITING_GUESTS; i++) wait(`g-${i}`, { accountId: `acct_${i}`, isGuest: true });
  expect(turns.hasPlace(makeJobOffer({ accountId: 'acct_last', isGuest: true }))).toBe(false);
  expect(turns.hasPlace(makeJobOffer({ accountId: 'acct_last' }))).toBe(true);
});
