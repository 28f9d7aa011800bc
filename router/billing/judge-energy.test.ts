import { expect, test } from 'vitest';
import { judgeEnergy } from './judge-energy.ts';
import type { EnergyFields } from './judge-energy.ts';

const BOUNDS = { outputTokens: 200, durationMs: 10_000, country: 'DE' };

function claim(microWh: number, method = 1, interval?: readonly [number, number]): EnergyFields {
  const [low, high] = interval ?? [Math.floor(microWh * 0.8), Math.ceil(microWh * 1.2)];
  return {
    energyMicroWh: String(microWh),
    energyLowMicroWh: BigInt(low),
    energyHighMicroWh: String(high),
    energyMethod: method,
  };
}

test('a claim that is possible stands as it is', () => {
  expect(judgeEnergy(claim(100_000), BOUNDS)).toEqual({
    microWh: 100_000,
    lowMicroWh: 80_000,
    highMicroWh: 120_000,
    method: 'counter',
    isBounded: false,
    country: 'DE',
  });
});

test('unknown energy stays unknown, and so does a method without a word', () => {
  expect(judgeEnergy(claim(0, 0), BOUNDS)).toBeNull();
  expect(judgeEnergy(claim(100_000, 9), BOUNDS)).toBeNull();
});

test('more than five kilowatts over the time of a part is lowered to that and marked', () => {
  const judged = judgeEnergy(claim(1e12), BOUNDS);
  expect(judged).toMatchObject({ microWh: 17_361_111, isBounded: true });
  expect(judged?.highMicroWh).toBe(19_444_445);
});

test('less than any machine needs for the tokens is raised to that and marked', () => {
  expect(judgeEnergy(claim(0), BOUNDS)).toMatchObject({
    microWh: 166,
    lowMicroWh: 0,
    highMicroWh: 185,
    isBounded: true,
  });
});

test('a part of no tokens took something too: a millionth of a watt-hour', () => {
  expect(judgeEnergy(claim(0), { ...BOUNDS, outputTokens: 0 })).toMatchObject({ microWh: 1, isBounded: true });
});

test('a home whose card is known is held to its class', () => {
  const judged = judgeEnergy(claim(1_000_000), { ...BOUNDS, mostW: 300 });
  expect(judged).toMatchObject({ microWh: 833_333, isBounded: true });
  expect(judgeEnergy(claim(800_000), { ...BOUNDS, mostW: 300 })).toMatchObject({ isBounded: false });
});

test('an interval holds its figure and is at least as wide as its method', () => {
  const inside = judgeEnergy(claim(100_000, 2, [100_000, 100_000]), BOUNDS);
  expect(inside).toMatchObject({ lowMicroWh: 80_000, highMicroWh: 120_000, isBounded: false });
  const turned = judgeEnergy(claim(100_000, 4, [500_000, 1]), BOUNDS);
  expect(turned).toMatchObject({ lowMicroWh: 95_000, highMicroWh: 105_000 });
});

test('no part is believed to work for more than an hour, so that no sum overflows', () => {
  const judged = judgeEnergy(claim(Number.MAX_SAFE_INTEGER), { ...BOUNDS, durationMs: 4e9 });
  expect(judged).toMatchObject({ microWh: 6_250_000_000, isBounded: true });
});
