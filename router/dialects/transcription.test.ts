import { expect, test } from 'vitest';
import { makeUsage } from '../../schema/chunks.ts';
import { ENERGY } from '../test/sample-energy.ts';
import { speakTranscription } from './transcription.ts';

const usage = { ...makeUsage({ promptTokens: 9, outputTokens: 2, thinkingTokens: 0 }), energy: ENERGY };
const head = { id: 'transcript-1', created: 1, model: 'm' };

test('a transcription tells its energy beside the counts, whole and streamed', () => {
  const spoken = speakTranscription(false);
  const told = { type: 'tokens', input_tokens: 9, output_tokens: 2, energy: ENERGY };
  const message = { role: 'assistant', content: 'hi' } as const;
  const choices = [{ index: 0, message, finish_reason: 'stop' }] as const;
  expect(spoken.encodeWhole({ ...head, choices, usage })).toMatchObject({ text: 'hi', usage: told });
  const stream = spoken.openStream(head, 0);
  stream.take({ ...head, choices: [], usage });
  expect(JSON.parse(stream.end().split('\n')[0]?.slice('data: '.length) ?? '')).toMatchObject({ usage: told });
});
