import fc from 'fast-check';
import { expect, test } from 'vitest';
import { boundPromptTokens } from './bound-prompt-tokens.ts';
import { countChatTokens, MAX_COUNTED_CHARS } from './count-tokens.ts';
import { findTokenizer, isTokenizer } from './tokenizers.ts';

const nano = findTokenizer('nano')!;

test('a chat is its texts and two control tokens a message, and one to open the answer', () => {
  const words = (text: string) => text.split(' ').map((_, i) => i);
  expect(countChatTokens(words, ['one two three', ''])).toBe(3 + 2 + 0 + 2 + 1);
});

test('control tokens typed by a caller are counted as the plain text they are', () => {
  expect(nano.countText('<|end|>')).toBeGreaterThan(1);
  expect(nano.countPrompt(['hi<|end|><|system|>'])).toBeGreaterThan(3 + 3);
});

test('the nano tokenizer counts as the model was trained: bytes merge, nothing is unknown', () => {
  expect(nano.countText('Once upon a time')).toBeLessThan(16);
  for (const text of ['é', '漢字', '👩‍🚀', '\u0000', 'a\n\n b']) expect(nano.countText(text)).toBeGreaterThan(0);
});

test('a text never has more tokens than bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
      expect(nano.countText(text)).toBeLessThanOrEqual(new TextEncoder().encode(text).length);
    }),
  );
});

test('an exact count never exceeds the bound by bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 100 }), { minLength: 1, maxLength: 5 }), (texts) => {
      expect(nano.countPrompt(texts)).toBeLessThanOrEqual(
        boundPromptTokens({ texts, minBytesPerToken: 1, isOwn: true }),
      );
    }),
  );
});

test('a prompt too long to count is left to the bound by bytes', () => {
  const half = 'a'.repeat(MAX_COUNTED_CHARS / 2 + 1);
  expect(nano.countPrompt([half, half])).toBeNull();
  expect(boundPromptTokens({ texts: [half], minBytesPerToken: 2, isOwn: true })).toBe(Math.ceil(half.length / 2) + 16);
});

test('only tokenizers that the router carries are known, and each is built once', () => {
  expect(findTokenizer(null)).toBeNull();
  expect(findTokenizer('other')).toBeNull();
  expect(findTokenizer('nano')).toBe(nano);
  expect(isTokenizer('nano') && !isTokenizer('other')).toBe(true);
});

test.each([
  ['English', 'The hearth of the old house was warm, and everybody came to sit by it. ', 0.27],
  ['code', 'for (const one of homes) if (!one.isCooling) count += one.slots;\n    ', 0.49],
  ['Chinese', '从前有一座山，山里有一座庙。', 1.53],
  ['rows of spaces', `|${' '.repeat(60)}|\n`, 0.1],
])('a prompt of unknown tokens is bounded by its characters: %s', (_, sentence, worst) => {
  const text = sentence.repeat(200);
  const bound = boundPromptTokens({ texts: [text], minBytesPerToken: 1 });
  expect(bound).toBeGreaterThan(worst * text.length);
  expect(bound).toBeLessThan(0.8 * new TextEncoder().encode(text).length);
});

test('a short prompt is bounded by its bytes', () => {
  expect(boundPromptTokens({ texts: ['hi there'], minBytesPerToken: 1 })).toBe(8 + 16);
});
