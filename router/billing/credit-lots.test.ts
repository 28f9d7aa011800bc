// Credit in lots: whatever is given, spent and ended, every unit is of one kind and goes one way.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CreditKind } from '../../schema/credit.ts';
import { CREDIT_KINDS, sumCredit } from './credit-books.ts';
import { addLot, drawLots, expireLots, MAX_LOTS, openLots, sumLots, takeGivable, takeKind } from './credit-lots.ts';
import type { Lot } from './credit-lots.ts';

const add = (lots: readonly Lot[], ...added: readonly Lot[]): readonly Lot[] =>
  added.reduce<readonly Lot[]>((all, lot) => addLot(all, lot) ?? all, lots);

test('what ends first is spent first, then granted, earned and bought credit', () => {
  const lots = add(
    [],
    { kind: 'bought', left: 10 },
    { kind: 'earned', left: 10 },
    { kind: 'granted', left: 10 },
    { kind: 'granted', left: 10, expiresAt: 900 },
    { kind: 'bought', left: 10, expiresAt: 500 },
  );
  const paid: (readonly [CreditKind, number])[] = [];
  let left = lots;
  while (left.length > 0) {
    const drawn = drawLots(left, 5, 100);
    paid.push(...CREDIT_KINDS.flatMap((kind) => (drawn.drawn[kind] > 0 ? [[kind, drawn.drawn[kind]] as const] : [])));
    left = drawn.lots;
  }
  expect(paid.map(([kind]) => kind)).toEqual(
    ['bought', 'granted', 'granted', 'earned', 'bought'].flatMap((kind) => [kind, kind]),
  );
});

test('what is alike is one lot, however often it is given', () => {
  const lots = add([], ...Array.from({ length: 100 }, () => ({ kind: 'granted', left: 3, expiresAt: 900 }) as const));
  expect(lots).toEqual([{ kind: 'granted', left: 300, expiresAt: 900 }]);
});

test('lots are few: one too many joins its like with the later end, or is not taken where it has no like', () => {
  const ends = Array.from(
    { length: MAX_LOTS },
    (_, i) => ({ kind: 'granted', left: 1, expiresAt: 100 + 10 * i }) as const,
  );
  const full = add([], ...ends);
  expect(full).toHaveLength(MAX_LOTS);
  const between = addLot(full, { kind: 'granted', left: 5, expiresAt: 105 });
  expect(between?.filter(({ expiresAt }) => expiresAt === 110)).toEqual([{ kind: 'granted', left: 6, expiresAt: 110 }]);
  const last = addLot(full, { kind: 'granted', left: 5, expiresAt: 9000 });
  expect(last?.at(-1)).toEqual({ kind: 'granted', left: 6, expiresAt: 9000 });
  expect(addLot(full, { kind: 'granted', left: 5, expiresAt: 105, sponsor: 'acct_s' })).toBeNull();
  // What does not end always has room: it is bought, earned, or comes back.
  expect(addLot(full, { kind: 'bought', left: 5 })).toHaveLength(MAX_LOTS + 1);
});

test('a job may spend what ended after it was held, and one that was held later may not while anything else is left', () => {
  const lots = add([], { kind: 'granted', left: 50, expiresAt: 500 }, { kind: 'bought', left: 50 });
  expect(drawLots(lots, 60, 400).drawn).toEqual({ granted: 50, earned: 0, bought: 10 });
  expect(drawLots(lots, 60, 500).drawn).toEqual({ granted: 10, earned: 0, bought: 50 });
});

test('what ends goes, but for what jobs hold that were held before', () => {
  const lots = add([], { kind: 'granted', left: 50, expiresAt: 500 }, { kind: 'granted', left: 30, expiresAt: 600 });
  const heldBefore = (at: number): number => (at > 550 ? 60 : 20);
  const { lots: left, expired } = expireLots(lots, 700, heldBefore);
  expect(expired.map((lot) => [lot.expiresAt, lot.left])).toEqual([[500, 30]]);
  expect(left.map((lot) => lot.left)).toEqual([20, 30]);
  expect(expireLots(left, 700, () => 0).lots).toEqual([]);
  expect(expireLots(lots, 499, () => 0).expired).toEqual([]);
});

test('only what neither ends nor is a sponsor’s is given on; of bought credit only that is taken back', () => {
  const lots = add(
    openLots(10),
    { kind: 'granted', left: 99, expiresAt: 500 },
    { kind: 'granted', left: 99, expiresAt: 500, sponsor: 'acct_s', sponsorKind: 'bought' },
    { kind: 'bought', left: 20 },
  );
  expect(takeGivable(lots, 25).drawn).toEqual({ granted: 10, earned: 0, bought: 15 });
  expect(takeKind(lots, 500, 'bought').drawn).toEqual({ granted: 0, earned: 0, bought: 20 });
});

const lot: fc.Arbitrary<Lot> = fc.record(
  {
    kind: fc.constantFrom(...CREDIT_KINDS),
    left: fc.integer({ min: 1, max: 1000 }),
    expiresAt: fc.nat(2000),
    sponsor: fc.constantFrom('acct_1', 'acct_2'),
  },
  { requiredKeys: ['kind', 'left'] },
);

test('whatever is given, spent and ended: no unit is lost or made, and what paid is the charge', () => {
  const move = fc.oneof(
    fc.record({ add: lot }),
    fc.record({ draw: fc.nat(1500), since: fc.nat(2000) }),
    fc.record({ expire: fc.nat(2000), held: fc.nat(500) }),
  );
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
      let lots: readonly Lot[] = [];
      let balance = 0;
      let faults = 0;
      for (const one of moves) {
        if ('add' in one) {
          const more = addLot(lots, one.add);
          if (more) balance += one.add.left;
          lots = more ?? lots;
        } else if ('draw' in one) {
          const charge = Math.min(one.draw, balance);
          const { lots: left, drawn } = drawLots(lots, charge, one.since);
          balance -= sumCredit(drawn);
          faults += sumCredit(drawn) === charge ? 0 : 1;
          lots = left;
        } else {
          const held = Math.min(one.held, balance);
          const { lots: left, expired } = expireLots(lots, one.expire, () => held);
          balance -= sumCredit(sumLots(expired));
          lots = left;
          faults += balance >= held ? 0 : 1;
        }
        expect({ faults, sum: sumCredit(sumLots(lots)) }).toEqual({ faults: 0, sum: balance });
        expect(lots.every(({ left }) => left > 0)).toBe(true);
        expect(lots.length).toBeLessThanOrEqual(MAX_LOTS + CREDIT_KINDS.length);
      }
    }),
    { numRuns: 300 },
  );
});
