import { expect, test } from 'vitest';
import { estimateTokens } from './estimate-tokens.ts';

const of = (text: string) => estimateTokens([text]);

/** Text of one kind, about `chars` long. */
function fill(piece: string, chars: number): string {
  return piece.repeat(Math.ceil(chars / piece.length)).slice(0, chars);
}

const JAPANESE = '囲炉裏は日本の家の中にあった火のところで、冬になると家族がそのまわりに集まって話をした。';
const KANA = 'むかしむかしあるところにおじいさんとおばあさんがすんでいました。';
const CHINESE = '从前有一只狐狸住在山里，每天早上都去河边喝水，晚上回到洞里睡觉。';
const KOREAN = '옛날 옛적에 깊은 산속에 여우 한 마리가 살았는데 아침마다 강가로 내려갔습니다. ';
const ENGLISH = 'Once upon a time a fox lived in the hills, and every morning it went down to the river to drink. ';
const CODE =
  'export function estimate(texts: readonly string[]): number {\n    return texts.reduce((sum, one) => sum + one.length, 0);\n}\n';

const GERMAN = 'Die Datenschutzerklärung der Wahrscheinlichkeitsrechnung wurde veröffentlicht. ';
const RUSSIAN = 'Жила-была лиса, которая каждое утро спускалась к реке напиться воды. ';
const NAMES = ' AuthenticationService HttpServletResponse InvalidOperationException';

/** Tokens of 10,000 characters of each, fewest and most of o200k, cl100k (gpt-tokenizer 3.4) and Llama 3 (llama3-tokenizer-js 1.2). */
const MEASURED: [string, string, number, number][] = [
  ['Japanese', JAPANESE, 6820, 10_458],
  ['kana', KANA, 6876, 9378],
  ['Chinese', CHINESE, 8750, 14_062],
  ['Korean', KOREAN, 6670, 10_669],
  ['English', ENGLISH, 2371, 2371],
  ['German', GERMAN, 1520, 2405],
  ['Russian', RUSSIAN, 3189, 5362],
  ['code', CODE, 2438, 2438],
  ['emoji', '🦊🔥🏔🌊', 10_000, 15_000],
  ['laughter', '😂', 5000, 10_000],
];

test.each(MEASURED)(
  '%s: what is sure is no more than any tokenizer makes of it, what is expected lies near',
  (_, piece, fewest, most) => {
    const { least, expected } = of(fill(piece, 10_000));
    expect(least).toBeLessThanOrEqual(fewest);
    expect(least).toBeGreaterThan(10_000 / 14);
    expect(expected).toBeGreaterThanOrEqual(0.85 * fewest);
    expect(expected).toBeLessThanOrEqual(1.1 * most);
  },
);

test('names that are long and still single tokens are counted once', () => {
  expect(of(fill(NAMES, 10_000)).least).toBeLessThanOrEqual(442);
});

test('5,000 Japanese characters are expected to be more than 4,096 tokens take; bytes by four said 3,750', () => {
  expect(of(fill(JAPANESE, 5000)).expected).toBeGreaterThan(4096);
});

test('what may be single tokens is never counted as many: rows of spaces, dashes, letters, kana, emoji', () => {
  for (const piece of [' ', '-', '=', 'A', 'あ', '。', '\n', 'ー'])
    expect(of(piece.repeat(1280)).least).toBeLessThanOrEqual(13);
  expect(of('😂'.repeat(400)).least).toBeLessThanOrEqual(100);
});

test('words are counted once each, however they are joined to what stands around them', () => {
  expect(of("don't you'll we’ve").least).toBe(3);
  expect(of('(foo).bar, "baz"; [x] {y}').least).toBe(5);
  expect(of('supercalifragilistic').least).toBe(1);
  expect(of('').least).toBe(0);
  expect(of('').expected).toBe(0);
});

test('base64, digits and emoji cost more than prose, and are sure of little', () => {
  const base64 = fill('aGVsbG8gd29ybGQhIFRoaXMgaXMgYmFzZTY0IG9mIHNvbWV0aGluZw9xK2Zz7Yt3Lm8xQpVu', 8000);
  expect(of(base64).expected).toBeGreaterThan(3000);
  expect(of(base64).least).toBeLessThan(8000 / 3);
  expect(of('3141592653589793'.repeat(100)).least).toBeLessThanOrEqual(1600 / 3);
  expect(of('🦊🔥🏔🌊'.repeat(100)).expected).toBeGreaterThanOrEqual(400);
  expect(of('🦊🔥🏔🌊'.repeat(100)).least).toBeLessThanOrEqual(400);
});

test('Cyrillic, Greek, Arabic, Hindi and Thai are words and letters too', () => {
  for (const text of ['лиса жила в лесу', 'η αλεπού ζούσε', 'عاش الثعلب', 'लोमड़ी पहाड़']) {
    const words = text.split(' ').length;
    expect(of(text).least).toBe(words);
    expect(of(text).expected).toBeGreaterThanOrEqual(words);
  }
  expect(of('สุนัขจิ้งจอกอาศัยอยู่บนภูเขา').least).toBe(1);
});

test('several texts are counted together', () => {
  const both = estimateTokens([ENGLISH, JAPANESE]);
  expect(both.least).toBe(of(ENGLISH).least + of(JAPANESE).least);
  expect(both.expected).toBeGreaterThanOrEqual(of(ENGLISH).expected + of(JAPANESE).expected - 2);
});

test('half a pair and other odd units break nothing', () => {
  const odd = of('\ud83d \udc00 \ufffe \u0000 \u200d');
  expect(Number.isFinite(odd.least) && Number.isFinite(odd.expected)).toBe(true);
});
