import { expect, test } from 'vitest';
import { ANSWERS, maxAnswerBytes } from './answers.ts';

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
