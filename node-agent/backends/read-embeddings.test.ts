import { expect, test } from 'vitest';
import { readEmbeddings } from './read-embeddings.ts';

const of = (...embeddings: unknown[]): object => ({
  data: embeddings.map((embedding, index) => ({ index, embedding })),
});
const two = { inputs: ['a', 'b'] };
const base64 = (numbers: number[]): string => Buffer.from(Float32Array.from(numbers).buffer).toString('base64');

test('vectors come in the order of their index, as numbers or as base64, with the count of the prompt', () => {
  const data = [
    { index: 1, embedding: base64([3, 4]) },
    { index: 0, embedding: [1, 2] },
  ];
  const read = readEmbeddings({ data, usage: { prompt_tokens: 5 } }, two);
  expect(read).toEqual({
    ok: true,
    value: {
      vectors: [
        [1, 2],
        [3, 4],
      ],
      promptTokens: 5,
    },
  });
  expect(readEmbeddings(of([1], [2]), two)).toMatchObject({ ok: true, value: { promptTokens: null } });
});

test.each([
  ['nothing', null],
  ['an error', { error: { message: 'no' } }],
  ['too few', of([1])],
  ['too many', of([1], [2], [3])],
  [
    'one twice',
    {
      data: [
        { index: 0, embedding: [1] },
        { index: 0, embedding: [1] },
      ],
    },
  ],
  [
    'one beyond them',
    {
      data: [
        { index: 0, embedding: [1] },
        { index: 7, embedding: [1] },
      ],
    },
  ],
  ['different lengths', of([1], [1, 2])],
  ['texts', of(['1'], ['2'])],
  ['nulls', of([null], [null])],
  ['numbers beyond 32 bits', of([1e39], [1])],
  ['half a number', of('AAA=', 'AAA=')],
  ['what is no base64', of('!', '!')],
  ['empty vectors', of([], [])],
])('%s is the failure of its server', (_, json) => {
  expect(readEmbeddings(json, two)).toMatchObject({ ok: false, error: { code: 'internal' } });
});

test('a length that the model does not make, and more than an answer holds, are the request’s', () => {
  expect(readEmbeddings(of([1, 2], [3, 4]), { ...two, dimensions: 3 })).toMatchObject({
    error: { code: 'bad-request', message: expect.stringMatching(/2 numbers/) },
  });
  const long = of(...Array.from({ length: 100 }, () => Array.from({ length: 8000 }, () => 1)));
  const told = readEmbeddings(long, { inputs: Array.from({ length: 100 }, () => 'a') });
  expect(told).toMatchObject({
    error: { code: 'bad-request', message: expect.stringMatching(/send 93 texts at once/) },
  });
});
