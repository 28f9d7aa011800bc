import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findTokenizer } from './tokenizers.ts';
import { leastTokens, makeWeight, mostTokens, weigh, weighText } from './weigh-characters.ts';

const nano = findTokenizer('nano')!;
const mostOf = (text: string, minBytesPerToken = 1): number => mostTokens(weighText(text), minBytesPerToken);
const leastOf = (text: string): number => leastTokens(weighText(text));
/** Beyond what short texts have free. */
const perUnit = (unit: string): number => (mostOf(unit.repeat(1001)) - mostOf(unit)) / 1000;

describe('at most', () => {
  // Tokens a character as the worst of o200k, cl100k, Llama 2 and Llama 3 makes of the text, measured once.
  test.each<[string, string, number]>([
    ['English', ' hearths are warm and well loved. It was the best of times, it was the worst of times.', 0.27],
    ['Finnish', ' takkahuoneessa lämmin tunnelma, jossa perheenjäsenet istuvat iltaisin', 0.39],
    ['Vietnamese', ' Tiếng Việt được viết bằng chữ Quốc ngữ, một hệ thống chữ viết', 0.65],
    ['Turkish', ' Çekoslovakyalılaştıramadıklarımızdan mısınız, ocağın başında oturuyoruz', 0.61],
    [
      'code',
      'for (let i = 0; i < n; i++) {\n  sum += xs[i];\n  if (a[i]?.b !== null) return foo(bar, "baz");\n}\n',
      0.49,
    ],
    ['JSON', '{"id":"a1","v":[1,2,3],"ok":true},\n', 0.6],
    ['numbers', ' 12345 3.14159 7 8 9', 0.98],
    ['random letters', 'qzjxkwvbpfygmcdlrhsnioatequzjxkwvbp', 0.62],
    ['Russian', ' Тёплый очаг в середине дома, вокруг которого собирается семья', 0.48],
    ['Greek', ' Ζεστή εστία στη μέση του σπιτιού', 1],
    ['Armenian', ' Տաք օջախ տան մեջտեղում', 1.82],
    ['Arabic', ' موقد دافئ في وسط البيت', 0.91],
    ['Hindi', ' गर्म चूल्हा घर के बीच में', 1.08],
    ['Thai', 'เตาผิงที่อบอุ่นกลางบ้าน', 1.09],
    ['Burmese', 'အိမ်အလယ်ရှိ မီးဖိုနွေးနွေး', 1.96],
    ['Amharic', ' በቤቱ መሃል ሞቃታማ ምድጃ', 2.52],
    ['Chinese', '温暖的炉子在房子中间，家人围坐在一起。', 1.53],
    ['rare Han', '溫暖的爐灶在屋子中央，龘靐齉', 2.14],
    ['Japanese', '囲炉裏は家の真ん中にあります。カタカナも書きます。', 1.24],
    ['Korean', ' 따뜻한 화로가 집 한가운데에 있습니다', 1.67],
    ['emoji', '🔥👩‍🚀🇩🇪👍🏽', 1.93],
  ])('%s has room for the worst of its tokenizers, also where nothing is free', (_, text, worst) => {
    expect(perUnit(text)).toBeGreaterThanOrEqual(worst * text.length);
  });

  test('never more than a token for each byte, or for as many as the catalogue says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.integer({ min: 1, max: 4 }), (text, min) => {
        expect(mostOf(text, min)).toBeLessThanOrEqual(new TextEncoder().encode(text).length / min);
      }),
    );
  });

  test('of prose it is about two thirds of a token a letter: a claim of one for each is not believed', () => {
    expect(perUnit(' hearths are warm and well loved.')).toBeLessThanOrEqual(
      0.65 * ' hearths are warm and well loved.'.length,
    );
  });

  test.each([' ', '\n', '\t ', '\u200b', '\u00a0', '\u200d\ufe0f', '\u2800', '\u3164', '\u{e0001}', '\u0000'])(
    'white space and what cannot be seen (%j) counts next to nothing by itself',
    (unit) => {
      expect(mostOf(unit.repeat(5000))).toBeLessThanOrEqual(32);
    },
  );

  test('and beside other text no more than that text', () => {
    const text = ' hearth'.repeat(100);
    expect(mostOf(text + '\u200b'.repeat(10_000))).toBeLessThanOrEqual(2 * mostOf(text) + 16);
  });
});

describe('for sure', () => {
  test('is never more than the built-in tokenizer counts', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        expect(leastOf(text)).toBeLessThanOrEqual(nano.countText(text));
      }),
      { numRuns: 1000 },
    );
  });

  test('is a token for each word, and one for some characters of scripts without words', () => {
    expect(leastOf(' one two three'.repeat(10))).toBe(30);
    expect(leastOf("don’t don't".repeat(8))).toBeLessThanOrEqual(16);
    expect(leastOf('火'.repeat(100))).toBe(19);
    for (const text of ['-'.repeat(100), ' '.repeat(100), 'a'.repeat(100)])
      expect(leastOf(text)).toBeLessThanOrEqual(1);
  });
});

test('it does not matter where a text is cut', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const weight = makeWeight();
      for (const character of text)
        weigh(weight, character.codePointAt(0)!, new TextEncoder().encode(character).length);
      expect(weight).toEqual(weighText(text));
    }),
  );
});
