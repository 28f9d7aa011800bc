import { describe, expect, test } from 'vitest';
import type { Hex } from '../../schema/bytes.ts';
import { IDS_PER_MS, RECENT_MS, RECENT_TICKETS, RecentTickets } from './recent-tickets.ts';

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

  test('what is old makes room too, and the newest row is always known', () => {
    const recent = new RecentTickets(1);
    const later = 2 + RECENT_MS * IDS_PER_MS;
    recent.add(1, [ticket(1)]);
    recent.add(2, [ticket(2)]);
    recent.add(later, [ticket(3)]);
    expect(recent.fromId).toBe(2);
    recent.add(3 * later, [ticket(4)]);
    expect([recent.fromId, recent.find(ticket(4)), recent.find(ticket(3))]).toEqual([later + 1, 3 * later, null]);
  });

  test('rows that are gone are known no more', () => {
    const recent = new RecentTickets(1);
    for (const id of [1, 2, 3]) recent.add(id, [ticket(id)]);
    recent.drop(2);
    expect(recent.fromId).toBe(3);
    expect([1, 2, 3].map((id) => recent.find(ticket(id)))).toEqual([null, null, 3]);
  });
});
