import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countLogprobChars, encodeLogprobs, LEAST_LOGPROB, MAX_EVENT_LOGPROBS, readOwnLogprobs } from './logprobs.ts';
import type { TokenLogprob } from './logprobs.ts';

const likely = {
  token: fc.string({ unit: 'binary', maxLength: 20 }).map((text) => text.toWellFormed()),
  logprob: fc.double({ min: LEAST_LOGPROB, max: 0, noNaN: true }).map((value) => (value === 0 ? 0 : value)),
  bytes: fc.option(fc.array(fc.nat(255), { maxLength: 8 })),
};
const tops = fc.array(fc.record(likely), { maxLength: 5 });
const tokens = fc.array(fc.record({ ...likely, top_logprobs: tops }), { minLength: 1, maxLength: 4 });

const one: TokenLogprob = { token: 'a', logprob: -1, bytes: [97], top_logprobs: [] };
const json = encodeLogprobs([one]);

test('what is kept of them is counted by what it holds, which homes choose', () => {
  const long: TokenLogprob = { ...one, token: 'a'.repeat(200), bytes: Array.from({ length: 1000 }, () => 97) };
  expect(countLogprobChars([long])).toBeGreaterThan(8000);
  expect(countLogprobChars([one, { ...one, top_logprobs: [one] }])).toBeLessThan(400);
});

describe('log probabilities', () => {
  test('are read back as they were written, on one line', () => {
    fc.assert(
      fc.property(tokens, (all) => {
        const written = encodeLogprobs(all);
        expect(written).not.toMatch(/[\n\r\u0085\u2028\u2029]/);
        expect(readOwnLogprobs(written, 5)).toEqual(all);
      }),
    );
  });

  test.each([
    ['with white space', json.replace(':', ': ')],
    ['with a member of its own', json.replace('{"token"', '{"note":"hi","token"')],
    ['with a member twice', json.replace('"token":"a"', '"token":"b","token":"a"')],
    ['in another order', '{"refusal":null,"content":[{"token":"a","logprob":-1,"bytes":[97],"top_logprobs":[]}]}'],
    ['with a character escaped that needs none', json.replace('"a"', '"\\u0061"')],
    ['with a number written otherwise', json.replace('-1', '-1.0')],
    ['with a probability above one', json.replace('-1', '0.5')],
    ['with half a character', json.replace('"a"', '"\\ud83d"')],
    ['with a byte that is none', json.replace('97', '256')],
    ['with a refusal', json.replace('null', '"no"')],
    ['of no token', '{"content":[],"refusal":null}'],
    ['of none', 'null'],
    ['that are no JSON', json.slice(1)],
    ['of more tokens than an event has', encodeLogprobs(Array.from({ length: MAX_EVENT_LOGPROBS + 1 }, () => one))],
    ['of a token longer than any', encodeLogprobs([{ ...one, token: 'a'.repeat(300) }])],
    [
      'of more others than were asked for',
      encodeLogprobs([{ ...one, top_logprobs: Array.from({ length: 6 }, () => one) }]),
    ],
  ])('%s are nobody’s', (_, written) => {
    expect(readOwnLogprobs(written, 5)).toBeNull();
  });
});
