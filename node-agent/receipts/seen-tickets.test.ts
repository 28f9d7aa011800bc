import { expect, test } from 'vitest';
import type { Hex } from '../../schema/bytes.ts';
import { SeenTickets } from './seen-tickets.ts';

const ticket = (n: number): Hex => `0x${n.toString(16).padStart(32, '0')}${'f'.repeat(32)}`;

test('what was added is known, and comes back packed', () => {
  const seen = new SeenTickets();
  seen.add(ticket(1), 100);
  seen.add(ticket(2), 200);
  const again = new SeenTickets();
  again.take(JSON.parse(JSON.stringify(seen.pack())));
  expect([1, 2, 3].map((n) => again.has(ticket(n), 0))).toEqual([true, true, false]);
  expect(again.size).toBe(2);
});

test('past the bound the oldest are known by their time: none of that time is signed for again', () => {
  const seen = new SeenTickets(3);
  for (const n of [1, 2, 3, 4, 5]) seen.add(ticket(n), 100 * n);
  expect(seen.size).toBe(3);
  // The first two were dropped, and so was whatever was issued until then.
  expect(seen.has(ticket(1), 100)).toBe(true);
  expect(seen.has(ticket(99), 200)).toBe(true);
  expect(seen.has(ticket(99), 201)).toBe(false);
  const again = new SeenTickets(3);
  again.take(seen.pack());
  expect(again.has(ticket(99), 200)).toBe(true);
  expect(again.has(ticket(5), 500)).toBe(true);
});

test('a ticket of a clock that is ahead holds up no work after it, however many are answered', () => {
  const seen = new SeenTickets(3);
  seen.add(ticket(0), 1_000_000);
  for (const n of [1, 2, 3, 4, 5]) seen.add(ticket(n), 100 * n);
  expect(seen.size).toBe(3);
  expect(seen.has(ticket(99), 600)).toBe(false);
  expect([0, 1, 2, 3, 4, 5].map((n) => seen.has(ticket(n), n === 0 ? 1_000_000 : 100 * n))).toEqual(
    [0, 1, 2, 3, 4, 5].map(() => true),
  );
});

test('what was not packed is refused', () => {
  expect(() => new SeenTickets().take({ horizonAt: 0, packed: 'AAAA' })).toThrow(RangeError);
  expect(() => new SeenTickets().take({ horizonAt: 0, packed: '!' })).toThrow(RangeError);
});
