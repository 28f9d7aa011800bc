import { expect, test } from 'vitest';
import { IdleLog, KEPT_MS, MINUTE_MS } from './idle-log.ts';
import { addOffered, describeOffered, offeredAt, trimOffered } from './offered-models.ts';
import type { Offered } from './offered-models.ts';

const model = (name: string, digest: string) => ({
  name,
  digest: digest.repeat(64),
  contextTokens: 4096,
  quantisation: 'q4',
  resume: 'text' as const,
  promptTokensPerS: 1,
  decodeTokensPerS: 1,
});
const offer = (...listed: string[]): Offered => ({ listed, listedCount: listed.length, own: [], ownCount: 0 });

test('models are told apart by whether everyone may call them, in a few names and with their number', () => {
  const models = ['a', 'b', 'c', 'd', 'e'].map((name) => model(name, name));
  const isListed = (digest: string): boolean => digest.startsWith('e');
  expect(describeOffered(models, isListed)).toEqual({
    listed: ['e'],
    listedCount: 1,
    own: ['a', 'b', 'c', 'd'],
    ownCount: 4,
  });
});

test('the same offer again is no change, and what stood before is remembered by its time', () => {
  const first = addOffered([], offer('a'), 10);
  expect(addOffered(first, offer('a'), 20)).toBe(first);
  const both = addOffered(first, offer('b'), 20);
  expect(offeredAt(both, 10)).toBeNull();
  expect(offeredAt(both, 20)).toMatchObject({ listed: ['a'] });
  expect(offeredAt(both, 21)).toMatchObject({ listed: ['b'] });
  expect(trimOffered(both, 30)).toMatchObject([{ listed: ['b'] }]);
  expect(trimOffered(both, 15)).toHaveLength(2);
});

test('a log says of each minute what was offered in it, over a move and a restart', () => {
  const T0 = 1_800_000_000_000 - (1_800_000_000_000 % MINUTE_MS);
  const at = (minutes: number): number => T0 + minutes * MINUTE_MS;
  const log = new IdleLog();
  log.noteState('n', { paused: null, isConnected: true, coolingUntilAt: null, coolingReason: null }, at(0));
  log.noteOffered('n', offer(), at(0));
  log.noteOffered('n', offer('a'), at(10));
  const names = (one: IdleLog) => one.read('n', at(60) - KEPT_MS, at(60)).map(({ offered }) => offered?.listed[0]);
  const told = names(log);
  expect([told[9], told[10], told[59]]).toEqual([undefined, 'a', 'a']);
  const next = new IdleLog();
  next.load(log.save(at(60), true) ?? '');
  expect(names(next)).toEqual(told);
  const there = new IdleLog();
  there.noteOffered('n', offer('b'), at(50));
  const saved = log.take('n', at(60));
  if (saved) there.put('n', saved);
  expect([names(there)[20], names(there)[55]]).toEqual(['a', 'b']);
});
