import { expect, test } from 'vitest';
import { makeChunkWriter } from '../../schema/chunks.ts';
import { AnswerSoFar, MAX_KEPT_BYTES } from './answer-so-far.ts';

const writer = makeChunkWriter({ id: 'c', created: 1, model: 'm' });
const events = (text: string): Uint8Array => new TextEncoder().encode(writer.content(text));

test('text, tokens and ids of all homes stand together', () => {
  const answer = new AnswerSoFar('chat');
  answer.add({ events: events('火'), tokens: 2, tokenIds: [1, 2] });
  answer.add({ events: events(' and 🔥'), tokens: 1, tokenIds: [3] });
  expect(answer.toResumePoint('d', 'exact')).toEqual({
    text: '火 and 🔥',
    tokenIds: [1, 2, 3],
    count: 3,
    digest: 'd',
    least: 'exact',
  });
});

test('ids that one home did not tell are not told at all', () => {
  const answer = new AnswerSoFar('chat');
  answer.add({ events: events('a'), tokens: 1, tokenIds: null });
  answer.add({ events: events('b'), tokens: 1, tokenIds: [3] });
  expect(answer.toResumePoint('d', 'exact')).toMatchObject({ text: 'ab', tokenIds: null, count: 2 });
});

test('ids that do not stand for every token are not believed', () => {
  const answer = new AnswerSoFar('chat');
  answer.add({ events: events('a'), tokens: 3, tokenIds: [1] });
  expect(answer.toResumePoint('d', 'exact').tokenIds).toBeNull();
});

test('what is kept is a copy', () => {
  const answer = new AnswerSoFar('chat');
  const bytes = events('a');
  answer.add({ events: bytes, tokens: 1, tokenIds: null });
  bytes.fill(0);
  expect(answer.toResumePoint('d', 'exact').text).toBe('a');
});

test('past 256 KB nothing is kept', () => {
  const answer = new AnswerSoFar('chat');
  answer.add({ events: new Uint8Array(MAX_KEPT_BYTES), tokens: 1, tokenIds: null });
  expect(answer.isTooLong).toBe(false);
  answer.add({ events: events('a'), tokens: 1, tokenIds: null });
  expect(answer.isTooLong).toBe(true);
  expect(answer.hasText).toBe(true);
});
