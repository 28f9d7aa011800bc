import { expect, test } from 'vitest';
import { speedClassOf } from '../../schema/placement.ts';
import { expectGrams, expectJoules, tellGreens } from './expect-grams.ts';
import type { GreenHome, TellingRow } from './expect-grams.ts';

const CARD = { slots: 8, promptTokensPerS: 8000, decodeTokensPerS: 130, loadMs: 0, rttMs: 10, workW: 400 };
const home = (facts: Partial<GreenHome> = {}): GreenHome => ({
  ...CARD,
  active: 0,
  pendingPromptTokens: 0,
  cachedTokens: 0,
  place: { country: 'FR' },
  ...facts,
});
const SIZE = { promptTokens: 1000, outputTokens: 200 };

test('alone an answer takes its prompt at full power and its stream at what the card draws for one', () => {
  // 125 ms at 400 W; 200 tokens at 130 a second at 400 × (0.75 + 0.25 / 8) W.
  expect(expectJoules(home(), SIZE)).toBeCloseTo(50 + (200 / 130) * 400 * 0.78125, 6);
});

test('where a card works already an answer takes less, the fuller the less', () => {
  const joules = [0, 1, 3, 7].map((active) => expectJoules(home({ active }), SIZE));
  expect(joules).toEqual(joules.toSorted((a, b) => b - a));
  expect(joules[3]).toBeLessThan(0.4 * (joules[0] ?? 0));
  // A full one takes no more streams than it has slots.
  expect(expectJoules(home({ active: 8 }), SIZE)).toBe(joules[3]);
});

test('reading weights from disk takes energy too', () => {
  expect(expectJoules(home({ loadMs: 5000 }), SIZE)).toBeCloseTo(expectJoules(home(), SIZE) + 5 * 0.2 * 400, 6);
});

test('grams go by the grid', () => {
  const [france = 0, poland = 0] = ['FR', 'PL'].map((country) => expectGrams(home({ place: { country } }), SIZE));
  expect(france).toBeGreaterThan(0.004);
  expect(france).toBeLessThan(0.01);
  expect(poland).toBeGreaterThan(8 * france);
});

test('of what nobody knows the worst is thought: silence makes nobody green', () => {
  const grams = (facts: Partial<GreenHome>): number => expectGrams(home(facts), SIZE);
  expect(grams({ workW: null })).toBeGreaterThan(grams({}));
  expect(grams({ place: { country: 'XX' } })).toBeGreaterThan(grams({ place: { country: 'PL' } }));
});

test('a hub tells micrograms by speed class, of the greenest home that has the model in memory', () => {
  const row = (country: string, facts: Partial<TellingRow> = {}): TellingRow => ({ ...CARD, country, ...facts });
  const slow = { slots: 2, promptTokensPerS: 500, decodeTokensPerS: 40 };
  const greens = tellGreens([row('PL'), row('FR'), row('NO', { loadMs: 3000 }), row('DE', slow)]);
  expect(Object.keys(greens).toSorted()).toEqual([speedClassOf(CARD), speedClassOf(slow)].toSorted());
  const usual = 1e6 * expectGrams(home({ active: 6 }), SIZE);
  expect(greens[speedClassOf(CARD)]).toBeCloseTo(usual, -2);
  expect(tellGreens([row('FR', { decodeTokensPerS: Number.NaN })])).toEqual({});
});
