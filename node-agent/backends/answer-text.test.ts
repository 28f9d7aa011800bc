import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AnswerText } from './answer-text.ts';
import type { Delta } from './backend.ts';

/** A vocabulary in which id n is the single byte n, so that any cut of any text can be made. */
const singleBytes = (id: number): Uint8Array => Uint8Array.of(id);

function feed(ids: Iterable<number>, stops: string[], bytesOf = singleBytes): { deltas: Delta[]; stopped: boolean } {
  const answer = new AnswerText(bytesOf, stops);
  const deltas: Delta[] = [];
  for (const id of ids) {
    const { delta, stopped } = answer.push(id);
    if (delta !== null) deltas.push(delta);
    if (stopped) return { deltas, stopped };
  }
  const rest = answer.flush();
  if (rest !== null) deltas.push(rest);
  return { deltas, stopped: false };
}

const textOf = (deltas: Delta[]): string => deltas.map((delta) => delta.text).join('');
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('AnswerText', () => {
  test('shows whole characters only, and counts every token once', () => {
    const { deltas } = feed(utf8('aé囲🔥'), []);
    expect(deltas.map((delta) => [delta.text, delta.tokens])).toEqual([
      ['a', 1],
      ['é', 2],
      ['囲', 3],
      ['🔥', 4],
    ]);
    expect(deltas.flatMap((delta) => delta.tokenIds ?? [])).toEqual([...utf8('aé囲🔥')]);
  });

  test('shows a character that was cut off at the end as one mark', () => {
    const { deltas } = feed(utf8('a🔥').subarray(0, 3), []);
    expect(deltas).toEqual([
      { text: 'a', tokens: 1, tokenIds: [97] },
      { text: '\ufffd', tokens: 2, tokenIds: [0xf0, 0x9f] },
    ]);
  });

  test('holds back what may become a stop string, and lets it go when it does not', () => {
    const { deltas, stopped } = feed(utf8('xENx'), ['END']);
    expect(deltas.map((delta) => delta.text)).toEqual(['x', 'ENx']);
    expect(stopped).toBe(false);
  });

  test('stops before the stop string and counts no token that shows nothing', () => {
    const { deltas, stopped } = feed(utf8('helloEND more'), ['END']);
    expect(textOf(deltas)).toBe('hello');
    expect(deltas.reduce((sum, delta) => sum + delta.tokens, 0)).toBe(5);
    expect(stopped).toBe(true);
  });

  test('cuts a token that holds the stop string and more', () => {
    const words = ['one ', 'two.\n\nthree'].map(utf8);
    const { deltas, stopped } = feed([0, 1], ['\n\n'], (id) => words[id] ?? new Uint8Array(0));
    expect(textOf(deltas)).toBe('one two.');
    expect(deltas.at(-1)?.tokens).toBe(1);
    expect(stopped).toBe(true);
  });

  test('for any text and any stop string, shows exactly what stands before the first stop', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '囲'), maxLength: 40 });
    const stop = fc.string({ unit: fc.constantFrom('a', 'b', 'é'), minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(letters, fc.array(stop, { maxLength: 3 }), (text, stops) => {
        const { deltas } = feed(utf8(text), stops);
        const cuts = stops.map((s) => text.indexOf(s)).filter((at) => at >= 0);
        expect(textOf(deltas)).toBe(text.slice(0, cuts.length === 0 ? undefined : earliest(text, stops)));
      }),
    );
  });
});

/** The stop string that is complete first ends the answer; among those complete at once the one that begins first. */
function earliest(text: string, stops: string[]): number {
  for (let end = 1; end <= text.length; end += 1) {
    const starts = stops.map((s) => text.slice(0, end).indexOf(s)).filter((at) => at >= 0);
    if (starts.length > 0) return Math.min(...starts);
  }
  return text.length;
}
