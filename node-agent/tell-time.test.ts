import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findMidnight, tellClock, tellCount, tellSpan, tellStamp, tellWhen } from './tell-time.ts';

const AT = Date.UTC(2026, 10, 28, 8, 5, 9);

describe('times for the owner', () => {
  const before = process.env['TZ'];
  beforeEach(() => {
    process.env['TZ'] = 'Asia/Tokyo';
  });
  afterEach(() => {
    if (before === undefined) delete process.env['TZ'];
    else process.env['TZ'] = before;
  });

  test('are those of this machine, in 24 hours', () => {
    expect(tellClock(AT)).toBe('17:05');
    expect(tellWhen(AT, AT + 3_600_000)).toBe('17:05');
    expect(tellWhen(AT, AT + 7 * 3_600_000)).toBe('28 Nov 17:05');
    expect(tellWhen(AT, AT + 60 * 86_400_000)).toBe('28 Nov 2026 17:05');
    expect(tellStamp(AT)).toBe('2026-11-28 17:05:09+09:00');
    expect(Date.parse(tellStamp(AT))).toBe(AT);
    expect(findMidnight(AT)).toBe(Date.UTC(2026, 10, 27, 15));
  });

  test('a zone behind, and half an hour, are told too', () => {
    process.env['TZ'] = 'America/St_Johns';
    expect(tellStamp(AT)).toBe('2026-11-28 04:35:09-03:30');
  });

  test.each([
    [400, '0 s'],
    [29_466, '29 s'],
    [119_000, '2 min'],
    [3_600_000, '1 h'],
    [7_500_000, '2 h 5 min'],
    [100 * 3_600_000, '4 d 4 h'],
    [48 * 3_600_000, '2 d'],
  ])('%i ms are %s', (ms, told) => {
    expect(tellSpan(ms)).toBe(told);
  });

  test('counts have commas', () => {
    expect([0, 999, 1000, 1_234_567].map(tellCount)).toEqual(['0', '999', '1,000', '1,234,567']);
  });
});
