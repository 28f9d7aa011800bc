import { expect, test } from 'vitest';
import { tellIgnored } from './tell-ignored.ts';

test('names stand as they are, each once', () => {
  expect(tellIgnored([])).toBe('');
  expect(tellIgnored(['top_k', 'tools[0].format', 'top_k'])).toBe('top_k, tools[0].format');
});

test('nothing of a name can end the header, begin another or add a name', () => {
  expect(tellIgnored(['a\r\nx: y', 'b,c', '囲', '\ud800'])).toBe('a%0D%0Ax%3A%20y, b%2Cc, %E5%9B%B2, %EF%BF%BD');
});

test('it ends before it is too long for clients', () => {
  const told = tellIgnored(Array.from({ length: 100 }, (_, i) => `${i}${'囲'.repeat(99)}`));
  expect(told.length).toBeLessThanOrEqual(2000);
  expect(told.split(', ').length).toBe(3);
});
