import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeLastEvents } from '../../schema/answers.ts';
import { concatBytes } from '../../schema/bytes.ts';
import { COMMENT_LINE, DONE_EVENT, encodeEmptyChunk, encodeErrorChunk, makeChunkWriter } from '../../schema/chunks.ts';
import type { FinalFacts } from '../../schema/chunks.ts';
import { MergedChoices } from './merged-choices.ts';

const head = { id: 'chatcmpl-1', created: 1_700_000_000, model: 'm' };
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const error = { message: 'The home went away.', type: 'server_error', code: 'home_failed' };

const factsOf = (index: number, outputTokens: number): FinalFacts =>
  ({ job: `job_${index}`, output_tokens: outputTokens, charge_micro: 10 + index, ttft_ms: 1 }) as FinalFacts;

/** An answer's stream as hubs and edges write it, with comments where they may stand. */
function streamOf(
  index: number,
  pieces: readonly string[],
  { includeUsage = true, isSilent = false } = {},
): Uint8Array {
  const own = { ...head, index };
  const writer = makeChunkWriter(own);
  const comments = isSilent ? [COMMENT_LINE, COMMENT_LINE, encodeEmptyChunk(own)] : [];
  const last = encodeLastEvents('chat', own, {
    finish: 'stop',
    counts: { promptTokens: 7, outputTokens: pieces.length, thinkingTokens: 1 },
    facts: factsOf(index, pieces.length),
    includeUsage,
    role: pieces.length === 0,
    isEmpty: pieces.length === 0,
  });
  return concatBytes([
    ...comments,
    ...pieces.flatMap((piece) => [encode(writer.thinking('hm') + writer.content(piece)), ...comments]),
    last,
  ]);
}

interface Read {
  readonly chunks: any[];
  readonly isDone: boolean;
  readonly text: string;
}

/** As a client of the API reads it that cuts at blank lines and passes over what begins with a colon. */
function read(bytes: Uint8Array): Read {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  const events = text.split('\n\n').filter((event) => event !== '' && !event.startsWith(':'));
  const isDone = events.at(-1) === 'data: [DONE]';
  const chunks = events.filter((event) => event !== 'data: [DONE]').map((event) => JSON.parse(event.slice(6)));
  return { chunks, isDone, text };
}

/** Gives the streams cut and in turns as `order` says. */
function merge(streams: readonly Uint8Array[], order: readonly (readonly [number, number])[] = []): Uint8Array {
  const merged = new MergedChoices(head, streams.length);
  const at = streams.map(() => 0);
  const given: Uint8Array[] = [];
  const give = (index: number, length: number): void => {
    const from = at[index] ?? 0;
    const piece = streams[index]!.subarray(from, from + length);
    at[index] = from + piece.length;
    if (piece.length > 0) given.push(merged.take(index, piece));
  };
  for (const [index, length] of order) give(index % streams.length, length);
  for (const [index, stream] of streams.entries()) give(index, stream.length);
  for (const index of streams.keys()) given.push(merged.end(index));
  return concatBytes(given);
}

const order = fc.array(fc.tuple(fc.nat(7), fc.integer({ min: 1, max: 400 })), { maxLength: 60 });
const answers = fc.array(fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }), { maxLength: 6 }), {
  minLength: 2,
  maxLength: 8,
});

