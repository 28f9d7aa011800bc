import { expect, test } from 'vitest';
import { STATE_WORDS } from '../../schema/state-words.ts';
import { chooseStanding } from './choose-standing.ts';
import type { StandingFacts } from './choose-standing.ts';

const facts = (change: Partial<StandingFacts> = {}): StandingFacts => ({
  link: 'connected',
  paused: null,
  running: 0,
  isEco: false,
  ...change,
});

test.each([
  [facts(), 'idle'],
  [facts({ running: 2 }), 'busy'],
  [facts({ running: 2, isEco: true }), 'busy'],
  [facts({ isEco: true }), 'eco'],
  [facts({ link: 'waiting', running: 1 }), 'offline'],
  [facts({ link: 'waiting', paused: 'owner' }), 'owner'],
  [facts({ link: 'starting' }), 'starting'],
  [facts({ link: 'a word of a later version' }), 'offline'],
  [facts({ link: 'dialling' }), 'starting'],
  [facts({ paused: 'temperature', running: 1 }), 'temperature'],
] as const)('%o is told as %s', (given, word) => {
  expect(chooseStanding(given)).toBe(word);
});

test('each word has a sentence that ends, and no action shouts', () => {
  for (const { told, action } of Object.values(STATE_WORDS)) {
    expect(told).toMatch(/^[A-Z].*\.$/);
    expect(action ?? 'None.').toMatch(/^[A-Z].*\.$/);
    expect(`${told}${action ?? ''}`).not.toContain('!');
  }
});
