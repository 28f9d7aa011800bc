import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RateWindow } from './rate-window.ts';

const MINUTE = 60_000;
const START = 1_800_000_000_000;
const limits = { requests: 3, tokens: 100 };

test('within any minute no more begins than may, and what is refused fits at the very time that was told, and no step before', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ ms: fc.integer({ min: 0, max: 40_000 }), tokens: fc.integer({ min: 1, max: 100 }) }), {
        minLength: 5,
        maxLength: 40,
      }),
      (calls) => {
        const window = new RateWindow(MINUTE);
        const faults: string[] = [];
        const begun: { at: number; tokens: number }[] = [];
        let now = START;
        for (const { ms, tokens } of calls) {
          now += ms;
          const use = { requests: 1, tokens };
          // Where requests fit at last, tokens may not.
          for (let wait = window.judge(use, limits, now); wait; wait = window.judge(use, limits, now)) {
            const { of, retryMs } = wait;
            const early = window.judge(use, limits, now + (retryMs ?? 0) - 1);
            if (early?.of !== of) faults.push(`${of} fits before it was told`);
            now += retryMs ?? 0;
            if (window.judge(use, limits, now)?.of === of) faults.push(`${of} does not fit when it was told`);
          }
          expect(faults).toEqual([]);
          window.take(use, now);
          begun.push({ at: now, tokens });
          const lately = begun.filter(({ at }) => at > now - MINUTE);
          expect(lately.length).toBeLessThanOrEqual(limits.requests);
          expect(lately.reduce((sum, one) => sum + one.tokens, 0)).toBeLessThanOrEqual(limits.tokens);
        }
      },
    ),
  );
});

test('a call is forgotten a minute and at most a second after it', () => {
  const window = new RateWindow(MINUTE);
  for (let i = 0; i < 3; i++) window.take({ requests: 1, tokens: 1 }, START + i * 10_000);
  const refusal = window.judge({ requests: 1, tokens: 1 }, limits, START + 20_000);
  expect(refusal).toMatchObject({ of: 'requests', limit: 3, left: 0, asked: 1, retryMs: 41_000 });
  expect(window.judge({ requests: 1, tokens: 1 }, limits, START + 60_999)).not.toBeNull();
  expect(window.judge({ requests: 1, tokens: 1 }, limits, START + 61_000)).toBeNull();
  expect(window.isEmpty(START + 80_999)).toBe(false);
  expect(window.isEmpty(START + 81_000)).toBe(true);
});

test('what is larger than the limit never fits; a limit that is not there limits nothing', () => {
  const window = new RateWindow(MINUTE);
  expect(window.judge({ requests: 1, tokens: 101 }, limits, START)).toMatchObject({ of: 'tokens', retryMs: null });
  expect(window.judge({ requests: 1, tokens: 101 }, { requests: 1, tokens: null }, START)).toBeNull();
});

test('what turns out to be less, or more, counts so while its minute lasts, and nothing afterwards', () => {
  const window = new RateWindow(MINUTE);
  const step = window.take({ requests: 1, tokens: 90 }, START);
  expect(window.tell('tokens', 100, START)).toEqual({ limit: 100, left: 10, resetMs: 61_000 });
  window.correct(step, { requests: 0, tokens: -70 });
  expect(window.tell('tokens', 100, START + 30_000)).toEqual({ limit: 100, left: 80, resetMs: 31_000 });
  expect(window.tell('tokens', 100, START + 61_000)).toEqual({ limit: 100, left: 100, resetMs: 0 });
  window.correct(step, { requests: 0, tokens: 70 });
  expect(window.tell('tokens', 100, START + 61_000).left).toBe(100);
});

test('a clock that steps back begins no new minute', () => {
  const window = new RateWindow(MINUTE);
  for (const at of [START, START - 120_000, START - 5]) window.take({ requests: 1, tokens: 1 }, at);
  expect(window.judge({ requests: 1, tokens: 1 }, limits, START + 60_000)?.of).toBe('requests');
  expect(window.judge({ requests: 1, tokens: 1 }, limits, START + 61_000)).toBeNull();
});
