import { expect, test } from 'vitest';
import { AnswerSoFar } from './answer-so-far.ts';
import type { PartDelivered } from './answer-so-far.ts';

function part(text: string, facts: Partial<PartDelivered> = {}): PartDelivered {
  const outputTokens = facts.tokenIds?.length ?? 1;
  const said = { text, thinking: '', calls: [], hasText: text !== '', hasThinking: false };
  return { ...said, outputTokens, thinkingTokens: 0, tokenIds: null, isTooLong: false, ...facts };
}

test('text, tokens and ids of all homes stand together', () => {
  const answer = new AnswerSoFar();
  answer.add(part('火', { tokenIds: [1, 2] }));
  answer.add(part(' and 🔥', { tokenIds: [3] }));
  expect(answer.toResumePoint('d', 'exact')).toEqual({
    text: '火 and 🔥',
    tokenIds: [1, 2, 3],
    count: 3,
    digest: 'd',
    least: 'exact',
  });
});

test('ids that one home did not tell are not told at all', () => {
  const answer = new AnswerSoFar();
  answer.add(part('a'));
  answer.add(part('b', { tokenIds: [3] }));
  expect(answer.toResumePoint('d', 'exact')).toMatchObject({ text: 'ab', tokenIds: null, count: 2 });
});

test('ids that do not stand for every token are not believed', () => {
  const answer = new AnswerSoFar();
  answer.add(part('a', { outputTokens: 3, tokenIds: [1] }));
  expect(answer.toResumePoint('d', 'exact').tokenIds).toBeNull();
});

test('a home that gave nothing takes no ids away', () => {
  const answer = new AnswerSoFar();
  answer.add(part('a', { tokenIds: [1] }));
  answer.add(part('', { outputTokens: 0 }));
  expect(answer.toResumePoint('d', 'exact').tokenIds).toEqual([1]);
});

const thinking = part('', { thinking: 'hm', calls: [], hasThinking: true, outputTokens: 5, thinkingTokens: 5 });

test('thinking counts, and is none of the text that another home goes on from', () => {
  const answer = new AnswerSoFar();
  expect(answer.isBegun).toBe(false);
  answer.add(thinking);
  expect(answer).toMatchObject({ isBegun: true, hasText: false, isOutOfReach: false, tokens: 5, thinkingTokens: 5 });
});

test('a text that rests on thoughts is out of reach; one whose home did not think is not, whoever thought before', () => {
  const thought = new AnswerSoFar();
  thought.add(thinking);
  const begunAnew = new AnswerSoFar();
  begunAnew.add(thinking);
  begunAnew.forgetThinking();
  for (const answer of [thought, begunAnew]) answer.add(part('a', { tokenIds: [7] }));
  expect(thought.isOutOfReach).toBe(true);
  thought.forgetThinking();
  expect(thought.isOutOfReach).toBe(true);
  expect(begunAnew).toMatchObject({ isOutOfReach: false, tokens: 6, thinkingTokens: 5 });
  expect(begunAnew.toResumePoint('d', 'exact')).toMatchObject({ text: 'a', tokenIds: [7], count: 1 });
});

test('a call that its caller has read some of puts the answer out of reach, whatever is kept of it', () => {
  const calls = [{ id: 'call_1', name: 'add', arguments: '{"a"' }];
  for (const told of [{ calls }, { calls: [], isTooLong: true }]) {
    const answer = new AnswerSoFar();
    answer.add(part('', { hasText: true, outputTokens: 4, ...told }));
    expect([answer.isBegun, answer.isOutOfReach]).toEqual([true, true]);
    expect(answer.said.calls).toEqual(told.calls);
  }
});

test('thinking of any length puts nothing out of reach; a text that is not kept does', () => {
  const answer = new AnswerSoFar();
  answer.add({ ...thinking, thinking: '', calls: [], isTooLong: true });
  expect(answer.isOutOfReach).toBe(false);
  answer.forgetThinking();
  answer.add(part('', { hasText: true, isTooLong: true }));
  expect(answer).toMatchObject({ isOutOfReach: true, hasText: true });
});
