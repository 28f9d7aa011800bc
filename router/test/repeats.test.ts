// Idempotency-Key through the whole network, as the official `openai` client sends it: the same call is one job and one charge, whatever was lost on the way.
import OpenAI from 'openai';
import type { ClientOptions } from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ABLE_MODEL } from './able-server.ts';
import { startAbleStack } from './able-stack.ts';
import type { AbleStack } from './able-stack.ts';
import { learnDigest, listModel } from './ask.ts';
import { readError } from './error-shape.ts';
import type { TestAccount } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/able';

/** Sends a key with every call, as clients do whose API asks for one: the same with each try of one call. */
class KeyedClient extends OpenAI {
  protected override readonly idempotencyHeader = 'Idempotency-Key';
}

let network: AbleStack;
let caller: TestAccount;
let client: KeyedClient;

beforeAll(async () => {
  network = await startAbleStack();
  const { stack, account: owner } = network;
  const digest = await learnDigest(stack, owner, ABLE_MODEL);
  await listModel(stack, { owner, id: MODEL, digest });
  caller = await stack.makeAccount(1_000_000_000);
  client = openClient();
});
afterAll(() => network?.stop());
afterEach(() => {
  network.able.gapMs = 0;
  network.able.breaksAfter = null;
});

function openClient(options: ClientOptions = {}): KeyedClient {
  return new KeyedClient({ apiKey: caller.apiKey, baseURL: network.url, maxRetries: 0, ...options });
}

const CHAT = { model: MODEL, messages: [{ role: 'user' as const, content: 'Say hello.' }], max_tokens: 20 };
const newKey = (): string => crypto.randomUUID();

interface Irori {
  readonly job: string;
  readonly receipt: string;
  readonly charge_micro: number;
  readonly output_tokens: number;
  readonly idempotent_replay?: true;
  readonly outcome?: string;
  readonly choices?: readonly { readonly job: string }[];
}
type Told = Record<string, unknown> & { readonly irori: Irori; readonly usage?: Record<string, unknown> };

function countsOf({ usage }: Told): Record<string, unknown> {
  const { energy: _energy, ...counts } = usage ?? {};
  return counts;
}

/** Settled jobs and what they cost. */
async function readTotals(): Promise<{ jobs: number; charged: number; held: number }> {
  const response = await network.stack.call('/v1/usage', { key: caller.apiKey });
  const { totals, held_micro: held } = (await response.json()) as {
    totals: { jobs: number; charged_micro: number };
    held_micro: number;
  };
  return { jobs: totals.jobs, charged: totals.charged_micro, held };
}

/** Once nothing is on its way any more. */
async function readSettled(): Promise<{ jobs: number; charged: number }> {
  return until('the settlement', async () => {
    const { held, ...totals } = await readTotals();
    return held === 0 ? totals : null;
  });
}

function send(path: string, key: string, body: object | FormData): Promise<Response> {
  const isForm = body instanceof FormData;
  const headers = { authorization: `Bearer ${caller.apiKey}`, 'idempotency-key': key };
  return fetch(`${network.url}${path}`, {
    method: 'POST',
    headers: isForm ? headers : { ...headers, 'content-type': 'application/json' },
    body: isForm ? body : JSON.stringify(body),
  });
}

/** Asks until the first run is over and the call is told what it came to. */
async function sendOver(path: string, key: string, body: () => object | FormData): Promise<Response> {
  return until('the replay', async () => {
    const response = await send(path, key, body());
    if (response.status !== 409) return response;
    await response.text();
    return null;
  });
}

function makeForm(fields: Record<string, string>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries({ model: MODEL, ...fields })) form.set(name, value);
  const bytes = new Uint8Array(2048);
  bytes.set(new TextEncoder().encode('RIFF'));
  bytes.set(new TextEncoder().encode('WAVEfmt '), 8);
  form.set('file', new Blob([bytes]), 'a.wav');
  return form;
}

const MESSAGES = { model: MODEL, messages: CHAT.messages };
const ENDPOINTS: readonly (readonly [path: string, body: () => object | FormData, without: object])[] = [
  ['/chat/completions', () => CHAT, { object: 'chat.completion', choices: [] }],
  ['/chat/completions', () => ({ ...CHAT, n: 2 }), { object: 'chat.completion', choices: [] }],
  ['/completions', () => ({ model: MODEL, prompt: 'Once', max_tokens: 5 }), { object: 'text_completion', choices: [] }],
  ['/embeddings', () => ({ model: MODEL, input: ['one', 'two'] }), { object: 'list', data: [] }],
  ['/images/generations', () => ({ model: MODEL, prompt: 'A fox.', size: '64x64' }), { data: [] }],
  ['/audio/transcriptions', () => makeForm({ language: 'en' }), { text: '' }],
  [
    '/responses',
    () => ({ model: MODEL, input: 'Say hello.' }),
    { object: 'response', status: 'completed', output: [{ content: [{ text: '' }] }] },
  ],
  ['/messages', () => ({ ...MESSAGES, max_tokens: 20 }), { type: 'message', content: [], stop_reason: 'end_turn' }],
];

