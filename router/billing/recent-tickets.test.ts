import { describe, expect, test } from 'vitest';
import type { Hex } from '../../schema/bytes.ts';
import { RECENT_TICKETS, RecentTickets } from './recent-tickets.ts';

const ticket = (number: number): Hex => `0x${number.toString(16).padStart(64, '0')}`;

describe('the tickets of an object’s newest rows', () => {
  test('each is known by the row that has it, and one that no row has by none', () => {
    const recent = new RecentTickets(100);
    recent.add(100, [ticket(1), ticket(2)]);
    recent.add(105, [ticket(3)]);
    expect([1, 2, 3, 4].map((number) => recent.find(ticket(number)))).toEqual([100, 100, 105, null]);
    expect(recent.fromId).toBe(100);
  });

  test('the oldest rows make room, and nothing is said of those any more', () => {
    const recent = new RecentTickets(1);
    for (let id = 1; id <= RECENT_TICKETS + 2; id++) recent.add(id, [ticket(id)]);
    expect(recent.fromId).toBe(3);
    expect([2, 3, RECENT_TICKETS + 2].map((id) => recent.find(ticket(id)))).toEqual([null, 3, RECENT_TICKETS + 2]);
  });

  test('rows that are gone are known no more', () => {
    const recent = new RecentTickets(1);
    for (const id of [1, 2, 3]) recent.add(id, [ticket(id)]);
    recent.drop(2);
    expect(recent.fromId).toBe(3);
    expect([1, 2, 3].map((id) => recent.find(ticket(id)))).toEqual([null, null, 3]);
  });
});
