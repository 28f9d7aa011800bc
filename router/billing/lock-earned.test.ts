import { expect, test } from 'vitest';
import { lockEarned, tellSpent } from './lock-earned.ts';
import type { FrozenEarnings } from './lock-earned.ts';

test('what a frozen epoch leaves to be claimed is locked, and nothing where none was frozen', () => {
  expect(lockEarned(null)).toBe(0);
  expect(lockEarned({ total: 10, spent: 3, withheld: 2 })).toBe(5);
  expect(lockEarned({ total: 10, spent: 9, withheld: 2 })).toBe(0);
});

test('an order between the end of an epoch and its closing is told with the next', () => {
  const before = { total: 10, spent: 0, withheld: 0 };
  expect(tellSpent({ total: 10, accepted: 15, spent: 5, before })).toBe(0);
  expect(tellSpent({ total: 15, accepted: 15, spent: 5, before })).toBe(5);
});

test('what was spent while there was no chain is told whole', () => {
  const before = { total: 10, spent: 0, withheld: 0 };
  expect(tellSpent({ total: 10, accepted: 10, spent: 6, before })).toBe(6);
  expect(tellSpent({ total: 10, accepted: 12, spent: 8, before })).toBe(6);
});

test('whatever is earned, frozen and ordered, in any order: claims never fall, and with credit they come to what was earned', () => {
  let seed = 7;
  const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
  for (let history = 0; history < 200; history++) {
    let [accepted, atEnd, spent, claimed] = [0, 0, 0, 0];
    let [frozen, fallen]: [FrozenEarnings | null, number] = [null, 0];
    for (let step = 0; step < 60; step++) {
      const kind = random(5);
      if (kind === 0) accepted += random(100);
      if (kind === 1) atEnd = accepted;
      if (kind === 2) {
        const told: number = tellSpent({ total: atEnd, accepted, spent, before: frozen });
        const before = lockEarned(frozen);
        frozen = { total: atEnd, spent: told, withheld: 0 };
        if (lockEarned(frozen) < before) fallen += 1;
      }
      if (kind === 3) spent += random(Math.max(0, accepted - spent - lockEarned(frozen)) + 1);
      if (kind === 4) claimed = lockEarned(frozen);
      expect(claimed + spent).toBeLessThanOrEqual(accepted);
    }
    expect(fallen).toBe(0);
  }
});
