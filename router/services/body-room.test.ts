import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BodyRoom } from './body-room.ts';
import type { Seat } from './body-room.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const LIMITS = { bytes: 100, bytesOfAccount: 50, always: 3, waiting: 3, waitMs: 1000, keptMs: 60_000 };

/** Asks for a place and notes what came of it. */
function openRoom() {
  const room = new BodyRoom(LIMITS);
  const came: Record<string, Seat | null> = {};
  const enter = (name: string, accountId: string, bytes: number): void =>
    void room.enter(accountId, bytes).then((seat) => void (came[name] = seat));
  return { room, came, enter, settle: () => vi.advanceTimersByTimeAsync(0) };
}

test('who fits enters at once, and what it gives back is there for others', async () => {
  const { room, came, enter, settle } = openRoom();
  enter('a', 'x', 50);
  await settle();
  expect(room.bytes).toBe(50);
  came['a']?.shrink(10);
  expect(room.bytes).toBe(10);
  came['a']?.shrink(40);
  expect(room.bytes).toBe(10);
  came['a']?.leave();
  came['a']?.leave();
  expect(room.bytes).toBe(0);
});

test('one account has its share only, and holds nobody else up', async () => {
  const { came, enter, settle } = openRoom();
  enter('a', 'x', 50);
  enter('more of x', 'x', 30);
  enter('b', 'y', 25);
  await settle();
  expect(Object.keys(came)).toEqual(['a', 'b']);
  came['a']?.leave();
  await settle();
  expect(came['more of x']).not.toBeNull();
});

test('however many take all that they can, each gets half of what is left, and a little of anybody enters at once', async () => {
  const { came, enter, settle } = openRoom();
  for (const [i, bytes] of [50, 25, 12, 6, 3].entries()) enter(`greedy-${i}`, `greedy-${i}`, bytes);
  for (let i = 0; i < 20; i++) enter(`small-${i}`, `small-${i}`, 3);
  await settle();
  expect(Object.values(came)).toHaveLength(25);
  enter('more', 'small-0', 1);
  await settle();
  expect(Object.keys(came)).not.toContain('more');
});

test('several who wait enter as soon as there is room for them, first come first', async () => {
  const { room, came, enter, settle } = openRoom();
  enter('a', 'x', 50);
  enter('b', 'y', 25);
  await settle();
  for (const name of ['c', 'd', 'e']) enter(name, name, 20);
  await settle();
  expect(Object.keys(came)).toEqual(['a', 'b']);
  came['a']?.leave();
  await settle();
  expect(Object.keys(came)).toEqual(['a', 'b', 'c', 'd']);
  expect(room.bytes).toBe(65);
});

test('who waits too long gets no place, and the line has an end', async () => {
  const { came, enter, settle } = openRoom();
  enter('a', 'x', 50);
  for (const name of ['b', 'c', 'd', 'e']) enter(name, 'x', 50);
  await settle();
  expect(came).toMatchObject({ e: null });
  await vi.advanceTimersByTimeAsync(1000);
  expect(came).toMatchObject({ b: null, c: null, d: null });
  came['a']?.leave();
  enter('f', 'x', 50);
  await settle();
  expect(came['f']).not.toBeNull();
  expect(vi.getTimerCount()).toBe(0);
});

test('a place whose call never says that it is over is free again in the end', async () => {
  const { room, enter, settle } = openRoom();
  enter('a', 'x', 50);
  await settle();
  vi.setSystemTime(Date.now() + LIMITS.keptMs + 60_000);
  enter('b', 'x', 50);
  await settle();
  expect(room.bytes).toBe(50);
});

test('what grows does so within the room and the share of its account, and leaves with all of it', async () => {
  const { room, came, enter, settle } = openRoom();
  enter('a', 'x', 10);
  enter('b', 'y', 30);
  await settle();
  expect(came['a']?.grow(20)).toBe(true);
  expect(came['a']?.grow(6)).toBe(false);
  expect(came['b']?.grow(6)).toBe(false);
  expect(room.bytes).toBe(60);
  came['a']?.leave();
  expect(came['a']?.grow(1)).toBe(false);
  expect(room.bytes).toBe(30);
});
