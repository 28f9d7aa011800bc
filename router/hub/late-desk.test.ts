import { expect, test } from 'vitest';
import type { LateReceipt } from '../../schema/frames-to-hub.ts';
import { LATE_AT_ONCE, LATE_AT_ONCE_IN_ALL, LATE_WAITING } from './door-limits.ts';
import { LateDesk } from './late-desk.ts';

const LATE = {} as LateReceipt;

/** A desk whose calls end when the test says so. */
function openDesk() {
  const asked: string[] = [];
  const ends: (() => void)[] = [];
  const desk = new LateDesk((nodeId) => {
    asked.push(nodeId);
    return new Promise((end) => ends.push(end));
  });
  const endAll = async (): Promise<void> => {
    while (ends.length > 0) {
      ends.shift()?.();
      await new Promise((wake) => setImmediate(wake));
    }
  };
  return { desk, asked, ends, endAll };
}

test('of one home a few are asked at once, each of the others when one has ended, until nothing is kept', async () => {
  const { desk, asked, ends, endAll } = openDesk();
  for (let i = 0; i < 20; i++) desk.offer('n', LATE);
  expect(asked.length).toBe(LATE_AT_ONCE);
  ends.shift()?.();
  await new Promise((wake) => setImmediate(wake));
  expect(asked.length).toBe(LATE_AT_ONCE + 1);
  await endAll();
  expect([asked.length, desk.size]).toEqual([20, 0]);
});

test('beyond what may wait they are passed over', () => {
  const { desk } = openDesk();
  const taken = Array.from({ length: 500 }, () => desk.offer('n', LATE));
  expect(taken.filter(Boolean).length).toBe(LATE_WAITING + LATE_AT_ONCE);
});

test('a home with one does not wait behind those of a home with many', async () => {
  const { desk, asked, ends } = openDesk();
  for (let home = 0; home < 20; home++) for (let i = 0; i < 50; i++) desk.offer(`many-${home}`, LATE);
  expect(asked.length).toBe(LATE_AT_ONCE_IN_ALL);
  desk.offer('few', LATE);
  for (let i = 0; i < 20 && !asked.includes('few'); i++) {
    ends.shift()?.();
    await new Promise((wake) => setImmediate(wake));
  }
  expect(asked).toContain('few');
});
