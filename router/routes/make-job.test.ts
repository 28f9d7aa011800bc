import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, test } from 'vitest';
import { concatBytes, toHex } from '../../schema/bytes.ts';
import { isId } from '../../schema/ids.ts';
import { parseChatRequest } from '../../schema/openai.ts';
import type { ChatRequest } from '../../schema/openai.ts';
import { computeCharge } from '../../schema/prices.ts';
import type { Caller } from '../auth/judge-key.ts';
import type { ServedModel } from './served-models.ts';
import { askChat } from './ask-chat.ts';
import { makeJob, makeJobs, MAX_JOB_MS } from './make-job.ts';
import { NO_WISH } from '../../schema/placement.ts';
import type { JobInput } from './make-job.ts';

const NOW = 1_700_000_000_123;
const random = Uint8Array.from({ length: 56 }, (_, i) => i + 1);
const caller = { accountId: 'acct_c', keyId: 'key_c' } as Caller;
const served: ServedModel = {
  modelKey: 'm',
  ownName: null,
  digests: ['d'],
  priceIn: 100,
  priceOut: 300,
  contextTokens: 4096,
  maxOutputTokens: 1024,
  tokenizer: 'nano',
  maxFirstTokenMs: 120_000,
  minBytesPerToken: 2,
};

function request(extra: object = {}): ChatRequest {
  const parsed = parseChatRequest({ model: 'm', messages: [{ role: 'user', content: 'hi' }], ...extra });
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

function make(extra: object = {}, input: Partial<JobInput> = {}) {
  const limits = { promptExact: 12, promptBound: 12, promptLeast: 12, promptExpected: 12, maxTokens: 64 };
  const place = { lat: 1, lon: 2, country: 'FR' };
  const placed = { place, wish: NO_WISH, expectedTokens: 40, prefixes: [] };
  const asked = request(extra);
  const { maxTokens } = input.limits ?? limits;
  const ask = (seed: number) => askChat(asked, { maxTokens, seed });
  return makeJob({
    caller,
    request: asked,
    ask,
    served,
    limits,
    ...placed,
    random,
    idPrefix: 'chatcmpl-',
    now: NOW,
    ...input,
  });
}

describe('makeJob', () => {
  test('the id is of the first 16 random bytes, and the answer’s id says the same', () => {
    const { id, chunk, offer, hold } = make();
    expect(id).toBe('job_0102030405060708090a0b0c0d0e0f10');
    expect(isId('job', id)).toBe(true);
    expect(chunk).toEqual({ id: `chatcmpl-${id.slice(4)}`, created: 1_700_000_000, model: 'm' });
    expect([offer.jobId, hold.jobId]).toEqual([id, id]);
  });

  test('the hold is what the job may cost at most, and outlives the job', () => {
    const { hold, offer } = make(
      {},
      { limits: { promptExact: null, promptBound: 1000, promptLeast: 90, promptExpected: 300, maxTokens: 500 } },
    );
    const most = computeCharge(served, { promptTokens: 1000, outputTokens: 500 });
    expect(hold).toMatchObject({ keyId: 'key_c', amount: most });
    expect(offer.size).toMatchObject({ promptTokens: 300, leastPromptTokens: 90 });
    expect(offer.expiresAt).toBe(NOW + MAX_JOB_MS);
    expect(hold.expiresAt).toBeGreaterThan(offer.expiresAt);
  });

  test('how long is waited is the caller’s to say, else the model’s', () => {
    expect(make().offer).toMatchObject({ maxSilenceMs: 120_000, mostFirstTokenMs: 600_000 });
    const own = make({}, { wish: { ...NO_WISH, maxFirstTokenMs: 300_000 } }).offer;
    expect(own).toMatchObject({ maxSilenceMs: 300_000, mostFirstTokenMs: 300_000 });
  });

  test('a free model holds nothing', () => {
    expect(make({}, { served: { ...served, priceIn: 0, priceOut: 0 } }).hold.amount).toBe(0);
  });

  test('the offer carries what was asked, with the output limit that fits', () => {
    const { offer } = make({
      temperature: 0.5,
      top_p: 0.9,
      stop: 'END',
      seed: -3,
      frequency_penalty: 1,
      stream: true,
      max_tokens: 999,
    });
    expect(offer.request).toEqual({
      kind: 'chat',
      messages: [{ role: 'user', content: 'hi' }],
      maxTokens: 64,
      temperature: 0.5,
      topP: 0.9,
      stop: ['END'],
      seed: -3,
      frequencyPenalty: 1,
      presencePenalty: 0,
    });
    expect(offer).toMatchObject({
      accountId: 'acct_c',
      keyId: 'key_c',
      model: 'm',
      digests: ['d'],
      place: { lat: 1, lon: 2, country: 'FR' },
      stream: true,
      priceIn: 100,
      priceOut: 300,
      promptBound: 12,
      promptExact: 12,
      tokenizer: 'nano',
      minBytesPerToken: 2,
    });
  });

  test('nothing of the caller’s own fields travels to a home', () => {
    expect(JSON.stringify(make({ user: 'someone' }).offer)).not.toContain('someone');
  });

  test('a seed that was not asked for is drawn, is the same number in JSON, and differs', () => {
    const { seed } = make().offer.request;
    expect(Number.isSafeInteger(seed)).toBe(true);
    expect(JSON.parse(JSON.stringify(seed))).toBe(seed);
    expect(make().offer.request.seed).toBe(seed);
    expect(make({}, { random: random.with(48, 200) }).offer.request.seed).not.toBe(seed);
    expect(make({}, { random: new Uint8Array(56).fill(255) }).offer.request.seed).toBe(Number.MAX_SAFE_INTEGER);
  });

  test('the request’s hash is salted with 32 other random bytes', () => {
    const { offer } = make();
    const salt = random.slice(16, 48);
    expect(offer.salt).toBe(toHex(salt));
    const text = new TextEncoder().encode(JSON.stringify(offer.request));
    expect(offer.requestHash).toBe(toHex(sha256(concatBytes([salt, text]))));
    expect(make({}, { random: random.with(20, 0) }).offer.requestHash).not.toBe(offer.requestHash);
    expect(make({ messages: [{ role: 'user', content: 'ho' }] }).offer.requestHash).not.toBe(offer.requestHash);
  });
});

describe('makeJobs', () => {
  const randoms = [random, random.map((byte) => byte + 1), random.map((byte) => byte + 2)] as const;

  function makeAll(extra: object = {}) {
    const limits = { promptExact: 12, promptBound: 12, promptLeast: 12, promptExpected: 12, maxTokens: 64 };
    const asked = request(extra);
    const ask = (seed: number) => askChat(asked, { maxTokens: limits.maxTokens, seed });
    const place = { lat: 1, lon: 2, country: 'FR' };
    const placed = { place, wish: NO_WISH, expectedTokens: 40, prefixes: [] };
    return makeJobs({ caller, request: asked, ask, served, limits, ...placed, idPrefix: 'chatcmpl-', now: NOW }, [
      ...randoms,
    ]);
  }

  test('each answer is a job of its own under one id of the answer, with its index', () => {
    const jobs = makeAll();
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(3);
    expect(new Set(jobs.map(({ offer }) => offer.salt)).size).toBe(3);
    const [first] = jobs;
    expect(jobs.map(({ chunk }) => chunk)).toEqual([
      first.chunk,
      { ...first.chunk, index: 1 },
      { ...first.chunk, index: 2 },
    ]);
    expect(first.chunk).not.toHaveProperty('index');
  });

  test('wait longer for their turns than one alone', () => {
    expect(makeAll().map(({ offer }) => offer.wish.maxWaitMs)).toEqual([60_000, 60_000, 60_000]);
    expect(make().offer.wish.maxWaitMs).toBeNull();
  });

  test('the first one holds and pays for the prompt', () => {
    const price = { priceIn: 100, priceOut: 300 };
    const [first, ...others] = makeAll();
    expect(first.hold.amount).toBe(computeCharge(price, { promptTokens: 12, outputTokens: 64 }));
    expect(first.offer.isPromptShared).toBeUndefined();
    for (const { hold, offer } of others) {
      expect(hold.amount).toBe(computeCharge(price, { promptTokens: 0, outputTokens: 64 }));
      expect(offer.isPromptShared).toBe(true);
    }
  });

  test.each([
    [5, [5, 6, 7]],
    [-2, [-2, -1, 0]],
    [Number.MAX_SAFE_INTEGER, [0, -1, -2].map((by) => Number.MAX_SAFE_INTEGER + by)],
  ])('the seed %s of a caller becomes one for each', (seed, seeds) => {
    expect(makeAll({ seed }).map(({ offer }) => offer.request.seed)).toEqual(seeds);
  });

  test('without a seed each draws its own', () => {
    expect(new Set(makeAll().map(({ offer }) => offer.request.seed)).size).toBe(3);
  });
});
