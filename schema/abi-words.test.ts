// What strangers put on the chain, read word by word.
import { expect, test } from 'vitest';
import { AbiWords, makeWord } from './abi-words.ts';

const listOf = (count: number, length = count): AbiWords =>
  new AbiWords(`0x${[32, length, ...Array.from({ length: count }, (_, i) => i)].map((n) => makeWord(n)).join('')}`);
const read = (words: AbiWords): number[] => words.list(0, (items, place) => items.number(place));

test('a proposal of thousands of calls is read like any other', () => {
  expect(read(listOf(5000))).toHaveLength(5000);
});

test('a list that says to be longer than it is, or than anything can be, is none', () => {
  expect(() => read(listOf(3, 4))).toThrow('there is no word 3');
  expect(() => read(listOf(3, 10_001))).toThrow('is too long');
  expect(() => read(listOf(3, Number.MAX_SAFE_INTEGER))).toThrow(RangeError);
});
