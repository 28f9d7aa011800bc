import { expect, test } from 'vitest';
import { judgeSilence } from './judge-silence.ts';
import type { Heard } from './judge-silence.ts';

const patience = {
  offer: { firstTokenMs: 10_000, maxFirstTokenMs: 50_000, mostFirstTokenMs: 50_000, maxSilenceMs: 60_000 },
  timings: { aliveMs: 4000, tokenMs: 20_000 },
  expectedMs: 300,
};
const heard: Heard = { startedAt: 0, lastAt: 0, aliveAt: null, movedAt: null, hasToken: false };

test.each<[string, Partial<Heard>, number, ReturnType<typeof judgeSilence>]>([
  ['before its first token one that never told is waited for 10 s', {}, 10_000, 'wait'],
  ['and then lost', {}, 10_001, 'lost'],
  ['between tokens it is waited for 20 s', { hasToken: true, lastAt: 5000 }, 25_000, 'wait'],
  ['and then lost', { hasToken: true, lastAt: 5000 }, 25_001, 'lost'],
  ['one that tells is lost when it stops', { aliveAt: 9000 }, 13_001, 'lost'],
  ['and not before', { aliveAt: 9000 }, 13_000, 'wait'],
  ['its tokens tell too', { aliveAt: 1000, lastAt: 9000, hasToken: true }, 13_000, 'wait'],
  ['one that tells is waited for to the limit of the first token', { aliveAt: 49_000 }, 50_000, 'wait'],
  ['and not longer', { aliveAt: 49_000 }, 50_001, 'slow'],
  ['the first token’s limit counts from the offer', { aliveAt: 49_000, lastAt: 900 }, 50_001, 'slow'],
  ['between tokens to that of a silence', { aliveAt: 64_000, lastAt: 5000, hasToken: true }, 65_000, 'wait'],
  ['and not longer', { aliveAt: 64_000, lastAt: 5000, hasToken: true }, 65_001, 'slow'],
])('%s', (_, change, now, verdict) => {
  expect(judgeSilence({ ...heard, ...change }, patience, now)).toBe(verdict);
});

test('a first token that was expected late is waited for three times as long of a home that never tells', () => {
  const late = { ...patience, expectedMs: 8000 };
  expect(judgeSilence(heard, late, 24_000)).toBe('wait');
  expect(judgeSilence(heard, late, 24_001)).toBe('lost');
});

test.each([
  ['expected later than the usual limit is waited for three times as long', 600_000, 20_000, 60_000],
  ['is waited for to the upper limit at most', 90_000, 40_000, 90_000],
  ['expected soon is waited for to the usual limit', 600_000, 300, 50_000],
])('a first token that is %s, of a home that tells', (_, mostFirstTokenMs, expectedMs, limitMs) => {
  const grown = { ...patience, offer: { ...patience.offer, mostFirstTokenMs }, expectedMs };
  expect(judgeSilence({ ...heard, aliveAt: limitMs }, grown, limitMs)).toBe('wait');
  expect(judgeSilence({ ...heard, aliveAt: limitMs }, grown, limitMs + 1)).toBe('slow');
});

test.each([
  ['is waited for to the upper limit', 600_000, 595_000, 600_000, 'wait'],
  ['and not longer', 600_000, 600_000, 600_001, 'slow'],
  ['is one like others once it has sent nothing for as long as a token may take', 600_000, 40_000, 60_001, 'slow'],
  ['is waited for no longer than the caller’s own limit', 50_000, 50_000, 50_001, 'slow'],
] as const)('a home whose server sends what is no answer yet %s', (_, mostFirstTokenMs, movedAt, now, verdict) => {
  const long = { ...patience, offer: { ...patience.offer, mostFirstTokenMs } };
  expect(judgeSilence({ ...heard, aliveAt: now, movedAt }, long, now)).toBe(verdict);
});

test('so between tokens', () => {
  const long = { ...patience, offer: { ...patience.offer, mostFirstTokenMs: 600_000 } };
  const silent = { ...heard, hasToken: true, lastAt: 1000, aliveAt: 90_000 };
  expect(judgeSilence({ ...silent, movedAt: 90_000 }, long, 90_000)).toBe('wait');
  expect(judgeSilence(silent, long, 90_000)).toBe('slow');
});

test('a caller’s limit below what such a home is given is kept, and is nobody’s fault', () => {
  const short = {
    ...patience,
    offer: { ...patience.offer, maxFirstTokenMs: 3000, mostFirstTokenMs: 3000, maxSilenceMs: 3000 },
  };
  expect(judgeSilence(heard, short, 3000)).toBe('wait');
  expect(judgeSilence(heard, short, 3001)).toBe('slow');
  expect(judgeSilence({ ...heard, hasToken: true, lastAt: 9000 }, short, 12_001)).toBe('slow');
});
