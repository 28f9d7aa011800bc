import { expect, test } from 'vitest';
import type { JobFrame } from '../../schema/frames-to-node.ts';
import { toBackendJob } from './to-backend-job.ts';

const REQUEST = {
  model: 'm',
  kind: 'chat' as const,
  messages: [{ role: 'user' as const, content: 'hi' }],
  maxTokens: 5,
  temperature: 1,
  topP: 1,
  stop: ['x'],
  seed: -1,
  frequencyPenalty: 0,
  presencePenalty: 0,
};

test('only the known fields pass, and the seed is a non-negative integer of 53 bits', () => {
  const frame = { request: REQUEST, chunk: {}, stream: true } as unknown as JobFrame;
  expect(toBackendJob(frame)).toEqual({ ...REQUEST, seed: Number.MAX_SAFE_INTEGER });
});

test('a continued answer carries its text, its count and its ids if there are any', () => {
  const frame = { request: REQUEST, resume: { text: 'so far', count: 3 } } as unknown as JobFrame;
  expect(toBackendJob(frame).resume).toEqual({ text: 'so far', count: 3 });
  const withIds = { request: REQUEST, resume: { text: 'so far', count: 2, tokenIds: [1, 2] } } as unknown as JobFrame;
  expect(toBackendJob(withIds).resume).toEqual({ text: 'so far', count: 2, tokenIds: [1, 2] });
});
