import { expect, test } from 'vitest';
import { ANY_HOME_W, boundWatts } from './bound-watts.ts';

const facts = (card: string | null, mostW: number | null = null): Parameters<typeof boundWatts>[0] => ({
  card,
  idleW: null,
  mostW,
  method: 'counter',
  isAwakeForWork: false,
});

test('a card bounds its home by its class, through a poor supply and with the machine around it', () => {
  expect(boundWatts(facts('NVIDIA GeForce RTX 4070'))).toBe((220 * 1.2 + 200) / 0.8);
  // Set lower by its owner it may still be set back.
  expect(boundWatts(facts('NVIDIA GeForce RTX 4070', 120))).toBe((220 * 1.2 + 200) / 0.8);
  expect(boundWatts(facts('NVIDIA GeForce RTX 4070', 440))).toBe(Math.ceil((440 * 1.2 + 200) / 0.8));
});

test('no word makes more of one card than eight of its class, nor of any home more than five kilowatts through its supply', () => {
  expect(boundWatts(facts('RTX 3060', 5000))).toBe(Math.ceil((8 * 170 * 1.2 + 200) / 0.8));
  expect(boundWatts(facts('H100', 5000))).toBe(ANY_HOME_W);
});

test('a machine that is told whole is bounded at the wall', () => {
  expect(boundWatts(facts('Apple M4 Pro', 5000))).toBe(140 * 1.2);
});

test('a card that nobody knows bounds nothing', () => {
  expect([facts(null), facts('Voodoo 2', 900), null, undefined].map(boundWatts)).toEqual([null, null, null, null]);
});
