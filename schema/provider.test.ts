import { describe, expect, test } from 'vitest';
import { parseChatRequest } from './openai.ts';
import type { RequestFault } from './request-fault.ts';
import { keyDefaultsSchema, MAX_LISTED, RESUME_WISHES } from './provider.ts';
import type { SaidWish } from './provider.ts';

const plain = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };
const NODE = `node_${'a1'.repeat(16)}`;

function read(provider: unknown): SaidWish {
  const parsed = parseChatRequest({ ...plain, provider });
  if (!parsed.ok) throw new Error(`refused: ${JSON.stringify(parsed.error)}`);
  return parsed.value.provider;
}

function refuse(extra: object): RequestFault {
  const parsed = parseChatRequest({ ...plain, ...extra });
  if (parsed.ok) throw new Error('accepted');
  return parsed.error;
}

describe('what is said of homes', () => {
  test.each<[object, SaidWish]>([
    [{ order: [NODE] }, { order: [NODE] }],
    [{ only: [NODE] }, { only: [NODE] }],
    [{ ignore: [NODE] }, { ignore: [NODE] }],
    [{ allow_fallbacks: false }, { allowFallbacks: false }],
    [{ quantizations: ['Q4_K_M', 'fp16'] }, { quantisations: ['q4_k_m', 'fp16'] }],
    [{ max_price: { prompt: 0.2 } }, { maxPriceIn: 200_000 }],
    [{ max_price: { completion: '1.05' } }, { maxPriceOut: 1_050_000 }],
    [{ max_price: { prompt: 0, completion: '0' } }, { maxPriceIn: 0, maxPriceOut: 0 }],
    [{ country: 'de' }, { countries: ['DE'] }],
    [{ country: ['DE', 'fr'] }, { countries: ['DE', 'FR'] }],
    [{ max_rtt_ms: 40.5 }, { maxRttMs: 40.5 }],
    [{ pool: 'mine' }, { pool: 'mine' }],
    [{ pool: ' lab ' }, { pool: 'lab' }],
    [{ preferred_max_latency: 0.5 }, { maxTtftMs: 500 }],
    [{ preferred_min_throughput: 42 }, { minTokensPerS: 42 }],
    [{ max_first_token_s: 0.25 }, { maxFirstTokenMs: 250 }],
    [{ require_parameters: true }, { requireParameters: true }],
    [{ require_parameters: false }, { requireParameters: false }],
    [{ max_first_token_s: 600 }, { maxFirstTokenMs: 600_000 }],
  ])('%j', (provider, said) => {
    expect(read(provider)).toEqual(said);
  });

  test.each([
    ['closest', 'closest'],
    ['fairest', 'fairest'],
    ['fastest', 'fastest'],
    ['cheapest', 'cheapest'],
    ['price', 'cheapest'],
    ['throughput', 'fastest'],
    ['latency', 'fastest'],
  ])('sort %s is the mode %s', (sort, mode) => {
    expect(read({ sort })).toEqual({ mode });
  });

  test('nothing said is nothing, in the object and in each of its fields', () => {
    const fields = ['order', 'only', 'ignore', 'allow_fallbacks', 'quantizations', 'max_price', 'sort', 'country'];
    const more = ['max_rtt_ms', 'pool', 'preferred_max_latency', 'preferred_min_throughput', 'max_first_token_s'];
    const neutral = ['require_parameters', 'data_collection', 'zdr'];
    for (const provider of [
      null,
      undefined,
      {},
      Object.fromEntries([...fields, ...more, ...neutral].map((f) => [f, null])),
    ])
      expect(read(provider)).toEqual({});
  });

  test('an empty list says any, so that it can take a key’s default away', () => {
    expect(read({ only: [], quantizations: [], country: [] })).toEqual({
      only: null,
      quantisations: null,
      countries: null,
    });
    expect(read({ order: [], ignore: [] })).toEqual({ order: [], ignore: [] });
  });

  test.each([{ data_collection: 'allow' }, { zdr: false }, { max_price: { request: 0, image: 1, audio: '2' } }])(
    '%j asks for nothing that could be broken',
    (provider) => {
      expect(read(provider)).toEqual({});
    },
  );
});

