// An answer that one home began and another goes on with, against the same answer made in one go: thousands of cuts, on a stand-in for
// the model (logits are a hash of the tokens so far, pulled towards a text of many scripts), so that every byte of Unicode comes by.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ChatJob, Delta } from './backend.ts';
import { DecodingRun } from './decoding-run.ts';
import { locateNano } from './nano-model.ts';
import { makeCodec } from './render-prompt.ts';
import type { Codec } from './render-prompt.ts';

const read = (name: string): unknown => JSON.parse(readFileSync(join(locateNano(), name), 'utf8'));
const made = makeCodec(read('tokenizer.json'), read('tokenizer_config.json'));
if (!made.ok) throw new Error(made.error);
const codec: Codec = made.value;
const END = codec.controls.get('<|end|>') ?? -1;
const LIMITS = { contextTokens: 400, endIds: [END] };
const VOCABULARY = 1024;
const SCRIPT = codec.encode(
  'Grüße aus 東京 und 서울! 👩‍🚀🚀 İzmir — naïve café, ½ Ω. Привет, мир: “да”. 囲炉裏端 है नमस्ते END stop STOP\n\n  x = 1;',
);

const cache = { tensors: {}, length: 0 };

/** Logits that hang on every token so far and lean towards the script's next token; `noise` from 0 (follows it) to 1. */
function modelLogits(ids: readonly number[], promptLength: number, noise: number): Float32Array {
  let hash = 0x811c9dc5;
  for (const id of ids.slice(-6)) hash = Math.imul(hash ^ id, 0x01000193);
  const logits = new Float32Array(VOCABULARY);
  for (let id = 0; id < VOCABULARY; id++) {
    hash = Math.imul(hash ^ (id + 0x9e37), 0x01000193);
    logits[id] = ((hash >>> 8) & 0xff) / 64;
  }
  const next = SCRIPT[(ids.length - promptLength) % SCRIPT.length] ?? 0;
  logits[next] = (logits[next] ?? 0) + 14 * (1 - noise);
  return logits;
}

interface Ran {
  readonly deltas: readonly Delta[];
  readonly reason: 'stop' | 'length' | null;
}

function answer(job: ChatJob, noise: number): Ran {
  const run = DecodingRun.open(job, codec, LIMITS);
  if (!run.ok) throw new Error(run.error.message);
  const deltas: Delta[] = [];
  const ids: number[] = [];
  const { resume: _, ...anew } = job;
  const promptLength = countPrompt(anew);
  for (;;) {
    const next = run.value.next();
    if (next === null) return { deltas, reason: 'length' };
    ids.push(...next.ids);
    const { delta, reason } = run.value.accept(modelLogits(ids, promptLength, noise), cache);
    if (delta !== null) deltas.push(delta);
    if (reason !== null) return { deltas, reason };
  }
}

/** What a home has prefilled when it makes its first token. */
function countPrompt(job: ChatJob): number {
  const run = DecodingRun.open(job, codec, LIMITS);
  if (!run.ok) throw new Error(run.error.message);
  expect(run.value.promptTokens).toBe(run.value.next()?.ids.length ?? run.value.promptTokens);
  return run.value.promptTokens;
}

const textOf = (deltas: readonly Delta[]): string => deltas.map((delta) => delta.text).join('');
const idsOf = (deltas: readonly Delta[]): number[] => deltas.flatMap((delta) => delta.tokenIds ?? []);

const jobs = fc.record({
  temperature: fc.constantFrom(0, 0.7, 1, 1.6),
  topP: fc.constantFrom(0.9, 1),
  seed: fc.nat(),
  maxTokens: fc.integer({ min: 2, max: 90 }),
  stop: fc.constantFrom(
    [],
    ['END'],
    ['京 u'],
    ['👩‍🚀🚀 '],
    ['OP', 'nowhere'],
    ['café, ½ Ω. П'],
    ['\n\n'],
    ['zz', 'rüß', 'Привет, мир: “да”.'],
  ),
  frequencyPenalty: fc.constantFrom(0, 0.4),
  presencePenalty: fc.constantFrom(0, -0.3),
  noise: fc.constantFrom(0, 0.3, 0.6, 1),
  question: fc.constantFrom('hi', 'Tell me a story.', 'Wer bist du? 日本'),
});

function toJob(wish: { question: string } & Omit<ChatJob, 'kind' | 'model' | 'messages'>): ChatJob {
  return { kind: 'chat', ...wish, model: 'nano-demo', messages: [{ role: 'user', content: wish.question }] };
}

