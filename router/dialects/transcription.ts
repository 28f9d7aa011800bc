// A transcription's answer in the API's own words: homes tell its text as that of a chat. Pure.
// Source: https://developers.openai.com/api/reference/resources/audio (transcriptions, and the events transcript.text.delta and transcript.text.done).
import type { Usage } from '../../schema/chunks.ts';
import { escapeLines } from '../../schema/quote-json.ts';
import type { DialectStream } from './dialect.ts';
import type { Spoken } from './spoken.ts';

/** `isPlain`: the text alone, as text/plain, instead of JSON. */
export function speakTranscription(isPlain: boolean): Spoken {
  return {
    openStream: openTranscript,
    ...(isPlain && { wholeType: 'text/plain; charset=utf-8' }),
    encodeWhole: ({ choices, usage, irori }) => {
      const text = choices[0]?.message.content ?? '';
      return isPlain ? `${text}\n` : { text, usage: tellUsage(usage), irori };
    },
    encodeError: ({ status: _status, ...error }) => ({ error: { param: null, ...error } }),
  };
}

function openTranscript(): DialectStream {
  let text = '';
  let usage: Usage | null = null;
  let facts: object | undefined;
  return {
    start: () => '',
    take: (chunk) => {
      usage = chunk.usage ?? usage;
      facts = chunk.irori ?? facts;
      const delta = chunk.choices[0]?.delta.content ?? '';
      text += delta;
      return delta === '' ? '' : writeEvent({ type: 'transcript.text.delta', delta });
    },
    ping: () => ': irori\n',
    end: () =>
      `${writeEvent({ type: 'transcript.text.done', text, ...(usage && { usage: tellUsage(usage) }), irori: facts })}data: [DONE]\n\n`,
    fail: (error) => writeEvent({ error: { param: null, ...error } }),
  };
}

function tellUsage({ prompt_tokens: input, completion_tokens: output, energy }: Usage): object {
  return {
    type: 'tokens',
    input_tokens: input,
    input_token_details: { audio_tokens: input, text_tokens: 0 },
    output_tokens: output,
    total_tokens: input + output,
    ...(energy && { energy }),
  };
}

function writeEvent(event: object): string {
  return `data: ${escapeLines(JSON.stringify(event))}\n\n`;
}
