import { expect, test } from 'vitest';
import { MAX_UNPROVEN, MAX_UNPROVEN_OF_ADDRESS, MAX_UNPROVEN_OF_PAIR } from './door-limits.ts';
import { UnprovenDials } from './unproven-dials.ts';

/** Opens dials in order, each named by its place, and tells which had to go. */
function open(dials: readonly (readonly [nodeId: string, from: string])[]): { gone: number[]; size: number } {
  const unproven = new UnprovenDials<number>();
  const gone = dials.flatMap(([nodeId, from], i) => unproven.admit(i, { nodeId, from }) ?? []);
  return { gone, size: unproven.size };
}

test('one node from one address has a few open, and the oldest goes', () => {
  const dials = Array.from({ length: MAX_UNPROVEN_OF_PAIR + 2 }, () => ['n', 'a'] as const);
  expect(open(dials)).toEqual({ gone: [0, 1], size: MAX_UNPROVEN_OF_PAIR });
});

test('a home stays when others dial in its name from elsewhere', () => {
  const { gone } = open([['n', 'home'], ...Array.from({ length: 50 }, (_, i) => ['n', `bot-${i}`] as const)]);
  expect(gone).toEqual([]);
});

test('a home behind the address of one who opens many stays', () => {
  const flood = Array.from({ length: 500 }, (_, i) => [`n${i % 20}`, 'nat'] as const);
  const { gone, size } = open([...flood.slice(0, 250), ['home', 'nat'], ...flood.slice(250)]);
  expect(gone).not.toContain(250);
  expect(size).toBeLessThanOrEqual(MAX_UNPROVEN_OF_ADDRESS);
});

test('a home stays when many addresses open many', () => {
  const flood = Array.from({ length: 1000 }, (_, i) => [`n${i}`, `bot-${i % 10}`] as const);
  const { gone, size } = open([['home', 'far'], ...flood]);
  expect(gone).not.toContain(0);
  expect(size).toBeLessThanOrEqual(MAX_UNPROVEN);
});

test('who has proved itself is counted no more', () => {
  const unproven = new UnprovenDials<number>();
  for (let i = 0; i < 1000; i++) {
    expect(unproven.admit(i, { nodeId: 'n', from: 'a' })).toBeNull();
    unproven.forget(i);
  }
  expect(unproven.size).toBe(0);
});
