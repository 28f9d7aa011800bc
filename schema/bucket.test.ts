import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Bucket } from './bucket.ts';

const RULE = { brim: 10, perS: 2 };

test('is full at first, gives what is there, and nothing where too little is', () => {
  const bucket = new Bucket();
  expect([bucket.take(8, RULE, 0), bucket.take(3, RULE, 0), bucket.take(2, RULE, 0)]).toEqual([true, false, true]);
});

test('fills up with time, never above its brim', () => {
  const bucket = new Bucket();
  bucket.take(10, RULE, 0);
  expect([bucket.take(3, RULE, 1000), bucket.waitMs(3, RULE, 1000)]).toEqual([false, 500]);
  expect([bucket.take(3, RULE, 1500), bucket.take(11, RULE, 60_000), bucket.take(10, RULE, 60_000)]).toEqual([
    true,
    false,
    true,
  ]);
});

test('what is put in raises it up to the brim, and a lowered brim takes nothing away', () => {
  const bucket = new Bucket();
  const higher = { ...RULE, brim: 15 };
  for (let i = 0; i < 10; i++) bucket.add(5, higher, 0);
  expect([bucket.take(16, RULE, 60_000), bucket.take(15, RULE, 60_000), bucket.take(1, RULE, 60_000)]).toEqual([
    false,
    true,
    false,
  ]);
});

test('gives some where all is not there, in whole points', () => {
  const bucket = new Bucket();
  expect([bucket.takeSome(8, RULE, 0), bucket.takeSome(8, RULE, 250), bucket.takeSome(8, RULE, 400)]).toEqual([
    8, 2, 0,
  ]);
});

test('a clock that steps back gives nothing', () => {
  const bucket = new Bucket();
  bucket.take(10, RULE, 5000);
  expect([bucket.take(1, RULE, 1000), bucket.take(1, RULE, 1500)]).toEqual([false, true]);
});

test('in any time gives no more than its brim and what came back in it', () => {
  const step = fc.record({ points: fc.integer({ min: 0, max: 12 }), afterMs: fc.integer({ min: 0, max: 3000 }) });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const bucket = new Bucket();
      let [now, taken] = [0, 0];
      for (const { points, afterMs } of steps) {
        now += afterMs;
        if (bucket.take(points, RULE, now)) taken += points;
        expect(taken).toBeLessThanOrEqual(RULE.brim + (now / 1000) * RULE.perS + 1e-9);
      }
    }),
  );
});
