import { describe, expect, test } from 'vitest';
import { MAX_PICTURES_CHARS } from '../../schema/pictures.ts';
import type { ImageJob, TranscriptionJob } from './backend.ts';
import { buildMediaCall } from './media-calls.ts';

const PNG = `iVBORw0KGgoAAAAN${'A'.repeat(8)}`;
const image: ImageJob = {
  kind: 'image',
  model: 'm',
  prompt: 'a',
  count: 2,
  width: 64,
  height: 96,
  seed: 1,
  promptTokens: 1,
};
const speech: TranscriptionJob = {
  kind: 'transcription',
  model: 'm',
  audio: Buffer.from('RIFF').toString('base64'),
  format: 'wav',
  hint: '',
  temperature: 0,
  promptTokens: 1,
};

function read(answer: unknown, job: ImageJob | TranscriptionJob = image): unknown {
  const result = buildMediaCall(job, 'b').read(typeof answer === 'string' ? answer : JSON.stringify(answer));
  return result.ok ? result.value : result.error.code;
}
const drawn = (...pictures: unknown[]): unknown => read({ data: pictures.map((b64_json) => ({ b64_json })) });

describe('pictures of a server', () => {
  test('are a piece each, with the tokens of their size', () => {
    expect(drawn(PNG, PNG)).toEqual([
      { text: PNG, tokens: 6 },
      { text: `,${PNG}`, tokens: 6 },
    ]);
  });

  test.each([
    ['too few', [PNG]],
    ['too many', [PNG, PNG, PNG]],
    ['no picture', [PNG, 'PGh0bWw+dGhpcyBpcyBubyBwaWN0dXJl']],
    ['no base64', [PNG, `${PNG.slice(0, -4)}****`]],
    ['no text', [PNG, 7]],
    ['more than can be kept', [PNG, PNG + 'A'.repeat(MAX_PICTURES_CHARS)]],
  ])('that are %s are a fault of the server', (_name, pictures) => {
    expect(drawn(...pictures)).toBe('internal');
  });

  test('as addresses, or as what is no JSON, are a fault of the server', () => {
    expect(read({ data: [{ url: 'http://x' }, { url: 'http://y' }] })).toBe('internal');
    expect(read('<html>')).toBe('internal');
  });
});

describe('a transcription of a server', () => {
  test('is one piece, with the tokens that it tells or about as many as its text has', () => {
    expect(read({ text: 'hello' }, speech)).toEqual([{ text: 'hello', tokens: 1 }]);
    expect(read({ text: 'hello', usage: { output_tokens: 3 } }, speech)).toEqual([{ text: 'hello', tokens: 3 }]);
    expect(read({ text: 'hello', usage: { output_tokens: 'many' } }, speech)).toEqual([{ text: 'hello', tokens: 1 }]);
  });

  test('costs no more tokens than its text has bytes, whatever the server says', () => {
    const told = { text: 'hé', usage: { output_tokens: 1_000_000 } };
    expect(read(told, speech)).toEqual([{ text: 'hé', tokens: 3 }]);
  });

  test('of silence is no piece at all', () => {
    expect(read({ text: '' }, speech)).toEqual([]);
  });

  test('that has no text is a fault of the server', () => {
    expect([read({}, speech), read('hello', speech)]).toEqual(['internal', 'internal']);
  });
});
