import { expect, test } from 'vitest';
import { tellStamp } from '../tell-time.ts';
import { chooseLogLines, readLogTime } from './choose-log-lines.ts';

const AT = Date.UTC(2026, 10, 28, 8, 5, 9);

test('lines for people and for programs tell their time', () => {
  expect(readLogTime(`${tellStamp(AT)} connected hub=h`)).toBe(AT);
  expect(readLogTime('{"time":"2026-11-28T08:05:09.000Z","level":"info"}')).toBe(AT);
  expect(readLogTime('  at nowhere')).toBeNull();
  expect(readLogTime('9999-99-99 99:99:99+99:99 x')).toBeNull();
});

test('from a time on all lines are told, also those that tell none', () => {
  const lines = [`${tellStamp(AT - 9000)} old`, 'more of it', `${tellStamp(AT)} new`, 'more of that'];
  expect(chooseLogLines(lines, AT - 1000)).toEqual(lines.slice(2));
  expect(chooseLogLines(lines, 0)).toEqual(lines);
  expect(chooseLogLines(lines, AT + 1)).toEqual([]);
});
