import { expect, test, vi } from 'vitest';
import { Slots } from './slots.ts';

function makeSlots(limits: Record<string, number>, limit: number): Slots<string> {
  const slots = new Slots<string>(() => undefined);
  slots.setLimits(new Map(Object.entries(limits)), limit);
  return slots;
}

test('a backend never runs more than its own slots, and the home never more than its limit', () => {
  const slots = makeSlots({ a: 2, b: 2 }, 3);
  expect(slots.take('a')).not.toBeNull();
  expect(slots.take('a')).not.toBeNull();
  expect(slots.take('a')).toBeNull();
  expect(slots.take('b')).not.toBeNull();
  expect(slots.take('b')).toBeNull();
  expect(slots.take('unknown')).toBeNull();
  expect(slots.running).toBe(3);
});

test('a place is given back once, however often it is released', () => {
  const slots = makeSlots({ a: 1 }, 1);
  const release = slots.take('a');
  release?.();
  release?.();
  expect(slots.running).toBe(0);
  expect(slots.take('a')).not.toBeNull();
  expect(slots.take('a')).toBeNull();
});

test('idle is told when the last job has ended', async () => {
  const slots = makeSlots({ a: 2 }, 2);
  const releases = [slots.take('a'), slots.take('a')];
  const onIdle = vi.fn();
  const idle = slots.whenIdle().then(onIdle);
  releases[0]?.();
  await Promise.resolve();
  expect(onIdle).not.toHaveBeenCalled();
  releases[1]?.();
  await idle;
  expect(onIdle).toHaveBeenCalledTimes(1);
});
