import { expect, test } from 'vitest';
import { StandingClock } from './standing-clock.ts';

test('a word counts from its first look on', () => {
  const clock = new StandingClock(100);
  clock.note({ word: 'idle', jobs: 0, now: 200 });
  clock.note({ word: 'idle', jobs: 0, now: 300 });
  expect([clock.word, clock.sinceAt, clock.idleSinceAt]).toEqual(['idle', 200, 200]);
  clock.note({ word: 'owner', jobs: 0, now: 400 });
  expect([clock.word, clock.sinceAt, clock.idleSinceAt]).toEqual(['owner', 400, null]);
});

test('a job between two looks begins the wait for the next one anew', () => {
  const clock = new StandingClock(0);
  clock.note({ word: 'idle', jobs: 0, now: 200 });
  clock.note({ word: 'idle', jobs: 1, now: 900 });
  expect([clock.sinceAt, clock.idleSinceAt]).toEqual([200, 900]);
});

test('fewer jobs at once are a wait for a call too', () => {
  const clock = new StandingClock(0);
  clock.note({ word: 'idle', jobs: 0, now: 200 });
  clock.note({ word: 'eco', jobs: 0, now: 500 });
  expect([clock.sinceAt, clock.idleSinceAt]).toEqual([500, 200]);
});
