import { expect, test } from 'vitest';
import { splitUnit } from './split-unit.ts';

test('a unit is told from its figure; words, dates and plain figures are whole', () => {
  expect(splitUnit('999.94 credits')).toEqual(['999.94', 'credits']);
  expect(splitUnit('0.0733 Wh')).toEqual(['0.0733', 'Wh']);
  expect(splitUnit('-3.00 クレジット')).toEqual(['-3.00', 'クレジット']);
  for (const whole of ['1,234', '29 Nov 2026', 'no limit', '–', '0 / 4'])
    expect(splitUnit(whole)).toEqual([whole, null]);
});
