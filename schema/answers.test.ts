import { expect, test } from 'vitest';
import { ANSWERS, maxAnswerBytes } from './answers.ts';
import { makeFormWriter } from './chunks.ts';

const asked = { messages: [], maxTokens: 5, temperature: 1, topP: 1, stop: [], seed: 1 };

test('an answer to a chat may hold far more than its tokens need, and no more', () => {
  expect(maxAnswerBytes({ kind: 'chat', ...asked, frequencyPenalty: 0, presencePenalty: 0 })).toBe((64 + 5 * 8) * 1024);
});

test('whole events are read back as the text, which another home goes on from, and the thinking beside it', () => {
  const events = ['{"reasoning_content":"Hm"}', '{"content":"so"}', '{"content":null}'].map(
    (delta) => `data: {"choices":[{"delta":${delta}}]}\n\n`,
  );
  expect(ANSWERS.chat.readEvents(`${events.join('')}: hm\n\n`)).toEqual({ text: 'so', thinking: 'Hm', calls: [] });
});

test('a text that goes on is read back, with the prompt before it only where its caller wants that', () => {
  const head = { id: 'cmpl-1', created: 1, model: 'm' };
  const { form, readEvents, encodeOpening } = ANSWERS.completion;
  const writer = makeFormWriter(form(head), true);
  expect(readEvents(`${writer.content('so')}: hm\n\n${writer.content(' on')}`)).toEqual({
    text: 'so on',
    thinking: '',
    calls: [],
  });
  expect(encodeOpening?.(head)).toBeNull();
  const opening = new TextDecoder().decode(encodeOpening?.({ ...head, echo: 'and' }) ?? undefined);
  expect(readEvents(opening).text).toBe('and');
});

test('vectors have room for what was asked and nothing near as much as a chat', () => {
  const asked = { kind: 'embedding', inputs: [], count: 2, dimensions: 3, maxTokens: 0, seed: 0 } as const;
  expect(maxAnswerBytes({ ...asked, inputs: [] })).toBe(64 * 1024 + 48);
});