describe('an answer continued elsewhere', () => {
  test('is the undisturbed one, byte for byte and token for token, wherever it is cut', () => {
    let cuts = 0;
    fc.assert(
      fc.property(jobs, ({ noise, ...wish }) => {
        const job = toJob(wish);
        const whole = answer(job, noise);
        for (let at = 1; at <= whole.deltas.length; at += 1 + (at % 3)) {
          const told = whole.deltas.slice(0, at);
          const count = idsOf(told).length;
          if (count >= job.maxTokens) continue;
          const resume = { text: textOf(told), tokenIds: idsOf(told), count };
          const rest = answer({ ...job, maxTokens: job.maxTokens - count, resume }, noise);
          expect(textOf(told) + textOf(rest.deltas)).toBe(textOf(whole.deltas));
          expect([...idsOf(told), ...idsOf(rest.deltas)]).toEqual(idsOf(whole.deltas));
          expect(rest.reason).toBe(whole.reason);
          cuts += 1;
        }
      }),
      { numRuns: 80 },
    );
    expect(cuts).toBeGreaterThan(500);
    // Some seconds of one core, and a multiple of that on a busy machine.
  }, 120_000);

  test('ids stand for exactly the text that travels with them: half a character waits for its end', () => {
    fc.assert(
      fc.property(jobs, ({ noise, ...wish }) => {
        const whole = answer(toJob({ ...wish, stop: [] }), noise);
        for (const delta of whole.deltas.slice(0, -1)) {
          const bytes = (delta.tokenIds ?? []).flatMap((id) => [...(codec.bytesOf(id) ?? [])]);
          expect(new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes))).toBe(delta.text);
          expect(delta.tokens).toBe(delta.tokenIds?.length);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('also when ids came without the end of their text, or text without its ids', () => {
    fc.assert(
      fc.property(jobs, fc.nat(6), fc.nat(6), ({ noise, ...wish }, missingIds, missingText) => {
        const job = toJob({ ...wish, stop: [] });
        const whole = answer(job, noise);
        const told = whole.deltas.slice(0, Math.floor(whole.deltas.length / 2));
        const tokenIds = idsOf(told).slice(0, idsOf(told).length - missingIds);
        const all = textOf(told);
        const text =
          missingIds > 0
            ? all
            : Array.from(all)
                .slice(0, Math.max(0, Array.from(all).length - missingText))
                .join('');
        const resume = { text, tokenIds, count: tokenIds.length };
        const rest = answer({ ...job, maxTokens: job.maxTokens - tokenIds.length, resume }, noise);
        expect(text + textOf(rest.deltas)).toBe(textOf(whole.deltas));
        expect([...tokenIds, ...idsOf(rest.deltas)]).toEqual(idsOf(whole.deltas));
      }),
      { numRuns: 100 },
    );
  });

  test('a home that makes other tokens than those told says so instead of going on wrongly', () => {
    const job = toJob({ ...base, question: 'hi' });
    const resume = { text: 'Grüße aus nowhere at all', tokenIds: codec.encode('Gr'), count: 2 };
    expect(() => answer({ ...job, resume }, 0)).toThrow('this home does not make the answer');
  });
});

const base = { temperature: 0, topP: 1, seed: 1, maxTokens: 60, stop: [], frequencyPenalty: 0, presencePenalty: 0 };

describe('a token that a stop string cuts in two', () => {
  test('ends the continued answer where it ended the first one', () => {
    const script = codec.encode('Grüße aus');
    const cut = codec.bytesOf(script[0] ?? 0);
    expect(cut).toBeDefined();
    for (const stop of ['rü', 'üß', 'ße', ' a', 'us', 's 東']) {
      const job = toJob({ ...base, stop: [stop], question: 'hi' });
      const whole = answer(job, 0);
      expect(whole.reason).toBe('stop');
      const count = idsOf(whole.deltas).length;
      const resume = { text: textOf(whole.deltas), tokenIds: idsOf(whole.deltas), count };
      const rest = answer({ ...job, maxTokens: 60 - count, resume }, 0);
      expect(rest).toEqual({ deltas: [], reason: 'stop' });
    }
  });
});

test('the answer so far is prefilled with the prompt and counts as it does', () => {
  const sampling = { temperature: 0, topP: 1, seed: 1, frequencyPenalty: 0, presencePenalty: 0 };
  const job = toJob({ question: 'hi', maxTokens: 9, stop: [], ...sampling });
  const text = 'Once upon a time';
  const told = codec.encode(text);
  const before = countPrompt(job);
  expect(countPrompt({ ...job, resume: { text, tokenIds: told, count: told.length } })).toBe(before + told.length);
  expect(countPrompt({ ...job, resume: { text, count: told.length } })).toBe(before + told.length);
});
