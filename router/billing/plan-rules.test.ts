import { expect, test } from 'vitest';
import { planRules } from './plan-rules.ts';

const TENTH = { feeBps: 1000, bonusBps: 10_000 };
const EIGHT = { feeBps: 800, bonusBps: 10_000 };
const SEVEN = { feeBps: 700, bonusBps: 5000 };
const START = [{ fromEpoch: 0, ...TENTH }];

test('what the network starts with counts from its first epoch on', () => {
  expect(planRules([], { values: TENTH, next: null }, 40)).toEqual(START);
  expect(planRules(START, { values: TENTH, next: null }, 41)).toEqual(START);
});

test('a change that was voted for stands from its epoch on, before and after it has come', () => {
  const next = { fromEpoch: 50, ...EIGHT };
  const planned = planRules(START, { values: TENTH, next }, 48);
  expect(planned).toEqual([...START, next]);
  expect(planRules(planned, { values: TENTH, next }, 50)).toEqual(planned);
  expect(planRules(planned, { values: TENTH, next }, 90)).toEqual(planned);
});

test('a coming change is replaced by the next vote, and taken back by a chain that has lost it', () => {
  const planned = [...START, { fromEpoch: 50, ...EIGHT }];
  const other = { fromEpoch: 60, ...SEVEN };
  expect(planRules(planned, { values: TENTH, next: other }, 48)).toEqual([...START, other]);
  expect(planRules(planned, { values: TENTH, next: null }, 48)).toEqual(START);
});

test('a change that was seen late stands where the vote has put it; one that nobody saw, from now on', () => {
  const next = { fromEpoch: 50, ...EIGHT };
  expect(planRules(START, { values: TENTH, next }, 55)).toEqual([...START, next]);
  expect(planRules([], { values: TENTH, next }, 55)).toEqual([next]);
  const after = planRules(START, { values: EIGHT, next: { fromEpoch: 70, ...SEVEN } }, 60);
  expect(after).toEqual([...START, { fromEpoch: 60, ...EIGHT }, { fromEpoch: 70, ...SEVEN }]);
});

test('what is past is never rewritten', () => {
  const known = [...START, { fromEpoch: 50, ...EIGHT }, { fromEpoch: 60, ...SEVEN }];
  expect(planRules(known, { values: EIGHT, next: { fromEpoch: 60, ...SEVEN } }, 61)).toEqual(known);
});
