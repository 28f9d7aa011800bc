import { describe, expect, test } from 'vitest';
import type { Hex } from '../../schema/bytes.ts';
import { OPEN_TICKETS, OpenTickets } from './open-tickets.ts';

const ticket = (number: number): Hex => `0x${number.toString(16).padStart(64, '0')}`;
const some = (count: number): Hex[] => Array.from({ length: count }, (_, i) => ticket(i));

describe('which tickets may be open', () => {
  test('those that were there and those that came', () => {
    const open = new OpenTickets([ticket(1)]);
    open.add(ticket(2));
    expect([1, 2, 3].map((number) => open.mayHave(ticket(number)))).toEqual([true, true, false]);
  });

  test('where there are too many to remember each may be one', () => {
    const open = new OpenTickets(some(OPEN_TICKETS));
    expect(open.mayHave(ticket(OPEN_TICKETS))).toBe(false);
    open.add(ticket(OPEN_TICKETS + 7));
    expect(open.mayHave(ticket(OPEN_TICKETS))).toBe(true);
    expect(new OpenTickets(some(OPEN_TICKETS + 1)).mayHave(ticket(OPEN_TICKETS + 5))).toBe(true);
  });
});
