import { expect, test } from 'vitest';
import { expectWorkWatts } from './expect-work-watts.ts';

test.each([
  [
    'a card draws three quarters of its most, through the supply, and the machine around it',
    'NVIDIA GeForce RTX 4090',
    450,
    370,
  ],
  ['an owner’s cap counts', 'NVIDIA GeForce RTX 4090', 300, 242],
  ['a cap that nobody would set does not', 'NVIDIA GeForce RTX 4090', 30, 178],
  ['without a word of its most the maker’s is taken', 'NVIDIA GeForce RTX 4090', null, 370],
  ['a whole machine is told at the wall', 'Apple M2 Pro', null, 68],
])('%s', (_, card, mostW, watts) => {
  expect(expectWorkWatts({ card, mostW })).toBe(watts);
});

test('of a card that is not known, and of silence, nothing is known', () => {
  expect(expectWorkWatts({ card: 'Home Made 1', mostW: 3 })).toBeNull();
  expect(expectWorkWatts({ card: null, mostW: 3 })).toBeNull();
  expect(expectWorkWatts(null)).toBeNull();
  expect(expectWorkWatts(undefined)).toBeNull();
});
