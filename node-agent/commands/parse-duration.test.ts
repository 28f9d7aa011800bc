import { describe, expect, test } from 'vitest';
import { parseDuration } from './parse-duration.ts';

describe('a length of time', () => {
  test.each([
    ['90s', 90_000],
    ['30m', 1_800_000],
    ['2H', 7_200_000],
    ['1.5h', 5_400_000],
    ['1d', 86_400_000],
  ])('%s', (text, ms) => {
    expect(parseDuration(text)).toEqual({ ok: true, value: ms });
  });

  test.each(['30', 'm', '0m', '-5m', '1w', '', '30 minutes', '1e3s'])(
    "'%s' is none, and the error says what is",
    (text) => {
      expect(parseDuration(text)).toEqual({ ok: false, error: expect.stringContaining('30m') });
    },
  );

  test('longer than two weeks is refused', () => {
    expect(parseDuration('15d')).toMatchObject({ ok: false, error: expect.stringContaining('Stop the agent') });
  });
});
