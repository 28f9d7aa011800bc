import { expect, test } from 'vitest';
import { describeEnergy, tellEnergy } from './describe-energy.ts';
import { EN } from './words-en.ts';
import { JA } from './words-ja.ts';

const ENERGY = { energyMicroWh: 41_000n, energyLowMicroWh: 36_080n, energyHighMicroWh: 45_920n, energyMethod: 1 };

test('a receipt’s energy is told with its interval, method and tier', () => {
  expect(describeEnergy(ENERGY)).toEqual({ wh: 0.041, wh90: [0.03608, 0.04592], method: 'counter', tier: 'B' });
  expect(tellEnergy(ENERGY, EN)).toBe(
    "0.0410 Wh (0.0361 to 0.0459) at the wall above rest, by the card's or processor's own counter: tier B",
  );
  expect(tellEnergy(ENERGY, JA)).toBe(
    '0.0410 Wh（0.0361 〜 0.0459）。コンセントで、待機分を除いた量。カードまたはプロセッサー内蔵の計測による値で、区分はB',
  );
});

test.each([0, 77])('energy by method %i is not known, and no 0', (energyMethod) => {
  expect(describeEnergy({ ...ENERGY, energyMethod })).toEqual({ wh: null, wh90: null, method: 'unknown', tier: null });
  expect(tellEnergy({ ...ENERGY, energyMethod }, EN)).toBe('not known');
  expect(tellEnergy({ ...ENERGY, energyMethod }, JA)).toBe('不明');
});