test.each(ENDPOINTS)(
  '%s: what comes again is the same job in the same shape, without its text',
  async (path, body, without) => {
    const key = newKey();
    const before = await readSettled();
    const first = await send(path, key, body());
    expect([first.status, first.headers.get('idempotent-replayed')]).toEqual([200, null]);
    const told = (await first.json()) as Told;
    const again = await sendOver(path, key, body);
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
    const replay = (await again.json()) as Told;
    expect(replay).toMatchObject(without);
    expect(Object.keys(told).filter((name) => !(name in replay) && name !== 'output_format')).toEqual([]);
    for (const name of ['id', 'model']) expect(replay[name]).toEqual(told[name]);
    expect(countsOf(replay)).toEqual(countsOf(told));
    // The receipt may have come after the first was told.
    expect(typeof replay.usage?.['energy']).toBe(typeof told.usage?.['energy']);
    const { job, receipt, charge_micro, output_tokens } = told.irori;
    expect(replay.irori).toMatchObject({ job, receipt, charge_micro, output_tokens, idempotent_replay: true });
    expect(replay.irori.choices?.map((one) => one.job)).toEqual(told.irori.choices?.map((one) => one.job));
    expect(again.headers.get('x-irori-job')).toBe(job);
    const after = await readSettled();
    expect(after.charged - before.charged).toBe(charge_micro);
    expect(after.jobs - before.jobs).toBe(told.irori.choices?.length ?? 1);
  },
);

