// What the strictest reader takes for an answer, and what it takes for a forgery.
import { describe, expect, test } from 'vitest';
import { encodeFinishChunk, encodeUsageChunk, makeChunkWriter, makeUsage } from '../../../schema/chunks.ts';
import type { FinalFacts } from '../../../schema/chunks.ts';
import { measureOvercharge, readStrictly } from './read-strictly.ts';

const HEAD = { id: 'chatcmpl-1', created: 1, model: 'm' };
const FACTS = { job: 'job_1', node: 'node_1', charge_micro: 40 } as FinalFacts;
const decoder = new TextDecoder();
const FINISH = decoder.decode(encodeFinishChunk(HEAD, 'stop', { role: false }));
const USAGE = decoder.decode(
  encodeUsageChunk(HEAD, makeUsage({ promptTokens: 1, outputTokens: 2, thinkingTokens: 0 }), FACTS),
);
const END = `${FINISH}${USAGE}data: [DONE]\n\n`;

/** An answer with this behind its first word. */
function read(between: string | ((event: string) => string), end = END): ReturnType<typeof readStrictly> {
  const writer = makeChunkWriter(HEAD);
  const first = writer.content('one');
  const forged = typeof between === 'string' ? between : between(writer.content(' two'));
  return readStrictly(new TextEncoder().encode(first + forged + end), 'm');
}

test('an honest answer has no fault, comments and silence between its events included', () => {
  expect(read((event) => `: irori\n: irori\n${event}`)).toEqual({
    text: 'one two',
    isDone: true,
    error: null,
    faults: [],
    facts: FACTS,
    usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
  });
});

describe('a forgery is told', () => {
  test.each<[string, (event: string) => string]>([
    ['a second [DONE]', (event) => `${event}data: [DONE]\n\n`],
    ['a second finish', (event) => event.replace('"finish_reason":null', '"finish_reason":"stop"')],
    ['usage before the end', (event) => event.replace(']}\n', '],"usage":{"completion_tokens":9}}\n')],
    ['irori before the end', (event) => event.replace(']}\n', '],"irori":{"charge_micro":0}}\n')],
    ['an error before the end', (event) => event.replace(']}\n', '],"error":{"message":"no"}}\n')],
    ['a field delta.tool_calls', (event) => event.replace('"content":" two"', '"tool_calls":[]')],
    ['another id', (event) => event.replace('chatcmpl-1', 'chatcmpl-2')],
    ['another model', (event) => event.replace('"model":"m"', '"model":"n"')],
    ['a carriage return', (event) => event.replace('\n\n', '\r\n\n')],
    ['an event that is no JSON object', () => 'data: {"id":\n\n'],
    ['a field x', (event) => event.replace(']}\n', '],"x":1}\n')],
    ['a second role', (event) => event.replace('"delta":{', '"delta":{"role":"assistant",')],
    ['delta.content that is no text', (event) => event.replace('" two"', '2')],
  ])('%s', (fault, forge) => {
    expect(read(forge).faults).toContain(fault);
  });

  test('bytes that are no UTF-8, and lines that are no data', () => {
    expect(readStrictly(new Uint8Array([0x64, 0xff]), 'm').faults).toContain('invalid UTF-8');
    expect(read('event: error\nid: 7\n\n').faults).toContainEqual(expect.stringContaining('a line that is no data'));
  });
});

test('what ends without a finish, or with an error, is not done', () => {
  expect(read('', '').isDone).toBe(false);
  expect(read('', 'data: [DONE]\n\n').isDone).toBe(false);
  const error = FINISH.replace(']}\n', '],"error":{"message":"broke off"}}\n');
  expect(read('', error)).toMatchObject({ isDone: false, error: 'broke off' });
});

describe('an overcharge is what was charged above what prompt and text are worth', () => {
  const of = (charge: number, tokenizer: string | null, text = 'a b c'): number =>
    measureOvercharge({ text, facts: { ...FACTS, charge_micro: charge } }, { prompt: 'hello', tokenizer });

  test('none for a fair charge, by the tokenizer or by letters', () => {
    expect([of(40, 'nano'), of(40, null)]).toEqual([0, 0]);
  });

  test('one letter as 4,096 tokens is one', () => {
    expect(of(8192, 'nano', 'x')).toBeGreaterThan(8000);
    expect(of(8192, null, 'x')).toBeGreaterThan(8000);
  });

  test('a letter a token is one, a token for each of a wide script is none', () => {
    expect(of(2 * 1180, null, 'a'.repeat(1180))).toBeGreaterThan(500);
    expect(of(2 * 1180, null, '囲'.repeat(1180))).toBe(0);
  });
});
