import { describe, expect, test } from 'vitest';
import { foldName, isOfOneScript, isShownAsWritten } from './fold-name.ts';

describe('letters of a name', () => {
  test.each([
    'Lab 1',
    'café',
    'GPU 研究室',
    '囲炉裏ホーム',
    'Лаборатория-2',
    'Ομάδα',
    '연구실 A',
    'صف',
    'Straße',
    'Łódź',
  ])('%j is of one script, or of some that people mix', (name) => {
    expect(isOfOneScript(name)).toBe(true);
  });

  test.each(['lаb', 'Ομαda', 'ｌａｂ', '𝐥𝐚𝐛', 'ﬁre', 'lab²', 'Лаb', 'la\u0301b', 'lab١', 'lab\u200b'])(
    '%j is not',
    (name) => {
      expect(isOfOneScript(name)).toBe(false);
    },
  );
});

test.each([
  ['paypal', 'РаураӀ'],
  ['lab', 'Iab'],
  ['lab', '1AB'],
  ['cafe', 'café'],
  ['gpu lab', 'gpu-lab'],
  ['cool', 'c00l'],
  ['modern', 'modem'],
  ['Kappa', 'Карра'],
  ['ορο', 'opo'],
  ['ロボ', '口ボ'],
])('%j looks like %j', (a, b) => {
  expect(foldName(a)).toBe(foldName(b));
});

test.each([
  ['lab', 'lad'],
  ['lab 1', 'lab 2'],
  ['研究', '研修'],
])('%j does not look like %j', (a, b) => {
  expect(foldName(a)).not.toBe(foldName(b));
});

test('what hides in a text, or turns it round, is found; emoji and any letter may stand', () => {
  for (const text of ['a\nb', 'a\u001b[31m', 'a\u202eb', 'a\u2066b', 'a\u0000', 'a\u2028'])
    expect(isShownAsWritten(text)).toBe(false);
  for (const text of ['Ärger & Söhne 👩‍👩‍👧', '囲炉裏', 'صف']) expect(isShownAsWritten(text)).toBe(true);
});
