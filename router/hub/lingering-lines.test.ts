import { expect, test } from 'vitest';
import { MAX_LINGERING, MAX_LINGERING_OF_ADDRESS } from './door-limits.ts';
import { LingeringLines } from './lingering-lines.ts';

test('an address that leaves many lines standing opens no more until they have ended; others do', () => {
  const lines = new LingeringLines<number>();
  for (let i = 0; i < MAX_LINGERING_OF_ADDRESS; i++) lines.add(i, 'a');
  lines.add(0, 'a');
  expect([lines.size, lines.isFull('a'), lines.isFull('b'), lines.isFull('')]).toEqual([
    MAX_LINGERING_OF_ADDRESS,
    true,
    false,
    false,
  ]);
  lines.forget(3);
  lines.forget(3);
  expect(lines.isFull('a')).toBe(false);
});

test('addresses that nobody knows are one crowd, which only the whole bounds', () => {
  const lines = new LingeringLines<number>();
  for (let i = 0; i < MAX_LINGERING; i++) lines.add(i, '');
  expect([lines.isFull(''), lines.isFull('b')]).toEqual([true, true]);
  lines.forget(7);
  expect([lines.isFull(''), lines.isFull('b')]).toEqual([false, false]);
});