describe('several answers, however their pieces come', () => {
  test('are each read whole, under one usage, one word of facts and one end', () => {
    fc.assert(
      fc.property(answers, order, fc.boolean(), fc.boolean(), (all, turns, includeUsage, isSilent) => {
        const streams = all.map((pieces, index) => streamOf(index, pieces, { includeUsage, isSilent }));
        const { chunks, isDone } = read(merge(streams, turns));
        expect(isDone).toBe(true);
        for (const [index, pieces] of all.entries()) {
          const own = chunks.flatMap(({ choices }) => choices.filter((one: any) => one.index === index));
          expect(own.map(({ delta }: any) => delta.content ?? '').join('')).toBe(pieces.join(''));
          expect(own.map(({ delta }: any) => delta.reasoning_content ?? '').join('')).toBe('hm'.repeat(pieces.length));
          expect(own.filter(({ delta }: any) => delta.role)).toHaveLength(1);
          expect(own.filter(({ finish_reason: finish }: any) => finish)).toEqual([own.at(-1)]);
        }
        const output = all.reduce((sum, pieces) => sum + pieces.length, 0);
        const told = chunks.filter(({ irori, usage }) => irori || usage);
        expect(told).toEqual([chunks.at(-1)]);
        expect(told[0].irori).toMatchObject({ job: 'job_0', output_tokens: output });
        expect(told[0].irori.charge_micro).toBe(all.reduce((sum, _, index) => sum + 10 + index, 0));
        expect(told[0].irori.choices).toEqual(all.map((pieces, index) => factsOf(index, pieces.length)));
        expect(told[0].usage === undefined).toBe(!includeUsage);
        if (!includeUsage) return;
        expect(told[0].usage).toMatchObject({ prompt_tokens: 7, completion_tokens: output, total_tokens: 7 + output });
        expect(told[0].choices).toEqual([]);
      }),
    );
  });

  test('behind comments comes an event that says nothing, which a careless reader may lose', () => {
    const streams = [streamOf(0, ['a'], { isSilent: true }), streamOf(1, ['b'])];
    const text = new TextDecoder().decode(merge(streams, [[0, 2 * COMMENT_LINE.length]]));
    for (const behind of text.split(/(?:: irori\n)+/).slice(1))
      expect(JSON.parse(behind.slice(6, behind.indexOf('\n\n'))).choices[0].delta).toEqual({ content: '' });
    expect(text.startsWith(': irori\n')).toBe(true);
  });

  test('comments of one of them are enough', () => {
    const merged = new MergedChoices(head, 2);
    expect(merged.take(1, COMMENT_LINE)).toHaveLength(0);
    expect(merged.take(0, COMMENT_LINE)).toEqual(COMMENT_LINE);
    merged.take(0, streamOf(0, ['a']));
    expect(merged.take(1, COMMENT_LINE)).toEqual(COMMENT_LINE);
  });
});

describe('an answer that breaks off', () => {
  test('ends all of it with its error, however the pieces come, and nothing says that it ended well', () => {
    fc.assert(
      fc.property(answers, order, fc.nat(7), (all, turns, which) => {
        const broken = which % all.length;
        const streams = all.map((pieces, index) => {
          if (index !== broken) return streamOf(index, pieces);
          return concatBytes([
            encode(makeChunkWriter({ ...head, index }).content('a')),
            encodeErrorChunk({ ...head, index }, error),
          ]);
        });
        const { chunks, isDone } = read(merge(streams, turns));
        expect(isDone).toBe(false);
        expect(chunks.filter((chunk) => chunk.error)).toEqual([chunks.at(-1)]);
        expect(chunks.at(-1).error).toMatchObject(error);
        expect(chunks.some(({ usage }) => usage)).toBe(false);
      }),
    );
  });

  test('whose stream ends in silence is told as broken', () => {
    const cut = streamOf(1, ['a', 'b']).subarray(0, 300);
    const { chunks, isDone } = read(merge([streamOf(0, ['a']), cut]));
    expect(isDone).toBe(false);
    expect(chunks.at(-1)).toMatchObject({ error: { code: 'home_failed' }, choices: [{ index: 1 }] });
  });

  test('gives nothing more afterwards', () => {
    const merged = new MergedChoices(head, 2);
    merged.take(0, encodeErrorChunk(head, error));
    expect([merged.isOver, merged.isBroken]).toEqual([true, true]);
    expect(merged.take(1, concatBytes([streamOf(1, ['a']), DONE_EVENT]))).toHaveLength(0);
    expect(merged.end(0)).toHaveLength(0);
  });
});
