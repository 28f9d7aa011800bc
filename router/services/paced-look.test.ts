import { expect, test } from 'vitest';
import { PacedLook } from './paced-look.ts';

test('ten looks a second are made, others are told what was seen last, and the next second looks anew', async () => {
  let looks = 0;
  const look = new PacedLook(async () => ++looks);
  const told = [];
  for (let i = 0; i < 100; i++) told.push(await look.ask(5000 + i));
  expect([looks, told.at(0), told.at(-1)]).toEqual([10, 1, 10]);
  expect(await look.ask(6000)).toBe(11);
});

test('who asks oftener before anything was seen looks too', async () => {
  let looks = 0;
  const look = new PacedLook(async () => ++looks);
  await Promise.all(Array.from({ length: 20 }, () => look.ask(0)));
  expect(looks).toBe(20);
});
