import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Delta } from './backend.ts';
import { Continuation, trimForServer } from './continuation.ts';
import { joinSink } from './joined-sink.ts';

const TOLD = 'The fox went into the garden and met';

/** What callers read after `told`, when the server sends `pieces`. */
function join(told: string, pieces: readonly string[], echoes = false): string {
  const continuation = new Continuation(told, trimForServer(told), echoes);
  return pieces.map((piece) => continuation.push(piece)).join('') + continuation.end();
}

describe('a continuation', () => {
  test('passes as it is', () => {
    expect(join(TOLD, [' a', ' bear', '.'])).toBe(' a bear.');
  });

  test('loses the text that the server repeats, however it is cut into pieces', () => {
    const server = `${TOLD} a bear. The fox`;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1 }), (lengths) => {
        const pieces: string[] = [];
        for (let at = 0, i = 0; at < server.length; i++) {
          const length = lengths[i % lengths.length] ?? 1;
          pieces.push(server.slice(at, at + length));
          at += length;
        }
        expect(join(TOLD, pieces)).toBe(' a bear. The fox');
      }),
    );
  });

  test('that only begins like the text before it is no echo', () => {
    expect(join(TOLD, ['The fox', ' went away'])).toBe('The fox went away');
    expect(join(TOLD, ['The fox'])).toBe('The fox');
  });

  test('of a short text is taken for an echo only where the server was seen to echo', () => {
    expect(join('Ha', ['Ha', '!'])).toBe('Ha!');
    expect(join('Ha', ['Ha', '!'], true)).toBe('!');
  });

  test.each([
    ['a space that was told', 'one ', [' two'], 'two'],
    ['a space that comes alone', 'one ', [' ', 'two'], 'two'],
    ['no space', 'one ', ['two'], 'two'],
    ['more than was told', 'one\n', ['\n\n', 'two'], '\ntwo'],
    ['less than was told', 'one\n\n', ['\n', 'two'], 'two'],
    ['another kind', 'one ', ['\n', 'two'], '\ntwo'],
    ['nothing', 'one  ', [], ''],
    ['nothing but space', 'one  ', [' '], ''],
    ['an indentation that was half told', 'if x:\n  ', ['\n    y'], '  y'],
    ['an echo and the space', 'one two three four five ', ['one two three four five', ' six'], 'six'],
  ])('joins without a doubled space when the server sends %s', (_, told, pieces, read) => {
    expect(join(told, pieces)).toBe(read);
  });

  test('the server is given the text without the space at its end', () => {
    expect(trimForServer('a b \n')).toBe('a b');
    expect(trimForServer(' \n')).toBe('');
  });
});

describe('a joined sink', () => {
  function collect(told: string, echoes: boolean): { deltas: Delta[]; joined: ReturnType<typeof joinSink> } {
    const deltas: Delta[] = [];
    const joined = joinSink((delta) => void deltas.push(delta), new Continuation(told, trimForServer(told), echoes));
    return { deltas, joined };
  }

  test('does not count the tokens of an echo', () => {
    const { deltas, joined } = collect(TOLD, false);
    for (const text of ['The fox went', ' into the garden and met', ' a', ' bear'])
      void joined.sink({ text, tokens: 1 });
    void joined.end();
    expect(deltas).toEqual([
      { text: ' a', tokens: 1 },
      { text: ' bear', tokens: 1 },
    ]);
  });

  test('counts what waited with what is passed on, at the end too', () => {
    const { deltas, joined } = collect(TOLD, false);
    for (const text of ['The', ' fox']) void joined.sink({ text, tokens: 1 });
    expect(deltas).toEqual([]);
    void joined.end();
    expect(deltas).toEqual([{ text: 'The fox', tokens: 2 }]);
  });

  test('hands calls on as they are, behind all of the text, and waits where its taker does', async () => {
    const call = { text: '', tokens: 3, call: { index: 0, begun: { id: 'a', name: 'f' } } };
    const more = { text: '{}', tokens: 1, call: { index: 0 } };
    const { deltas, joined } = collect(TOLD, false);
    for (const delta of [{ text: 'The', tokens: 1 }, call, more]) void joined.sink(delta);
    void joined.end();
    expect(deltas).toEqual([{ text: 'The', tokens: 1 }, call, more]);

    const slow: Delta[] = [];
    const continuation = new Continuation(TOLD, TOLD, false);
    const waiting = joinSink((delta) => Promise.resolve().then(() => void slow.push(delta)), continuation);
    void waiting.sink({ text: 'The', tokens: 1 });
    await waiting.sink(call);
    expect(slow.map(({ text }) => text)).toEqual(['The', '']);
  });
});
