import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { encodeFrame, FLAG_MOVES } from '../../schema/frames.ts';
import { AliveTeller } from './alive-teller.ts';

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

test('a sign of life each second is told each second, one each 100 ms not more often; tokens are enough of a sign', () => {
  const frames: Uint8Array[] = [];
  let lastSentAt = performance.now();
  const teller = new AliveTeller({
    job: 7,
    writer: { push: (frame) => void frames.push(frame) },
    lastSentAt: () => lastSentAt,
  });
  const noteFor = (ms: number, everyMs: number): number => {
    const before = frames.length;
    for (let spent = 0; spent < ms; spent += everyMs) {
      vi.advanceTimersByTime(everyMs);
      teller.note();
    }
    return frames.length - before;
  };
  expect(noteFor(10_000, 1000)).toBe(10);
  expect(noteFor(8000, 100)).toBe(10);
  lastSentAt = performance.now();
  expect(noteFor(700, 100)).toBe(0);
  expect(noteFor(100, 100)).toBe(1);
  expect(frames[0]).toEqual(encodeFrame('alive', { job: 7 }));
  // What the engine sent is told once, also where it came too early to be told.
  vi.advanceTimersByTime(1000);
  frames.length = 0;
  teller.note();
  teller.note(true);
  expect([noteFor(2000, 1000), frames.map((frame) => frame[1])]).toEqual([2, [0, FLAG_MOVES, 0]]);
});
