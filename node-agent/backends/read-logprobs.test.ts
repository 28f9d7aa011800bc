import { describe, expect, test } from 'vitest';
import { AnswerReading } from './answer-reading.ts';
import { readBackendEvent } from './read-backend-event.ts';
import { cutTops, readLogprobs } from './read-logprobs.ts';

const bytesOf = (text: string): number[] => [...Buffer.from(text)];
const told = (token: string, more: object = {}) => ({ token, logprob: -1, bytes: bytesOf(token), ...more });

describe('what a server tells of its tokens', () => {
  test('is read of the API’s form with members that servers add', () => {
    const top = [{ id: 5, token: ' fox', logprob: -0.5, bytes: bytesOf(' fox') }];
    expect(readLogprobs({ content: [{ id: 7, ...told(' dog'), top_logprobs: top }] })).toEqual([
      { ...told(' dog'), top_logprobs: [{ token: ' fox', logprob: -0.5, bytes: bytesOf(' fox') }] },
    ]);
  });

  test('is read of the older form', () => {
    expect(readLogprobs({ tokens: ['a', 'b'], token_logprobs: [-1, null], top_logprobs: null })).toEqual([
      { ...told('a'), top_logprobs: [] },
    ]);
  });

  test('what cannot be is mended or left out', () => {
    const [endless, positive, half] = readLogprobs({
      content: [
        told('a', { logprob: -3.4e38 }),
        told('b', { logprob: 1e-9 }),
        { token: '\ud83d', logprob: -1 },
        { token: 5, logprob: -1 },
        { token: 'c' },
        null,
      ],
    });
    expect([endless?.logprob, positive?.logprob]).toEqual([-9999, 0]);
    expect(half).toEqual({ token: '\ufffd', logprob: -1, bytes: null, top_logprobs: [] });
    for (const strange of [null, 5, 'x', [], {}, { content: 'x' }, { content: [[]] }])
      expect(readLogprobs(strange)).toEqual([]);
    expect(readLogprobs({ content: [told('a', { bytes: [256] })] })[0]?.bytes).toEqual([97]);
  });

  test('no more of the likeliest are handed on than were asked for', () => {
    const all = readLogprobs({ content: [{ ...told('a'), top_logprobs: [told('a'), told('b')] }] });
    expect(cutTops(all, 1)[0]?.top_logprobs).toHaveLength(1);
    expect(cutTops(all, 2)).toBe(all);
  });
});

describe('an answer whose tokens are told', () => {
  const chunk = (text: string, token = text): string =>
    JSON.stringify({
      choices: [
        { index: 0, delta: { content: text }, logprobs: { content: [told(token, { top_logprobs: [told(token)] })] } },
      ],
    });
  const read = (terms: { topLogprobs?: number | null }, events: readonly string[]) => {
    const reading = new AnswerReading({ maxTokens: 100, ...terms });
    return events.flatMap((event) => {
      reading.take(readBackendEvent(event));
      return reading.takeReady();
    });
  };

  test('hands each on with its text', () => {
    const deltas = read({ topLogprobs: 0 }, [chunk('The '), chunk('fox')]);
    expect(deltas.map(({ text, logprobs = [] }) => [text, logprobs.map(({ token }) => token)])).toEqual([
      ['The ', ['The ']],
      ['fox', ['fox']],
    ]);
    expect(deltas[0]?.logprobs?.[0]?.top_logprobs).toEqual([]);
  });

  test('keeps those of a token without text for the next', () => {
    const deltas = read({ topLogprobs: 1 }, [chunk('', '\ufffd'), chunk('火')]);
    expect(deltas.map(({ logprobs = [] }) => logprobs.map(({ token }) => token))).toEqual([['\ufffd', '火']]);
  });

  test('joins those of pieces that come together', () => {
    const reading = new AnswerReading({ maxTokens: 100, topLogprobs: 0 });
    for (const event of [chunk('a'), chunk('b')]) reading.take(readBackendEvent(event));
    expect(reading.takeReady()).toMatchObject([{ text: 'ab', tokens: 2, logprobs: [{ token: 'a' }, { token: 'b' }] }]);
  });

  test('tells nothing where nobody asked', () => {
    expect(read({}, [chunk('a')])).toEqual([{ text: 'a', tokens: 1 }]);
  });
});
