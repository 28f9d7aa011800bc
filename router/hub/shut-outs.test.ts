import { expect, test } from 'vitest';
import { FLOODS_KEPT_MS, FLOODS_OF_ADDRESS, MAX_SHUT_OUT_MS } from './door-limits.ts';
import { ShutOuts } from './shut-outs.ts';

const FIRST_MS = 1000;
const home = (nodeId: string, from = 'a') => ({ nodeId, from });
const leftMs = (shutOuts: ShutOuts, nodeId: string, from: string, now: number, hasToken = true): number =>
  shutOuts.leftMs({ nodeId, from, hasToken }, now);

test('who was sent away is kept out for a while, from wherever it dials; nobody else is', () => {
  const shutOuts = new ShutOuts(FIRST_MS);
  expect(shutOuts.note(home('n'), 0)).toBe(FIRST_MS);
  expect([leftMs(shutOuts, 'n', 'b', 400), leftMs(shutOuts, 'n', 'a', FIRST_MS)]).toEqual([600, 0]);
  expect(leftMs(shutOuts, 'm', 'a', 0, false)).toBe(0);
});

test('each further time lasts twice as long, up to a limit, and is forgotten after an hour', () => {
  const shutOuts = new ShutOuts(FIRST_MS);
  expect([0, 1, 2].map((now) => shutOuts.note(home('n'), now))).toEqual([1000, 2000, 4000]);
  for (let i = 0; i < 40; i++) shutOuts.note(home('n'), 3);
  expect(shutOuts.note(home('n'), 3)).toBe(MAX_SHUT_OUT_MS);
  expect(shutOuts.note(home('n'), 3 + FLOODS_KEPT_MS)).toBe(FIRST_MS);
});

test('an address from which several were sent away is kept out, but for homes that the router knows', () => {
  const shutOuts = new ShutOuts(FIRST_MS);
  for (let i = 1; i < FLOODS_OF_ADDRESS; i++) shutOuts.note(home(`n${i}`), 0);
  expect(leftMs(shutOuts, 'new', 'a', 0, false)).toBe(0);
  shutOuts.note(home('last'), 0);
  expect(leftMs(shutOuts, 'new', 'a', 0, false)).toBe(FIRST_MS);
  expect([leftMs(shutOuts, 'new', 'a', 0), leftMs(shutOuts, 'new', 'b', 0, false)]).toEqual([0, 0]);
});

test('where nobody knows the address it counts for nothing', () => {
  const shutOuts = new ShutOuts(FIRST_MS);
  for (let i = 0; i < 20; i++) shutOuts.note(home(`n${i}`, ''), 0);
  expect(leftMs(shutOuts, 'new', '', 0, false)).toBe(0);
});
