import { describe, expect, test } from 'vitest';
import { findCleanCut, findWholeCharacters } from './find-clean-cut.ts';

describe('findCleanCut', () => {
  test.each([
    ['an unfinished word, with the space before it', 'The fox', 'The'],
    ['a finished word', 'The fox,', 'The fox,'],
    ['space at the end', 'The fox. ', 'The fox.'],
    ['line ends before a word', 'Done.\n\nNext', 'Done.'],
    ['letters with marks', 'un café', 'un'],
    ['digits', 'room 101', 'room'],
    ['Chinese', '東京の天気', '東京の天気'],
    ['Korean', '서울 날씨', '서울 날씨'],
    ['Thai', 'สวัสดี', 'สวัสดี'],
    ['Latin after Chinese', '我用 Linux', '我用'],
    ['Cyrillic', 'да, приве', 'да,'],
    ['an emoji', 'hi 👩', 'hi 👩'],
    ['half an emoji', 'hi! \ud83d', 'hi!'],
    ['a joiner', '👩\u200d', '👩'],
    ['one word only', 'Hello', ''],
    ['letters beyond the first plane', 'a 𝔘𝔫', 'a'],
    ['nothing', '', ''],
  ])('holds %s', (_, text, kept) => {
    expect(text.slice(0, findCleanCut(text))).toBe(kept);
  });

  test('lets a word go that is longer than any word', () => {
    const text = `x ${'a'.repeat(40)}`;
    expect(findCleanCut(text)).toBe(text.length);
  });

  test('a long word still keeps half a character back', () => {
    const text = `${'a'.repeat(40)}\ud83d`;
    expect(findCleanCut(text)).toBe(40);
    expect(findWholeCharacters(text)).toBe(40);
  });
});
