import { describe, expect, test } from 'vitest';
import { computeCompression, drawLosses, LOSS_KINDS, makeRandom } from './draw-losses.ts';
import type { Loss } from './draw-losses.ts';

const OPTIONS = { seed: 7, homes: 30, perHour: 6, compression: 1000 };

function take(count: number, options = OPTIONS): Loss[] {
  const losses = drawLosses(options);
  return Array.from({ length: count }, () => losses.next().value);
}

describe('losses', () => {
  test('are the same for the same seed and others for another', () => {
    expect(take(50)).toEqual(take(50));
    expect(take(50, { ...OPTIONS, seed: 8 })).not.toEqual(take(50));
  });

  test('come as often as the rate says: 1.8 an hour from 30 homes, a thousand times as fast', () => {
    const mean = take(20_000).reduce((sum, { waitMs }) => sum + waitMs, 0) / 20_000;
    expect(mean).toBeGreaterThan(1950);
    expect(mean).toBeLessThan(2050);
  });

  test('are of every kind and meet every home, and owners come back within bounds', () => {
    const losses = take(3000);
    expect(new Set(losses.map(({ kind }) => kind))).toEqual(new Set(LOSS_KINDS));
    expect(new Set(losses.map(({ home }) => home)).size).toBe(30);
    for (const { awayMs } of losses) expect(awayMs >= 300 && awayMs <= 30_000).toBe(true);
  });

  test('meet each home once in the time that the compression was computed for', () => {
    const compression = computeCompression(1.1, 60_000);
    const mean =
      take(20_000, { ...OPTIONS, perHour: 1.1, compression }).reduce((sum, one) => sum + one.waitMs, 0) / 20_000;
    expect(mean * 30).toBeGreaterThan(58_000);
    expect(mean * 30).toBeLessThan(62_000);
  });
});

test('numbers from a seed are spread evenly over [0, 1)', () => {
  const random = makeRandom(1);
  const tenths = Array.from({ length: 10 }, () => 0);
  for (let i = 0; i < 10_000; i++) tenths[Math.floor(random() * 10)]! += 1;
  for (const count of tenths) expect(count > 900 && count < 1100).toBe(true);
});
