import { expect, test } from 'vitest';
import { JOB_KINDS } from './job-kinds.ts';
import { findStrangeKind, jobRequestSchema } from './job-request.ts';

const request = {
  model: 'm',
  messages: [{ role: 'user' as const, content: 'hi' }],
  maxTokens: 5,
  temperature: 1,
  topP: 1,
  stop: [],
  seed: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
};

test('a request that names no kind is a chat: hubs that know no other send it so', () => {
  expect(jobRequestSchema.parse(request)).toEqual({ kind: 'chat', ...request });
  expect(jobRequestSchema.parse({ ...request, kind: 'chat', later: 1 })).toEqual({ kind: 'chat', ...request });
});

test('a request of an unknown kind is not read as another', () => {
  expect(jobRequestSchema.safeParse({ ...request, kind: 'dream' }).success).toBe(false);
});

test('only a kind that is named and not known is strange', () => {
  expect(findStrangeKind({ ...request, kind: 'dream' })).toBe('dream');
  for (const known of [request, ...JOB_KINDS.map((kind) => ({ kind })), { kind: 7 }, null, 'text'])
    expect(findStrangeKind(known)).toBeNull();
});

test('a fault in a request is told at its field, as if there were one kind only', () => {
  const read = jobRequestSchema.safeParse({ ...request, maxTokens: 0 });
  expect(read.error?.issues.map(({ path }) => path)).toEqual([['maxTokens']]);
});
