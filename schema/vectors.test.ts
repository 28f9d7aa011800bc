import { expect, test } from 'vitest';
import { encodeBase64 } from './base64.ts';
import { makeFormWriter } from './chunks.ts';
import type { FinalFacts } from './chunks.ts';
import { dimensionsOf, encodeVectors, formVectors, mostVectorBytes, packVectors, readVectors } from './vectors.ts';

const head = { id: 'embd-1', created: 1, model: 'm' };
const irori = { job: 'job_1' } as FinalFacts;
const VECTORS = [
  [0.5, -1, 3],
  [0.1, 0, 1e-7],
];

function tell(isBase64: boolean): { embedding: unknown }[] {
  const text = encodeBase64(packVectors(VECTORS));
  const answer = {
    text,
    thinking: '',
    calls: [],
    promptTokens: 4,
    outputTokens: 0,
    thinkingTokens: 0,
    finish: 'stop',
  } as const;
  const told = JSON.parse(encodeVectors({ ...head, vectors: { count: 2, isBase64 } }, answer, irori));
  expect(told).toMatchObject({ object: 'list', model: 'm', usage: { prompt_tokens: 4, total_tokens: 4 }, irori });
  expect(told.data.map((one: { index: number }) => one.index)).toEqual([0, 1]);
  return told.data;
}

test('vectors are told as numbers of which 32 bits make the same ones', () => {
  const told = tell(false).map(({ embedding }) => (embedding as number[]).map(Math.fround));
  expect(told).toEqual(VECTORS.map((vector) => vector.map(Math.fround)));
});

test('or each as base64 of its own', () => {
  const told = tell(true).map(({ embedding }) => [
    ...new Float32Array(new Uint8Array(Buffer.from(embedding as string, 'base64')).buffer),
  ]);
  expect(told).toEqual(VECTORS.map((vector) => vector.map(Math.fround)));
});

test('pieces are read back as one text, whatever stands between them', () => {
  const writer = makeFormWriter(formVectors(head), true);
  expect(readVectors(`${writer.content('ab')}: irori\n\n${writer.content('c=')}`).text).toBe('abc=');
});

test('an answer holds what was asked, and no more than fits an edge', () => {
  expect([dimensionsOf(24, { count: 2 }), dimensionsOf(24, { count: 2, dimensions: 3 })]).toEqual([3, 3]);
  expect([
    dimensionsOf(24, { count: 2, dimensions: 6 }),
    dimensionsOf(20, { count: 2 }),
    dimensionsOf(0, { count: 1 }),
  ]).toEqual([null, null, null]);
  expect([mostVectorBytes({ count: 2, dimensions: 3 }), mostVectorBytes({ count: 2048 })]).toEqual([24, 3_000_000]);
});
