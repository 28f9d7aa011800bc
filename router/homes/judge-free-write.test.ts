import { expect, test } from 'vitest';
import { judgeFreeWrite } from './judge-free-write.ts';

const written = { free: 8, at: 0, crossedAt: null };

test('free slots are written when they changed by more than half, and not within ten seconds', () => {
  expect(judgeFreeWrite(written, { free: 3, now: 10_000 })).toEqual({ isDue: true, crossedAt: null });
  expect(judgeFreeWrite(written, { free: 4, now: 10_000 }).isDue).toBe(false);
  expect(judgeFreeWrite(written, { free: 3, now: 9_999 }).isDue).toBe(false);
});

test('a crossing of zero has to stand for five seconds', () => {
  const crossed = judgeFreeWrite(written, { free: 0, now: 20_000 });
  expect(crossed).toEqual({ isDue: false, crossedAt: 20_000 });
  expect(judgeFreeWrite({ ...written, ...crossed }, { free: 0, now: 24_999 }).isDue).toBe(false);
  expect(judgeFreeWrite({ ...written, ...crossed }, { free: 0, now: 25_000 })).toEqual({
    isDue: true,
    crossedAt: 20_000,
  });
  // Back on the side that was written: the next crossing begins anew.
  expect(judgeFreeWrite({ ...written, ...crossed }, { free: 8, now: 25_000 }).crossedAt).toBeNull();
});

test('the pace may be another', () => {
  const pace = { leastMs: 0, crossingMs: 100 };
  expect(judgeFreeWrite({ ...written, crossedAt: 5 }, { free: 0, now: 105 }, pace).isDue).toBe(true);
});
