import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectFirstToken, expectFreeSlotMs } from './expect-first-token.ts';
import type { ForecastHome } from './expect-first-token.ts';
import { keepsPromise, scoreHome } from './score-home.ts';

const idle: ForecastHome = {
  slots: 4,
  active: 0,
  pendingPromptTokens: 0,
  promptTokensPerS: 1000,
  decodeTokensPerS: 50,
  loadMs: 0,
  rttMs: 30,
  cachedTokens: 0,
};
const size = { promptTokens: 500, outputTokens: 100 };

describe('expectFirstToken', () => {
  test('an idle home: round trips, prompt, one step', () => {
    expect(expectFirstToken(idle, size, 20)).toEqual({
      ttftMs: 570,
      rttMs: 50,
      waitMs: 0,
      loadMs: 0,
      promptMs: 500,
      decodeMs: 20,
      tokensPerS: 50,
      streamMs: 2000,
    });
  });

  test('a busy home works on prompts a quarter longer and shares its steps', () => {
    const busy = expectFirstToken({ ...idle, active: 1, pendingPromptTokens: 200 }, size, 0);
    expect(busy).toMatchObject({ waitMs: 250, promptMs: 625 });
    // Two streams together are 1.43 times one.
    expect(busy.tokensPerS).toBeCloseTo((50 * 1.43) / 2);
  });

  test('what it still holds of the prompt costs nothing, but for the last token', () => {
    expect(expectFirstToken({ ...idle, cachedTokens: 400 }, size, 0).promptMs).toBe(100);
    expect(expectFirstToken(idle, size, 0, 9000).promptMs).toBe(1);
  });

  test('loading counts in full', () => {
    expect(expectFirstToken({ ...idle, loadMs: 3000 }, size, 0).ttftMs).toBe(3550);
  });

  test('a full home waits for its first slot', () => {
    const full = { ...idle, active: 4 };
    expect(expectFreeSlotMs(idle, size)).toBe(0);
    expect(expectFreeSlotMs(full, size)).toBeCloseTo((100 / ((50 * 2.29) / 4) / 5) * 1000);
    expect(expectFirstToken(full, size, 0).waitMs).toBeCloseTo(expectFreeSlotMs(full, size));
  });

  test('a speed of nothing is slow, not infinite', () => {
    const { ttftMs } = expectFirstToken({ ...idle, promptTokensPerS: 0, decodeTokensPerS: 0 }, size, 0);
    expect(Number.isFinite(ttftMs)).toBe(true);
  });

  test('more work never makes it sooner', () => {
    const active = fc.integer({ min: 0, max: 6 });
    fc.assert(
      fc.property(active, active, fc.nat(5000), fc.nat(5000), (a, b, pending, more) => {
        const less = { ...idle, active: Math.min(a, b), pendingPromptTokens: pending };
        const much = { ...idle, active: Math.max(a, b), pendingPromptTokens: pending + more };
        const [x, y] = [expectFirstToken(less, size, 0), expectFirstToken(much, size, 0)];
        expect(y.ttftMs).toBeGreaterThanOrEqual(x.ttftMs - 1e-6);
        expect(y.tokensPerS).toBeLessThanOrEqual(x.tokensPerS + 1e-6);
      }),
    );
  });
});

describe('scoreHome and keepsPromise', () => {
  test('a score is the first token, a tenth of the stream and five seconds for a failure', () => {
    expect(scoreHome({ ttftMs: 300, streamMs: 2000 }, 0.02)).toBe(600);
  });

  test('both halves of the promise have to be kept, and exactly is enough', () => {
    const wish = { maxTtftMs: 800, minTokensPerS: 30 };
    expect(keepsPromise({ ttftMs: 800, tokensPerS: 30 }, wish)).toBe(true);
    expect(keepsPromise({ ttftMs: 801, tokensPerS: 30 }, wish)).toBe(false);
    expect(keepsPromise({ ttftMs: 800, tokensPerS: 29 }, wish)).toBe(false);
  });
});
