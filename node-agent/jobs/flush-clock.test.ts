import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FlushClock } from './flush-clock.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function makeStream(name: string, log: [number, string][]): { dueAt: number; flush: () => void } {
  return { dueAt: 0, flush: () => void log.push([performance.now(), name]) };
}

test('streams that are due within a grain are flushed together', () => {
  const log: [number, string][] = [];
  const clock = new FlushClock(10);
  const start = performance.now();
  const streams = ['a', 'b', 'c'].map((name) => makeStream(name, log));
  streams.forEach((stream, i) => {
    stream.dueAt = start + 100 + 4 * i;
    clock.request(stream);
  });
  vi.advanceTimersByTime(99);
  expect(log).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(log.map(([at]) => at - start)).toEqual([100, 100, 100]);
});

test('ticks are at least a grain apart', () => {
  const log: [number, string][] = [];
  const clock = new FlushClock(10);
  const start = performance.now();
  clock.request(makeStream('a', log));
  clock.request(makeStream('b', log));
  expect(log.length).toBe(1);
  vi.advanceTimersByTime(10);
  expect(log).toEqual([
    [start, 'a'],
    [start + 10, 'b'],
  ]);
});

test('a stream that was forgotten is not flushed, and a closed clock has no timer', () => {
  const log: [number, string][] = [];
  const clock = new FlushClock(10);
  const stream = makeStream('a', log);
  stream.dueAt = performance.now() + 50;
  clock.request(stream);
  clock.forget(stream);
  vi.advanceTimersByTime(100);
  expect(log).toEqual([]);
  stream.dueAt = performance.now() + 50;
  clock.request(stream);
  clock.close();
  expect(vi.getTimerCount()).toBe(0);
});
