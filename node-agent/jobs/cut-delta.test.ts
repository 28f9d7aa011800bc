import { describe, expect, test } from 'vitest';
import { cutDelta } from './cut-delta.ts';

describe('cutDelta', () => {
  test('gives the part of a piece that lies within the limit', () => {
    expect(cutDelta({ text: 'abcdefgh', tokens: 4 }, 3)).toEqual({ text: 'abcdef', tokens: 3 });
    expect(cutDelta({ text: 'abcd', tokens: 2, tokenIds: [7, 8] }, 1)).toEqual({ text: 'ab', tokens: 1 });
    expect(cutDelta({ text: 'abcd', tokens: 2 }, 2)).toEqual({ text: 'abcd', tokens: 2 });
    expect(cutDelta({ text: 'abcd', tokens: 2 }, 0)).toBeNull();
  });

  test('cuts no character in two, and gives nothing rather than half of one', () => {
    expect(cutDelta({ text: 'a😀b', tokens: 2 }, 1)).toEqual({ text: 'a', tokens: 1 });
    expect(cutDelta({ text: '😀', tokens: 2 }, 1)).toBeNull();
  });
});
