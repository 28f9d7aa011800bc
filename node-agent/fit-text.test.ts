import { describe, expect, test } from 'vitest';
import { fitEnd, measureWidth, padWidth, tellFact, tellIndented, wrapText } from './fit-text.ts';

describe('text in a terminal', () => {
  test.each([
    ['status', 6],
    ['状態', 4],
    ['ﾊﾝｶｸ', 4],
    ['é', 1],
    ['e\u0301', 1],
    ['한글', 4],
    ['🎮', 2],
    ['', 0],
  ])('%j takes %i columns', (text, columns) => {
    expect(measureWidth(text)).toBe(columns);
  });

  test('no line is wider than asked, and no word is lost', () => {
    const text =
      '東京の机の下にあるとても長い名前のゲーム機 shares llama3.2:latest with a-word-that-is-far-longer-than-one-line and 日本';
    for (let width = 5; width < 60; width += 3) {
      const lines = wrapText(text, width);
      expect(lines.every((line) => measureWidth(line) <= width)).toBe(true);
      expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
    }
  });

  test('a fact hangs under its name', () => {
    expect(tellFact('models', 'one two three four', 22)).toEqual(['models     one two', '           three four']);
    expect(tellIndented('one two', 2, 6)).toEqual(['  one', '  two']);
  });

  test('an end that is too wide becomes …, also where a wide letter would be cut in two', () => {
    expect(fitEnd('llama3.2', 20)).toBe('llama3.2');
    expect(fitEnd('llama3.2:latest', 8)).toBe('llama3.…');
    expect(fitEnd('日本語', 4)).toBe('日…');
    expect(padWidth('日本', 6)).toBe('日本  ');
  });

  test('what strangers wrote moves no cursor and turns no line round', () => {
    expect(wrapText('a\u001B[2Jb\r\nc\u202Ed')).toEqual(['a [2Jb c d']);
    expect(fitEnd('a\nb', 9)).toBe('a b');
  });
});
