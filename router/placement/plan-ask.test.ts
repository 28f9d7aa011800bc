import { describe, expect, test } from 'vitest';
import { MAX_ASKS, isFarWorth, planAsk } from './plan-ask.ts';
import type { Quote } from './plan-ask.ts';
import type { RankedHub } from './rank-hubs.ts';

const best = (facts: Partial<RankedHub> = {}): RankedHub => ({
  hub: 'next',
  preferNodeId: 'node_next',
  edgeRttMs: 10,
  scoreMs: 300,
  km: 1,
  keeps: true,
  ...facts,
});
const quote = (hub: string, scoreMs: number): Quote => ({ hub, scoreMs, edgeRttMs: 20 });
const early = { asks: 1, hasFallbacks: true };
const late = { asks: MAX_ASKS - 1, hasFallbacks: true };

describe('the next ask', () => {
  test('goes to the best hub, without insisting', () => {
    expect(planAsk(best(), [], early)).toEqual({
      hub: 'next',
      preferNodeId: 'node_next',
      edgeRttMs: 10,
      isForced: false,
    });
  });

  test('goes to another hub only where that is better than every quote, its round trip counted twice', () => {
    const quotes = [quote('a', 1500), quote('b', 900)];
    expect(planAsk(best({ scoreMs: 800 }), quotes, early)).toMatchObject({ hub: 'next', isForced: false });
    expect(planAsk(best({ scoreMs: 800, edgeRttMs: 150 }), quotes, early)).toMatchObject({ hub: 'b', isForced: true });
    expect(planAsk(best({ keeps: false, scoreMs: 1000 }), quotes, early)).toEqual({
      hub: 'b',
      preferNodeId: null,
      edgeRttMs: 20,
      isForced: true,
    });
  });

  test('goes to where the caller’s ordered homes are, whatever strangers quoted', () => {
    const quotes = [quote('a', 300)];
    expect(planAsk(best({ scoreMs: 900 }), quotes, { ...early, isOrdered: true })).toMatchObject({ hub: 'next' });
    expect(planAsk(best({ scoreMs: 900 }), quotes, { ...late, isOrdered: true })).toMatchObject({ hub: 'a' });
  });

  test('at the end presses the lowest quote, and an unknown hub only where nobody quoted', () => {
    expect(planAsk(best(), [quote('a', 1500)], late)).toMatchObject({ hub: 'a', isForced: true });
    expect(planAsk(best(), [], late)).toMatchObject({ hub: 'next', isForced: true });
    expect(planAsk(best(), [], { asks: 0, hasFallbacks: false })).toMatchObject({ hub: 'next', isForced: true });
  });

  test('is none where nobody is left and nobody quoted', () => {
    expect(planAsk(null, [], early)).toBeNull();
    expect(planAsk(null, [quote('a', 9000)], early)).toMatchObject({ hub: 'a', isForced: true });
  });
});

test('farther hubs are looked at where no quote is fair', () => {
  expect(isFarWorth([])).toBe(true);
  expect(isFarWorth([quote('a', 1501), quote('b', 9000)])).toBe(true);
  expect(isFarWorth([quote('a', 1500), quote('b', 9000)])).toBe(false);
});
