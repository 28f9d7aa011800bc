import { describe, expect, test } from 'vitest';
import { findTimeOfDay } from './find-time-of-day.ts';
import { parsePause } from './parse-pause.ts';

const NOW = new Date(2026, 10, 28, 17, 5).getTime();
const SEVEN = new Date(2026, 10, 29, 7, 0).getTime();

describe('what stands behind pause', () => {
  test.each([
    [[], { forMs: null, untilAt: null, when: 'now' }],
    [['now'], { forMs: null, untilAt: null, when: 'now' }],
    [['after-job'], { forMs: null, untilAt: null, when: 'after-job' }],
    [['30m'], { forMs: 1_800_000, untilAt: null, when: 'now' }],
    [['for', '1h'], { forMs: 3_600_000, untilAt: null, when: 'now' }],
    [['after-job', '1H'], { forMs: 3_600_000, untilAt: null, when: 'after-job' }],
    [['until', '07:00'], { forMs: null, untilAt: SEVEN, when: 'now' }],
    [['7:00'], { forMs: null, untilAt: SEVEN, when: 'now' }],
  ] as const)('%j', (words, wish) => {
    expect(parsePause(words, null, NOW)).toEqual({ ok: true, value: wish });
  });

  test('--for is the same as the bare word', () => {
    expect(parsePause([], '30m', NOW)).toEqual(parsePause(['30m'], null, NOW));
    expect(parsePause(['1h'], '30m', NOW)).toMatchObject({ ok: false });
  });

  test.each([[['until']], [['until', 'noon']], [['until', '25:00']], [['ever']], [['30m', '1h']], [['20d']]])(
    '%j is refused with the forms that are taken',
    (words) => {
      expect(parsePause(words, null, NOW)).toMatchObject({ ok: false, error: expect.stringMatching(/\d|until/) });
    },
  );
});

test('a time of day is the next one, or the last one', () => {
  expect(findTimeOfDay('17:05', NOW, 'next')).toBe(NOW + 86_400_000);
  expect(findTimeOfDay('17:05', NOW, 'last')).toBe(NOW);
  expect(findTimeOfDay('18:00', NOW, 'last')).toBe(NOW + 55 * 60_000 - 86_400_000);
  expect(findTimeOfDay('18', NOW, 'next')).toBeNull();
});
