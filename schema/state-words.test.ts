import { expect, test } from 'vitest';
import { pauseReasonSchema } from './frames-to-hub.ts';
import { HOME_STATES, STATE_WORDS, tellState } from './state-words.ts';

test('every state and every reason has a sentence of its own, one clause for the past, and at most one thing to do', () => {
  const words = [...HOME_STATES, ...pauseReasonSchema.options];
  expect(Object.keys(STATE_WORDS).toSorted()).toEqual(words.toSorted());
  expect(new Set(words.map((word) => STATE_WORDS[word].told)).size).toBe(words.length);
  for (const word of words) {
    const { told, was, action } = STATE_WORDS[word];
    expect(told).toMatch(/^[A-Z].*\.$/);
    expect(was).toMatch(/^[a-z].*[^.]$/);
    expect(action ?? 'None.').toMatch(/^[A-Z].*\.$/);
    for (const text of [told, action ?? '']) expect(text.length).toBeLessThanOrEqual(80);
  }
});

test('a word of a later version is told as it is', () => {
  expect(tellState('battery')).toBe('The machine runs on battery.');
  expect(tellState('moon-phase')).toBe('moon-phase');
});
