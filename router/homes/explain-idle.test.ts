import { expect, test } from 'vitest';
import { PASSED_OVER } from '../../schema/placement.ts';
import { pauseReasonSchema } from '../../schema/frames-to-hub.ts';
import { explainIdle } from './explain-idle.ts';
import type { IdleMinute } from './read-minute.ts';

const T0 = Date.parse('2026-11-01T14:00:00Z');
const FACTS = { goneSinceAt: null };
const LLAMA = { listed: ['llama-3'], listedCount: 1, own: [], ownCount: 0 };

function minute(index: number, some: Partial<IdleMinute>): IdleMinute {
  const plain = { paused: null, coolingUntilAt: null, coolingReason: null, jobs: 0, why: {}, offered: LLAMA };
  return { at: T0 + index * 60_000, kind: 'quiet', ...plain, ...some };
}

test('minutes that say the same become one span, and a gap or another reason begins the next', () => {
  const { minutes } = explainIdle(
    [
      minute(0, {}),
      minute(1, {}),
      minute(2, { kind: 'job' }),
      minute(3, { kind: 'paused', paused: 'owner' }),
      minute(4, { kind: 'paused', paused: 'battery' }),
      minute(6, { kind: 'paused', paused: 'battery' }),
    ],
    FACTS,
  );
  expect(minutes.map(({ from, to, reason }) => [(from - T0) / 60_000, (to - T0) / 60_000, reason])).toEqual([
    [0, 2, 'quiet'],
    [2, 3, 'job'],
    [3, 4, 'paused:owner'],
    [4, 5, 'paused:battery'],
    [6, 7, 'paused:battery'],
  ]);
});

test('the words say what happened, with counts and the models that nobody called', () => {
  const story = explainIdle(
    [
      minute(0, {}),
      minute(1, { kind: 'passed', why: { farther: 2 } }),
      minute(2, { kind: 'passed', why: { farther: 1, 'earned-more': 1 } }),
      minute(3, {
        kind: 'cooling',
        coolingUntilAt: T0 + 600_000,
        coolingReason: 'three jobs broke off',
        why: { cooling: 1 },
      }),
      minute(4, { kind: 'offline' }),
    ],
    FACTS,
  );
  expect(story.minutes.map(({ text }) => text)).toEqual([
    'No call for its models (llama-3) came to this neighbourhood.',
    '4 calls for its models came and did not come to this home: 3 × the home that took it was closer to the caller; 1 × a home nearby that had earned less came first.',
    'Cooling down until 14:10 UTC: three jobs broke off; one call for its models came meanwhile.',
    'Not connected: the machine was off or asleep, the agent was stopped, or the internet was away.',
  ]);
  expect(story.summary).toBe(
    'No job in the last 5 minutes. Why: calls went elsewhere because the home that took it was closer to the caller (2 min), no call for its models came (1 min), cooling down after failures (1 min), not connected (1 min).',
  );
});

test('minutes without a call name what was offered then, for programs too', () => {
  const own = { listed: [], listedCount: 0, own: ['mine'], ownCount: 1 };
  const { minutes } = explainIdle([minute(0, {}), minute(1, { offered: own }), minute(2, { offered: null })], FACTS);
  expect(minutes.map(({ reason, models, modelCount }) => [reason, models, modelCount])).toEqual([
    ['quiet', ['llama-3'], 1],
    ['quiet:own-only', ['mine'], 1],
    ['quiet', undefined, undefined],
  ]);
});

test('a home that worked all the time needs no excuse', () => {
  const { summary } = explainIdle([minute(0, { kind: 'job' }), minute(1, { kind: 'job' })], FACTS);
  expect(summary).toBe('It worked in every one of the last 2 minutes.');
});

test('a home that is gone is told since when', () => {
  const { summary } = explainIdle([minute(0, { kind: 'offline' })], { goneSinceAt: T0 });
  expect(summary).toContain('not connected since 2026-11-01T14:00:00.000Z');
  expect(explainIdle([], FACTS).summary).toBe('Nothing is known of the last hour.');
});

test('a home that offers nothing, or many models, is told so', () => {
  const none = { listed: [], listedCount: 0, own: [], ownCount: 0 };
  expect(explainIdle([minute(0, { offered: none })], FACTS).minutes[0]).toMatchObject({
    reason: 'quiet:no-model',
    text: 'Connected, but it offered no model.',
  });
  const many = { ...none, listed: ['a', 'b', 'c', 'd'], listedCount: 5 };
  expect(explainIdle([minute(0, { offered: many })], FACTS).minutes[0]?.text).toContain('(a, b, c and 2 more)');
  const unknown = explainIdle([minute(0, { offered: null })], FACTS);
  expect(unknown.minutes[0]?.text).toBe('No call for its models came to this neighbourhood.');
});

test('of models that are in no catalogue it says that only the owner’s own calls come', () => {
  const own = { listed: [], listedCount: 0, own: ['nano-home'], ownCount: 1 };
  const story = explainIdle([minute(0, { offered: own })], FACTS);
  expect(story.minutes[0]).toMatchObject({
    reason: 'quiet:own-only',
    text: 'Only your own calls come here, and none came: its models (nano-home) are not in the catalogue.',
  });
  expect(story.summary).toContain('only your own calls come, since its models are not in the catalogue (1 min)');
});

test('each span names what was offered then, and another offer begins the next', () => {
  const other = { ...LLAMA, listed: ['qwen-3'] };
  const none = { listed: [], listedCount: 0, own: [], ownCount: 0 };
  const texts = [minute(0, { offered: none }), minute(1, {}), minute(2, {}), minute(3, { offered: other })];
  expect(explainIdle(texts, FACTS).minutes.map(({ text }) => text)).toEqual([
    'Connected, but it offered no model.',
    'No call for its models (llama-3) came to this neighbourhood.',
    'No call for its models (qwen-3) came to this neighbourhood.',
  ]);
});

test('every pause and every reason for passing over has its own sentence', () => {
  const pauses = pauseReasonSchema.options.map((paused, index) => minute(index, { kind: 'paused', paused }));
  const passed = PASSED_OVER.map((why, index) => minute(100 + index, { kind: 'passed', why: { [why]: 1 } }));
  const texts = explainIdle([...pauses, ...passed], FACTS).minutes.map(({ text }) => text);
  expect(new Set(texts).size).toBe(pauses.length + passed.length);
  for (const text of texts) expect(text).toMatch(/^[A-Z].*\.$/);
});
