import { expect, test } from 'vitest';
import { readContent } from '../../schema/read-chunks.ts';
import { planChat } from './chat-work.ts';

const chunk = { id: 'c', created: 1, model: 'm' };

const REQUEST = {
  kind: 'chat' as const,
  model: 'm',
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
  const later = { ...REQUEST, later: 1 };
  expect(planChat(later, { chunk }).job).toEqual({ ...REQUEST, seed: Number.MAX_SAFE_INTEGER });
});

test('a continued answer carries its text, its count and its ids if there are any', () => {
  for (const resume of [
    { text: 'so far', count: 3 },
    { text: 'so far', count: 2, tokenIds: [1, 2] },
  ])
    expect(planChat(REQUEST, { chunk, resume }).job.resume).toEqual(resume);
});

test('what ends the answer and what makes its prompt are the chat’s own', () => {
  expect(planChat(REQUEST, { chunk })).toMatchObject({ stops: ['x'], promptTexts: ['hi'] });
});

test('a caller who has been sent some thinking is not told again who speaks', () => {
  const { writer } = planChat(REQUEST, { chunk, isBegun: true });
  expect(writer.content('hello')).not.toContain('"role"');
});

test('the first event says who speaks, unless another home has told some of the answer', () => {
  const begins = (text: string | null): string => {
    const resume = text === null ? undefined : { text, count: 1 };
    return planChat(REQUEST, { chunk, resume }).writer.content('hello');
  };
  for (const text of [null, '', 'so far']) expect(readContent(begins(text))).toBe('hello');
  expect([null, '', 'so far'].map((text) => begins(text).includes('"role":"assistant"'))).toEqual([true, true, false]);
});
