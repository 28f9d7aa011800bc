import { expect, test } from 'vitest';
import { ANSWERS, maxAnswerBytes } from './answers.ts';

const asked = { messages: [], maxTokens: 5, temperature: 1, topP: 1, stop: [], seed: 1 };

test('an answer to a chat may hold far more than its tokens need, and no more', () => {
  expect(maxAnswerBytes({ kind: 'chat', ...asked, frequencyPenalty: 0, presencePenalty: 0 })).toBe((64 + 5 * 8) * 1024);
});

test('another home goes on from the text of whole events', () => {
  expect(ANSWERS.chat.readText('data: {"choices":[{"delta":{"content":"so"}}]}\n\n: hm\n\n')).toBe('so');
});
