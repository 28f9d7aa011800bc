import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LifeWatch } from './life-watch.ts';
import type { LifeDoors } from './life-watch.ts';

const LIMITS = { tellEveryMs: 1000, lookAfterMs: 3000, frozenMs: 30_000 };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function watch(look: LifeDoors['look'], answersAtWork = true) {
  const seen = { alive: 0, looks: 0, frozen: [] as number[], isAborted: false };
  const life = new LifeWatch(LIMITS, {
    look: (timeoutMs, signal) => {
      seen.looks += 1;
      signal.addEventListener('abort', () => (seen.isAborted = true));
      return look(timeoutMs, signal);
    },
    answersAtWork: () => answersAtWork,
    onAlive: () => (seen.alive += 1),
  });
  life.attend((silentMs) => void seen.frozen.push(silentMs));
  return { life, seen };
}

/** As a door does that gets no answer. */
const never: LifeDoors['look'] = (timeoutMs) => new Promise((resolve) => setTimeout(() => resolve(false), timeoutMs));
const after =
  (ms: number): LifeDoors['look'] =>
  () =>
    new Promise((resolve) => setTimeout(() => resolve(true), ms));

describe('a server that says nothing', () => {
  test('and answers looks, even after 20 s each, is at work for as long as it does', async () => {
    const { life, seen } = watch(after(20_000));
    await vi.advanceTimersByTimeAsync(600_000);
    expect(seen).toMatchObject({ alive: 600, frozen: [] });
    expect(seen.looks).toBeGreaterThan(20);
    life.stop();
    expect(seen.isAborted).toBe(true);
  });

  test('is looked at only after 3 s, and once at a time', async () => {
    const { life, seen } = watch(never);
    await vi.advanceTimersByTimeAsync(2900);
    expect(seen.looks).toBe(0);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(seen.looks).toBe(1);
    life.stop();
  });

  test('and answers nothing for 30 s is frozen, where its product answers at work', async () => {
    const { life, seen } = watch(never);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(seen).toMatchObject({ alive: 30, frozen: [] });
    await vi.advanceTimersByTimeAsync(1000);
    expect(seen).toMatchObject({ alive: 30, frozen: [30_000] });
    life.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(seen.frozen).toHaveLength(1);
  });

  test('and never answered a look in this job may do one thing at a time: the open connection counts, to the longest limit', async () => {
    const { life, seen } = watch(never, false);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(seen).toMatchObject({ alive: 600, frozen: [] });
    await vi.advanceTimersByTimeAsync(1000);
    expect(seen.frozen).toEqual([600_000]);
    life.stop();
  });

  test('and answered one in this job is held to it', async () => {
    const { life, seen } = watch((...asked) => (seen.looks === 1 ? Promise.resolve(true) : never(...asked)), false);
    await vi.advanceTimersByTimeAsync(33_000);
    expect(seen.frozen).toEqual([]);
    await vi.advanceTimersByTimeAsync(2000);
    expect(seen.frozen[0]).toBe(30_000);
    life.stop();
  });
});

test('any byte counts: a server that sends is not looked at', async () => {
  const { life, seen } = watch(never);
  for (let s = 0; s < 100; s += 2) {
    life.hear();
    await vi.advanceTimersByTimeAsync(2000);
  }
  expect(seen).toMatchObject({ alive: 100, looks: 0, frozen: [] });
  life.stop();
});

test('while nothing is read of it its silence is not its own', async () => {
  const { life, seen } = watch(never);
  life.hold(true);
  await vi.advanceTimersByTimeAsync(100_000);
  expect(seen).toMatchObject({ alive: 100, looks: 0, frozen: [] });
  life.hold(false);
  await vi.advanceTimersByTimeAsync(31_000);
  expect(seen.frozen).toHaveLength(1);
  life.stop();
});

test('before and after an answer the agent is at work: it tells, looks at nothing and gives nothing up', async () => {
  const { life, seen } = watch(never);
  life.rest();
  await vi.advanceTimersByTimeAsync(100_000);
  expect(seen).toMatchObject({ alive: 100, looks: 0, frozen: [] });
  life.attend((silentMs) => void seen.frozen.push(silentMs));
  await vi.advanceTimersByTimeAsync(31_000);
  expect(seen.frozen).toEqual([30_000]);
  life.stop();
});
