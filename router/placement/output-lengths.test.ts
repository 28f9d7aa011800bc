import { expect, test } from 'vitest';
import { OutputLengths } from './output-lengths.ts';

test('an unknown key and model are expected to give 200 tokens, within the limit', () => {
  const lengths = new OutputLengths();
  expect(lengths.expect('key_a', 'm', 1000)).toBe(200);
  expect(lengths.expect('key_a', 'm', 64)).toBe(64);
});

test('what a key’s answers hold is learned for that key and model alone', () => {
  const lengths = new OutputLengths();
  for (let i = 0; i < 40; i++) lengths.note('key_a', 'm', 20);
  expect(lengths.expect('key_a', 'm', 1000)).toBeLessThan(40);
  expect(lengths.expect('key_a', 'other', 1000)).toBe(200);
  expect(lengths.expect('key_b', 'm', 1000)).toBe(200);
});

test('new habits outweigh old ones', () => {
  const lengths = new OutputLengths();
  for (let i = 0; i < 100; i++) lengths.note('key_a', 'm', 20);
  for (let i = 0; i < 100; i++) lengths.note('key_a', 'm', 800);
  expect(lengths.expect('key_a', 'm', 10_000)).toBeGreaterThan(700);
});

test('there is room for many keys, not for all', () => {
  const lengths = new OutputLengths();
  for (let i = 0; i < 6000; i++) for (let k = 0; k < 3; k++) lengths.note(`key_${i}`, 'm', 20);
  expect(lengths.expect('key_0', 'm', 1000)).toBe(200);
  expect(lengths.expect('key_5999', 'm', 1000)).toBeLessThan(200);
});
