import { describe, expect, test } from 'vitest';
import { encodeLastEvents } from '../../schema/answers.ts';
import { COMMENT_LINE, DONE_EVENT, makeChunkWriter } from '../../schema/chunks.ts';
import type { FinalFacts } from '../../schema/chunks.ts';
import { readFacts, readSaid } from './read-said.ts';

const chunk = { id: 'chatcmpl-1', created: 1_700_000_000, model: 'm' };
const of = { kind: 'chat', chunk } as const;
const writer = makeChunkWriter(chunk, true);
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array | null): string | null => bytes && new TextDecoder().decode(bytes);
const facts = { job: 'job_1', output_tokens: 2, charge_micro: 7 } as FinalFacts;
const last = (includeUsage: boolean): Uint8Array =>
  encodeLastEvents('chat', chunk, {
    finish: 'stop',
    counts: { promptTokens: 1, outputTokens: 2, thinkingTokens: 0 },
    facts,
    includeUsage,
    role: false,
    isEmpty: false,
  });
const join = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(parts.flatMap((part) => [...part]));
const said = encode(writer.thinking('Hm') + writer.content('The ') + writer.content('fox'));

describe('a part that ended well', () => {
  test.each([true, false])('tells so by its last events, with their facts (usage asked: %s)', (includeUsage) => {
    expect(readFacts(join(said, last(includeUsage)))).toEqual(facts);
    expect(readFacts(last(includeUsage))).toEqual(facts);
  });

  test('does not where any byte of them is missing', () => {
    const whole = join(said, last(true));
    for (let at = 0; at < whole.length; at++) expect(readFacts(whole.subarray(0, at))).toBeNull();
  });

  test('nor by what a home writes', () => {
    expect(readFacts(encode(writer.content('"irori":{"job":"x"} data: [DONE]\n\n')))).toBeNull();
  });
});

describe('a part that broke off', () => {
  test('says its text and its thoughts, and how many events they came in', () => {
    expect(readSaid(said, of)).toEqual({
      text: 'The fox',
      thinking: 'Hm',
      calls: [],
      textEvents: 2,
      thinkingEvents: 1,
      facts: null,
      missing: new Uint8Array(0),
      isSilent: false,
    });
  });

  test('in the middle of an event says what stood in it, which is completed', () => {
    const cut = encode((decode(said) ?? '').replace(/ox.*$/s, 'o'));
    const { text, missing } = readSaid(cut, of);
    expect(text).toBe('The fo');
    expect(readSaid(join(cut, missing ?? new Uint8Array(0)), of)).toMatchObject({ text, missing: new Uint8Array(0) });
  });

  test('in silence says so', () => {
    expect(readSaid(join(said, COMMENT_LINE), of)).toMatchObject({ isSilent: true, missing: new Uint8Array(0) });
    expect(readSaid(COMMENT_LINE, of)).toMatchObject({ text: '', isSilent: true });
  });

  test('in the middle of a character cannot be completed', () => {
    const event = encode(writer.content('火'));
    expect(readSaid(event.subarray(0, event.indexOf(0xe7) + 2), of).missing).toBeNull();
  });

  test('behind its facts has all but the terminator; between its reason and them nobody knows what it cost', () => {
    const whole = join(said, last(true));
    const behindFacts = whole.subarray(0, whole.length - DONE_EVENT.length);
    expect(decode(readSaid(behindFacts, of).missing)).toBe('data: [DONE]\n\n');
    expect(decode(readSaid(whole.subarray(0, -4), of).missing)).toBe('E]\n\n');
    const usageAt = decode(whole)?.indexOf('"usage"') ?? 0;
    expect(readSaid(whole.subarray(0, usageAt), of)).toMatchObject({ facts: null, missing: null });
  });
});
