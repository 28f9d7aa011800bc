import { expect, test } from 'vitest';
import { buildDay, DAY_MINUTES } from './build-day.ts';

const MIN = 60_000;
const NOW = 2000 * MIN + 5;
const END = 2001 * MIN;
const iso = (at: number): string => new Date(at).toISOString();

test('a day of which nobody knows is one span without a gap', () => {
  expect(buildDay({ own: [], told: [], now: NOW })).toEqual([
    {
      from: iso(END - DAY_MINUTES * MIN),
      to: iso(END),
      reason: 'not-running',
      text: null,
      models: null,
      modelCount: null,
    },
  ]);
});

test('waiting for a call is told as the router knows it: no demand, or passed over', () => {
  const spans = buildDay({
    own: [
      { from: 1900 * MIN, to: 1990 * MIN, word: 'idle' },
      { from: 1990 * MIN, to: NOW, word: 'owner' },
    ],
    told: [
      { from: 1941 * MIN, to: 1980 * MIN, reason: 'quiet', text: 'No call came.' },
      { from: 1980 * MIN, to: 1990 * MIN, reason: 'passed:farther', text: 'Closer.' },
      { from: 1990 * MIN, to: NOW, reason: 'quiet', text: 'No call came.' },
    ],
    now: NOW,
  });
  expect(spans.slice(1).map(({ from, reason, text }) => [from, reason, text])).toEqual([
    [iso(1900 * MIN), 'idle', null],
    [iso(1941 * MIN), 'no-demand', 'No call came.'],
    [iso(1980 * MIN), 'passed:farther', 'Closer.'],
    [iso(1990 * MIN), 'owner', null],
  ]);
  expect(spans.at(-1)?.to).toBe(iso(END));
});

test('minutes without a call keep what was offered then, and another offer is another span', () => {
  const spans = buildDay({
    own: [{ from: 1900 * MIN, to: NOW, word: 'idle' }],
    told: [
      { from: 1941 * MIN, to: 1960 * MIN, reason: 'quiet', text: 'None.', models: ['a', 'b'], modelCount: 5 },
      { from: 1960 * MIN, to: 1980 * MIN, reason: 'quiet', text: 'None.', models: ['c'] },
      { from: 1980 * MIN, to: 1990 * MIN, reason: 'quiet:own-only', text: 'Own.', models: ['c'] },
      { from: 1990 * MIN, to: NOW, reason: 'quiet:no-model', text: 'No model.' },
    ],
    now: NOW,
  });
  expect(spans.slice(2).map(({ reason, models, modelCount }) => [reason, models, modelCount])).toEqual([
    ['no-demand', ['a', 'b'], 5],
    ['no-demand', ['c'], 1],
    ['own-only', ['c'], 1],
    ['no-model', null, null],
  ]);
});

test('what the agent cannot know of itself the router fills in, in the same words', () => {
  const told = [
    { from: 1950 * MIN, to: 1960 * MIN, reason: 'paused:battery', text: 'Paused.' },
    { from: 1960 * MIN, to: 1970 * MIN, reason: 'job', text: 'It worked.' },
    { from: 1970 * MIN, to: 1980 * MIN, reason: 'offline', text: 'Away.' },
    { from: 1980 * MIN, to: 2001 * MIN, reason: 'cooling', text: 'Cooling.' },
  ];
  const reasons = buildDay({ own: [], told, now: NOW }).map(({ reason }) => reason);
  expect(reasons).toEqual(['not-running', 'battery', 'busy', 'not-running', 'cooling']);
});

test('in the minute in which it came back the home was there, though the router has it as away', () => {
  const spans = buildDay({
    own: [{ from: 1900 * MIN, to: NOW, word: 'idle' }],
    told: [{ from: 1941 * MIN, to: 1950 * MIN, reason: 'offline', text: 'Away.' }],
    now: NOW,
  });
  expect(spans.slice(2).map(({ from, reason }) => [from, reason])).toEqual([
    [iso(1941 * MIN), 'offline'],
    [iso(1949 * MIN), 'idle'],
  ]);
});

test('a reason that only later routers know stays as it is, whatever it is called', () => {
  const told = [{ from: 1950 * MIN, to: 2001 * MIN, reason: 'constructor', text: 'New.' }];
  expect(buildDay({ own: [], told, now: NOW }).at(-1)).toMatchObject({ reason: 'constructor', text: 'New.' });
});

test('spans before the day, and halves of minutes, do no harm', () => {
  const own = [
    { from: 0, to: 600 * MIN, word: 'idle' },
    { from: NOW - 1, to: NOW, word: 'busy' },
  ];
  const spans = buildDay({ own, told: [], now: NOW });
  expect(spans.map(({ reason }) => reason)).toEqual(['idle', 'not-running', 'busy']);
});
