// Homes whose owner asks them jobs himself: what is found out earns nothing beyond what it cost.
import { describe, expect, test } from 'vitest';
import type { CreditKind, CreditSums } from '../../schema/credit.ts';
import { splitCharge } from '../../schema/prices.ts';
import { RELATIONS } from '../../schema/settlement.ts';
import { makeRandom } from './draw-losses.ts';
import { simulateSybils } from './sim-sybils.ts';
import type { SybilPlan } from './sim-sybils.ts';

const PRICE = { priceIn: 400_000, priceOut: 1_600_000 };
const EACH = 10_000;

const having = (...kinds: CreditKind[]): CreditSums => ({
  granted: 0,
  earned: 0,
  bought: 0,
  ...Object.fromEntries(kinds.map((kind) => [kind, EACH])),
});
const plan = (some: Partial<SybilPlan>): SybilPlan => ({
  nodes: 40,
  jobs: 20,
  rounds: 3,
  credit: having('granted', 'earned', 'bought'),
  related: 'wallet',
  price: PRICE,
  random: makeRandom(7),
  ...some,
});

describe('found out', () => {
  test.each(RELATIONS)(
    'by %s, no home makes a profit of any credit, however often its earnings are spent again',
    (related) => {
      for (const credit of [
        having('granted'),
        having('earned'),
        having('bought'),
        having('granted', 'earned', 'bought'),
      ]) {
        const { spent, profit, nodesInProfit } = simulateSybils(plan({ related, credit }));
        expect(spent.granted + spent.earned + spent.bought).toBeGreaterThan(0);
        expect(profit).toBeLessThanOrEqual(0);
        expect(nodesInProfit).toBe(0);
      }
    },
  );

  test('granted credit pays nothing at all, and bought credit its share', () => {
    expect(simulateSybils(plan({ credit: having('granted') }))).toMatchObject({ earned: 0, credited: 0, profit: 0 });
    const { spent, earned } = simulateSybils(plan({ credit: having('bought'), rounds: 1 }));
    expect(earned).toBeGreaterThan(0);
    // A fee is rounded down, part by part.
    expect(earned).toBeLessThanOrEqual(splitCharge(spent.bought).earn + 40 * 20 * 2);
    expect(earned).toBeLessThan(spent.bought);
  });
});

describe('not found out', () => {
  test('bought and earned credit still lose the fee', () => {
    for (const kind of ['bought', 'earned'] as const)
      expect(simulateSybils(plan({ related: null, credit: having(kind) })).profit).toBeLessThan(0);
  });

  test('a newcomer’s bonus gives back fees that were really paid, and never more', () => {
    const run = (kind: CreditKind, bonusBps: number): ReturnType<typeof simulateSybils> =>
      simulateSybils(plan({ related: null, credit: having(kind), bonusBps }));
    for (const kind of ['granted', 'earned'] as const) expect(run(kind, 10_000)).toEqual(run(kind, 0));
    expect(run('bought', 0).bonus).toBe(0);
    const { bonus, profit, nodesInProfit } = run('bought', 10_000);
    expect(bonus).toBeGreaterThan(0);
    expect({ isLost: profit <= 0, nodesInProfit }).toEqual({ isLost: true, nodesInProfit: 0 });
    for (const related of RELATIONS)
      expect(simulateSybils(plan({ related, bonusBps: 10_000 }))).toMatchObject({ nodesInProfit: 0 });
  });

  test('granted credit becomes earnings less the fee: what an operator grants to who hides is lost', () => {
    const { spent, earned } = simulateSybils(plan({ related: null, credit: having('granted'), rounds: 1 }));
    expect(earned).toBeGreaterThan(0.8 * spent.granted);
    expect(earned).toBeLessThan(spent.granted);
  });
});