describe('what cannot be read is refused by its name', () => {
  test.each<[object, string, string]>([
    [{ only: ['deepinfra'] }, 'provider.only[0]', 'must be the id of a home'],
    [{ order: [NODE, 'node_x'] }, 'provider.order[1]', 'must be the id of a home'],
    [{ ignore: [7] }, 'provider.ignore[0]', 'expected string'],
    [{ only: NODE }, 'provider.only', 'expected array'],
    [{ only: Array(MAX_LISTED + 1).fill(NODE) }, 'provider.only', '100'],
    [{ allow_fallbacks: 'no' }, 'provider.allow_fallbacks', 'expected boolean'],
    [{ quantizations: 'int4' }, 'provider.quantizations', 'expected array'],
    [{ quantizations: [''] }, 'provider.quantizations[0]', '>=1'],
    [{ max_price: 1 }, 'provider.max_price', 'expected object'],
    [{ max_price: { prompt: -0.1 } }, 'provider.max_price.prompt', '>=0'],
    [{ max_price: { prompt: '-1' } }, 'provider.max_price.prompt', 'credits per million tokens'],
    [{ max_price: { completion: 'a lot' } }, 'provider.max_price.completion', 'credits per million tokens'],
    [{ max_price: { completion: [] } }, 'provider.max_price.completion', 'credits per million tokens'],
    [{ sort: 'quietest' }, 'provider.sort', '"cheapest"'],
    [{ sort: { by: 'price' } }, 'provider.sort', '"cheapest"'],
    [{ country: 'Germany' }, 'provider.country', 'two letters'],
    [{ country: ['DE', 'EUR'] }, 'provider.country[1]', 'two letters'],
    [{ country: 49 }, 'provider.country', 'a list of them'],
    [{ max_rtt_ms: 0 }, 'provider.max_rtt_ms', '>0'],
    [{ max_rtt_ms: '40' }, 'provider.max_rtt_ms', 'expected number'],
    [{ pool: '  ' }, 'provider.pool', '>=1'],
    [{ preferred_max_latency: 0 }, 'provider.preferred_max_latency', '>='],
    [{ preferred_max_latency: { p50: 1 } }, 'provider.preferred_max_latency', 'expected number'],
    [{ preferred_min_throughput: -1 }, 'provider.preferred_min_throughput', '>0'],
    [{ max_first_token_s: 0 }, 'provider.max_first_token_s', '>='],
    [{ max_first_token_s: 601 }, 'provider.max_first_token_s', '<=600'],
    [{ require_parameters: 1 }, 'provider.require_parameters', 'expected boolean'],
    [{ data_collection: 'deny' }, 'provider.data_collection', "can only be 'allow'"],
    [{ zdr: true }, 'provider.zdr', 'can only be false'],
  ])('%j', (provider, param, told) => {
    expect(refuse({ provider })).toMatchObject({
      param,
      code: 'invalid_value',
      message: expect.stringContaining(told),
    });
  });

  test.each([5, 'price', [], true])('%j is no provider object', (provider) => {
    expect(refuse({ provider })).toMatchObject({ param: 'provider', code: 'invalid_value' });
  });

  test('an unknown field, with those that are known', () => {
    expect(refuse({ provider: { regoin: 'eu' } })).toMatchObject({
      param: 'provider.regoin',
      code: 'unknown_parameter',
      message: expect.stringContaining("Leave it out; 'provider' may hold order, only, ignore"),
    });
    expect(refuse({ provider: { max_price: { token: 1 } } }).param).toBe('provider.max_price.token');
  });
});

describe('resume', () => {
  test.each(RESUME_WISHES)('%s is read', (resume) => {
    const parsed = parseChatRequest({ ...plain, resume });
    expect(parsed.ok && parsed.value.resume).toBe(resume);
  });

  test.each([null, undefined])('%j is nothing said', (resume) => {
    const parsed = parseChatRequest({ ...plain, resume });
    expect(parsed.ok && parsed.value.resume).toBeNull();
  });

  test('anything else is refused', () => {
    expect(refuse({ resume: 'never' })).toMatchObject({ param: 'resume', message: expect.stringContaining('"off"') });
    expect(refuse({ resume: true }).param).toBe('resume');
  });
});

describe('a key’s defaults', () => {
  test('are the fields of provider, and resume beside them', () => {
    const defaults = keyDefaultsSchema.parse({ sort: 'price', pool: 'lab', resume: 'exact' });
    expect(defaults).toEqual({ wish: { mode: 'cheapest', pool: 'lab' }, resume: 'exact' });
    expect(keyDefaultsSchema.parse({})).toEqual({ wish: {}, resume: null });
  });

  test('are as strict as a request', () => {
    for (const wrong of [{ provider: {} }, { only: ['x'] }, { resume: 'no' }, [], 'price', null])
      expect(keyDefaultsSchema.safeParse(wrong).success).toBe(false);
  });
});