test.each([
  ['/chat/completions', CHAT, /"choices":\[\],"usage":\{"prompt_tokens":\d+.*\n\ndata: \[DONE\]\n\n$/],
  [
    '/completions',
    { model: MODEL, prompt: 'Once', max_tokens: 5 },
    /"choices":\[\].*"idempotent_replay":true.*\n\ndata: \[DONE\]\n\n$/,
  ],
  [
    '/responses',
    { model: MODEL, input: 'Say hello.' },
    /response\.created.*"response\.completed".*"text":"".*"idempotent_replay":true/s,
  ],
  [
    '/messages',
    { ...MESSAGES, max_tokens: 20 },
    /message_start.*message_delta.*"idempotent_replay":true.*message_stop/s,
  ],
])('%s: a stream that comes again is a short one with an end', async (path, body, form) => {
  const key = newKey();
  const streamed = { ...body, stream: true };
  const first = await send(path, key, streamed);
  const text = await first.text();
  const again = await sendOver(path, key, () => streamed);
  expect([again.status, again.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
  const replay = await again.text();
  expect(replay).toMatch(form);
  expect(replay.length).toBeLessThan(Math.max(text.length, 6000));
  expect(again.headers.get('x-irori-job')).toBe(first.headers.get('x-irori-job'));
});

test('a transcription as plain text comes again as an empty one, with its facts in the headers', async () => {
  const key = newKey();
  const body = (): FormData => makeForm({ response_format: 'text' });
  const first = await send('/audio/transcriptions', key, body());
  expect((await first.text()).length).toBeGreaterThan(1);
  const again = await sendOver('/audio/transcriptions', key, body);
  expect(again.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  expect(await again.text()).toBe('\n');
  expect(again.headers.get('x-irori-job')).toBe(first.headers.get('x-irori-job'));
});

describe('the official client', () => {
  test('whose connection is lost behind the router asks again by itself and is charged once', async () => {
    const sent: (string | null)[] = [];
    const losing = openClient({
      maxRetries: 2,
      fetch: async (url, init) => {
        const response = await fetch(url, init);
        sent.push(new Headers(init?.headers).get('idempotency-key'));
        if (sent.length > 1) return response;
        await response.text();
        throw new TypeError('the connection was lost');
      },
    });
    const before = await readSettled();
    const told = (await losing.chat.completions.create(CHAT)) as unknown as Told;
    expect(told).toMatchObject({ choices: [], irori: { idempotent_replay: true, outcome: 'complete' } });
    expect(sent.length).toBeGreaterThan(1);
    expect(new Set(sent).size).toBe(1);
    const after = await readSettled();
    expect([after.jobs - before.jobs, after.charged - before.charged]).toEqual([1, told.irori.charge_micro]);
  });

  test('reads a stream that comes again to its end', async () => {
    const idempotencyKey = newKey();
    const ask = async (): Promise<OpenAI.ChatCompletionChunk[]> => {
      const chunks = [];
      for await (const chunk of await client.chat.completions.create({ ...CHAT, stream: true }, { idempotencyKey }))
        chunks.push(chunk);
      return chunks;
    };
    const told = await ask();
    const [replay, ...more] = await until('the replay', () => ask().catch(() => null));
    expect(more).toEqual([]);
    expect(replay).toMatchObject({ id: told[0]!.id, choices: [], irori: { idempotent_replay: true } });
    expect(replay!.usage!.completion_tokens).toBeGreaterThan(0);
  });

  test('is told that a key was used for something else, and does not ask again', async () => {
    const idempotencyKey = newKey();
    await client.chat.completions.create(CHAT, { idempotencyKey });
    let tries = 0;
    const counting = openClient({ maxRetries: 2, fetch: (url, init) => (tries++, fetch(url, init)) });
    const error = await counting.chat.completions
      .create({ ...CHAT, max_tokens: 21 }, { idempotencyKey })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.ConflictError);
    expect(error).toMatchObject({ status: 409, code: 'idempotency_key_reused', param: 'Idempotency-Key' });
    expect(tries).toBe(1);
    // At another endpoint, or of another API key, it is another key.
    expect((await client.embeddings.create({ model: MODEL, input: 'one' }, { idempotencyKey })).data).toHaveLength(1);
    const { json } = await network.stack.admin('POST', `/accounts/${caller.id}/keys`, {});
    const colleague = openClient({ apiKey: (json as { key: string }).key });
    const theirs = await colleague.chat.completions.create({ ...CHAT, max_tokens: 21 }, { idempotencyKey });
    expect(theirs.choices).toHaveLength(1);
  });
});

test('who comes while the first one runs waits for it a while, then is told to come back; the first goes on undisturbed', async () => {
  // Longer than anybody waits, until it is told to hurry.
  network.able.gapMs = 500;
  const key = newKey();
  const long = 'word '.repeat(200);
  const streamed = { ...CHAT, messages: [{ role: 'user', content: long }], max_tokens: 250, stream: true };
  const first = await send('/chat/completions', key, streamed);
  const reader = first.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = (await reader.read()).value ?? '';
  const meanwhile = await send('/chat/completions', key, streamed);
  network.able.gapMs = 0;
  expect(Number(meanwhile.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await readError(meanwhile, 409)).code).toBe('idempotency_key_in_use');
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) text += piece.value;
  expect(text).toContain('data: [DONE]');
  const again = await sendOver('/chat/completions', key, () => streamed);
  expect(again.headers.get('idempotent-replayed')).toBe('true');
});

test('a job that failed and cost nothing runs again under its key', async () => {
  network.able.breaksAfter = 2;
  const key = newKey();
  const before = await readSettled();
  const broken = await send('/chat/completions', key, CHAT);
  expect(broken.status === 200 ? await broken.text() : 'error').toContain('error');
  network.able.breaksAfter = null;
  const { choices, irori } = await until('a good run', async () => {
    const told = (await (await send('/chat/completions', key, CHAT)).json()) as Told & { choices?: unknown[] };
    return told.choices ? told : null;
  });
  expect([choices, irori.idempotent_replay]).toEqual([[expect.anything()], undefined]);
  const after = await readSettled();
  expect(after.charged - before.charged).toBe(irori.charge_micro);
});

test('a dry run runs nothing and uses up no key', async () => {
  const key = newKey();
  const dry = await send('/chat/completions', key, { ...CHAT, dry_run: true });
  expect(await dry.json()).toMatchObject({ object: 'dry_run' });
  const told = (await (await send('/chat/completions', key, CHAT)).json()) as Told;
  expect(told.irori.idempotent_replay).toBeUndefined();
});

test.each([
  ['that is empty', ''],
  ['with a space', 'with space'],
  ['of 256 characters', 'x'.repeat(256)],
])('a key %s is refused by its header’s name', async (_, key) => {
  const error = await readError(await send('/chat/completions', key, CHAT), 400);
  expect(error).toMatchObject({ code: 'invalid_value', param: 'Idempotency-Key' });
});
