import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeBackend } from '../test/fake-backend.ts';
import { makeJob } from '../test/backends/jobs.ts';
import type { Backend } from './backend.ts';
import { PacedBackend } from './paced-backend.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a wait for a token’s time is a sign of life, and what the engine tells is passed on', async () => {
  const inner: Backend = new FakeBackend(async (_job, sink) => {
    await sink({ text: 'a', tokens: 1 });
    await sink({ text: 'b', tokens: 1 });
  });
  const run = vi.spyOn(inner, 'run');
  const onAlive = vi.fn();
  const signal = new AbortController().signal;
  const ended = new PacedBackend(inner, { tokensPerS: 0.1 }).run(makeJob('hi'), () => undefined, signal, onAlive);
  await vi.advanceTimersByTimeAsync(9500);
  expect(onAlive).toHaveBeenCalledTimes(9);
  await vi.advanceTimersByTimeAsync(1000);
  await ended;
  expect(run.mock.calls[0]?.[3]).toBe(onAlive);
  const told = onAlive.mock.calls.length;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(onAlive).toHaveBeenCalledTimes(told);
});
