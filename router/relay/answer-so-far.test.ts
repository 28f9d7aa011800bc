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

const thinking = { events: events('hm'), tokens: 5, tokenIds: null, isThinking: true };

test('thinking counts, and is none of the text that another home goes on from', () => {
  const answer = new AnswerSoFar('chat');
  expect(answer.isBegun).toBe(false);
  answer.add(thinking);
  expect(answer).toMatchObject({ isBegun: true, hasText: false, isOutOfReach: false, tokens: 5, thinkingTokens: 5 });
});

test('a text that rests on thoughts is out of reach; one whose home did not think is not, whoever thought before', () => {
  const thought = new AnswerSoFar('chat');
  thought.add(thinking);
  const begunAnew = new AnswerSoFar('chat');
  begunAnew.add(thinking);
  begunAnew.forgetThinking();
  for (const answer of [thought, begunAnew]) answer.add({ events: events('a'), tokens: 1, tokenIds: [7] });
  expect(thought.isOutOfReach).toBe(true);
  thought.forgetThinking();
  expect(thought.isOutOfReach).toBe(true);
  expect(begunAnew).toMatchObject({ isOutOfReach: false, tokens: 6, thinkingTokens: 5 });
  expect(begunAnew.toResumePoint('d', 'exact')).toMatchObject({ text: 'a', tokenIds: [7], count: 1 });
});

test('thinking of any length is not kept, and puts nothing out of reach', () => {
  const answer = new AnswerSoFar('chat');
  answer.add({ ...thinking, events: new Uint8Array(MAX_KEPT_BYTES + 1) });
  expect(answer.isOutOfReach).toBe(false);
});

test('past 256 KB nothing is kept', () => {
  const answer = new AnswerSoFar('chat');
  answer.add({ events: new Uint8Array(MAX_KEPT_BYTES), tokens: 1, tokenIds: null });
  expect(answer.isOutOfReach).toBe(false);
  answer.add({ events: events('a'), tokens: 1, tokenIds: null });
  expect(answer.isOutOfReach).toBe(true);
  expect(answer.hasText).toBe(true);
});
