import { expect, test } from 'vitest';
import { DoorPaces } from './door-paces.ts';

test('each who has turns of its own at each door, and is told when the next one comes', () => {
  const paces = new DoorPaces();
  const at = (who: string, now: number, door = 'd') => paces.take(door, who, { rule: { brim: 2, perS: 0.5 }, now });
  expect([at('a', 0), at('a', 0), at('a', 0)]).toEqual([null, null, 2]);
  expect([at('b', 0), at('a', 0, 'other')]).toEqual([null, null]);
  expect([at('a', 1900), at('a', 2000)]).toEqual([1, null]);
});
