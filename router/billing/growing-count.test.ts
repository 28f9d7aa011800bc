import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Tokenizer } from '@huggingface/tokenizers';
import { findFirstSeam, findLastSeam } from './find-seam.ts';
import { GrowingCount } from './growing-count.ts';
import nano from './nano-tokenizer.json' with { type: 'json' };
import { findTokenizer } from './tokenizers.ts';

const tokenizer = new Tokenizer({ ...nano, added_tokens: [], post_processor: null }, {});
const encode = (text: string): number[] => tokenizer.encode(text, { add_special_tokens: false }).ids;
/** In one go, however long. */
const countAtOnce = (text: string): number => (text === '' ? 0 : encode(text).length);
const counter = findTokenizer('nano')!;

const awkward = [
  ' the',
  "don't",
  "'s",
  '  ',
  '\n\n',
  ' \n ',
  '囲炉裏、',
  '1234',
  ' 5',
  '…',
  '🔥',
  ').\n',
  'é',
  '\u00a0',
  '\u3000',
];
const piece = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 30 }), fc.constantFrom(...awkward));
const text = fc.array(piece, { maxLength: 30 }).map((all) => all.join(''));

describe('a seam', () => {
  test('is where both sides come to as many tokens as the whole', () => {
    fc.assert(
      fc.property(text, (whole) => {
        for (const at of [findFirstSeam(whole), findLastSeam(whole)])
          expect(countAtOnce(whole.slice(0, at)) + countAtOnce(whole.slice(at))).toBe(countAtOnce(whole));
      }),
      { numRuns: 3000 },
    );
  });

  test('stands between words, before white space and punctuation, and nowhere in a word or a row of spaces', () => {
    expect(findLastSeam('one two three')).toBe(7);
    expect(findFirstSeam('one two three')).toBe(3);
    expect(findLastSeam('囲炉裏、火')).toBe(3);
    expect(findLastSeam('one\n\n')).toBe(3);
    for (const whole of ['', 'word', '     ', '\n\n\n', '1234']) expect(findLastSeam(whole)).toBe(0);
  });
});

describe('a text that grows', () => {
  test('comes to the same as in one go, however it is cut', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 5 }), fc.integer({ min: 1, max: 60 }), (texts, repeats) => {
        const growing = counter.grow();
        const all = texts.flatMap((one) => Array.from({ length: repeats }, () => one));
        for (const one of all) growing.add(one);
        expect(growing.count()).toBe(countAtOnce(all.join('')));
        expect(growing.most).toBeGreaterThanOrEqual(growing.count());
      }),
      { numRuns: 60 },
    );
  });

  test('comes to the same at any length', () => {
    const line = 'Once upon a time there was a hearth, 囲炉裏 — in the middle of 3 homes.\n\n';
    const long = line.repeat(4000);
    expect(counter.countText(long)).toBe(countAtOnce(long));
  });

  test('counts a long row without a seam whole, and one that no writing has by its vocabulary’s longest token, never too high', () => {
    const row = 'ab'.repeat(8000);
    expect(counter.countText(row)).toBe(countAtOnce(row));
    const endless = 'ab'.repeat(50_000);
    expect(counter.countText(endless)).toBe(Math.ceil(100_000 / counter.longestBytes));
    const growing = counter.grow();
    for (let i = 0; i < 100; i++) growing.add('ab'.repeat(500));
    growing.add(' and a word');
    const least = Math.ceil(100_000 / counter.longestBytes) + countAtOnce(' and a word');
    expect(growing.count()).toBeLessThanOrEqual(countAtOnce(`${endless} and a word`));
    expect(growing.count()).toBeGreaterThanOrEqual(least - 1);
  });

  test('is counted in pieces: nothing is encoded twice but what waits for its end', () => {
    let encoded = 0;
    const growing = new GrowingCount((one) => {
      encoded += one.length;
      return [1];
    }, 8);
    for (let i = 0; i < 20_000; i++) growing.add(' word');
    growing.count();
    expect(encoded).toBe(100_000);
  });
});
