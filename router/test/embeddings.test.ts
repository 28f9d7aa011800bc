// Embeddings, as the official `openai` client asks for them, through a whole network.
import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ABLE_MODEL, startAbleServer } from './able-server.ts';
import { startAbleStack } from './able-stack.ts';
import type { AbleStack } from './able-stack.ts';
import { embed, vectorOf } from './able-texts.ts';
import type { AbleInput } from './able-texts.ts';
import { until } from './until.ts';

let network: AbleStack;
let client: OpenAI;
const model = ABLE_MODEL;

beforeAll(async () => {
  network = await startAbleStack();
  client = new OpenAI({ apiKey: network.account.apiKey, baseURL: network.url, maxRetries: 0 });
  await until('a model that makes embeddings', async () => (await post({ model, input: 'a' })).status === 200);
});
afterAll(() => network?.stop());
afterEach(() => {
  network.able.gapMs = 0;
  network.able.embed = embed;
});

function post(body: object): Promise<Response> {
  return network.stack.call('/v1/embeddings', { key: network.account.apiKey, body });
}

function calls(): AbleInput[] {
  return network.able.seen.filter(({ path }) => path === '/v1/embeddings').map(({ body }) => body as AbleInput);
}

const refusal = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);

describe('vectors', () => {
  test('of one text come as the numbers that the server gave, by base64 and as they are', async () => {
    for (const format of [{}, { encoding_format: 'base64' }, { encoding_format: 'float' }] as const) {
      const answer = await client.embeddings.create({ model, input: 'hello there', ...format });
      expect(answer).toMatchObject({ object: 'list', model, usage: { prompt_tokens: 2, total_tokens: 2 } });
      expect(answer.data).toHaveLength(1);
      const told = answer.data[0]?.embedding as unknown;
      const numbers = typeof told === 'string' ? [...new Float32Array(Buffer.from(told, 'base64').buffer)] : told;
      const decoded = typeof told === 'string' ? readFloats(told) : numbers;
      expect(decoded).toEqual(vectorOf('hello there'));
    }
  });

  test('of many texts come in their order, in one job of one home', async () => {
    const inputs = Array.from({ length: 500 }, (_, i) => `text ${i} ${'x'.repeat(i % 7)}`);
    const before = calls().length;
    const answer = await client.embeddings.create({ model, input: inputs });
    expect(answer.data.map(({ index }) => index)).toEqual(inputs.map((_, i) => i));
    expect(answer.data.map(({ embedding }) => embedding)).toEqual(inputs.map((text) => vectorOf(text)));
    expect(
      calls()
        .slice(before)
        .map(({ input }) => input),
    ).toEqual([inputs]);
  });

  test('are as long as is asked, where the model makes them so long', async () => {
    const answer = await client.embeddings.create({ model, input: ['a', 'bc'], dimensions: 3 });
    expect(answer.data.map(({ embedding }) => embedding)).toEqual(['a', 'bc'].map((text) => vectorOf(text, 3)));
    network.able.embed = ({ input }) => embed({ input });
    const error = await refusal(client.embeddings.create({ model, input: 'a', dimensions: 3 }));
    expect(error).toMatchObject({ status: 400 });
    expect((error as Error).message).toMatch(/vectors of 8 numbers and no others/);
  });

  test('that no 32 bits are tell no more digits than those have', async () => {
    network.able.embed = (asked) => embedAs(asked, () => [0.1, -1 / 3, 1e-30]);
    const response = await post({ model, input: 'a' });
    const { data } = (await response.json()) as OpenAI.CreateEmbeddingResponse;
    expect(data[0]?.embedding).toEqual(
      [0.1, -0.333333343, 1e-30].map((one) => Number(Math.fround(one).toPrecision(9))),
    );
  });

  test('are charged by the prompt alone, with a receipt, and stand in the usage', async () => {
    const response = await post({ model, input: ['one two', 'three'], user: 'u', strange: true });
    expect(response.headers.get('x-irori-ignored')).toBe('strange');
    const { irori } = (await response.json()) as { irori: { job: string; output_tokens: number } };
    expect(irori.output_tokens).toBe(0);
    const receipt = await network.stack.call(`/v1/receipts/${irori.job}`, { key: network.account.apiKey });
    expect(await receipt.json()).toMatchObject({
      data: [
        { outcome: 'complete', usage: { prompt_tokens: 3, completion_tokens: 0, total_tokens: 3 }, difference: null },
      ],
    });
  });
});

describe('what is refused', () => {
  test.each([
    [{}, 'input', /missing/],
    [{ input: [] }, 'input', /at least|small|>=1/],
    [{ input: '' }, 'input', /empty/],
    [{ input: ['a', ''] }, 'input[1]', /empty/],
    [{ input: [1, 2] }, 'input', /token ids/],
    [{ input: [[1, 2]] }, 'input', /token ids/],
    [{ input: ['a', 2] }, 'input[1]', /string/],
    [{ input: 'a\ud800' }, 'input', /surrogate/],
    [{ input: Array.from({ length: 2049 }, () => 'a') }, 'input', /2048/],
    [{ input: 'a', encoding_format: 'hex' }, 'encoding_format', /float/],
    [{ input: 'a', dimensions: 0 }, 'dimensions', /1/],
    [{ input: Array.from({ length: 200 }, () => 'a'), dimensions: 8000 }, 'input', /send 93 texts/],
    [{ input: ['a', 'word '.repeat(200_000)] }, 'input[1]', /context length/],
  ])('%j names %s and what to do', async (body, param, told) => {
    const response = await post({ model, ...body });
    const { error } = (await response.json()) as { error: { param: string; message: string } };
    expect([response.status, error.param]).toEqual([400, param]);
    expect(error.message).toMatch(told);
  });

  test('what its server refuses is told of the input', async () => {
    const error = await refusal(client.embeddings.create({ model, input: 'x'.repeat(4001) }));
    expect(error).toMatchObject({ status: 400, param: 'input' });
    expect((error as Error).message).toContain('input is too large to process');
  });

  test('a model that nobody has, and one that only chats, are told apart', async () => {
    expect(await refusal(client.embeddings.create({ model: 'none', input: 'a' }))).toMatchObject({ status: 404 });
    await network.stack.startAgent({ owner: network.account });
    await network.stack.waitForModel(network.account, 'nano-demo');
    const chats = await refusal(client.embeddings.create({ model: 'nano-demo', input: 'a' }));
    expect(chats).toMatchObject({ status: 400, code: 'no_home_fits', param: 'input' });
    expect((chats as Error).message).toMatch(/nano-demo.*one home has it without/);
  });
});

describe('a server whose vectors are none', () => {
  test.each([
    ['fewer than the texts', ({ input, ...asked }: AbleInput) => embed({ ...asked, input: [input].flat().slice(1) })],
    ['of different lengths', (asked: AbleInput) => embedAs(asked, (i) => Array.from({ length: i + 1 }, () => 1))],
    ['not numbers', (asked: AbleInput) => embedAs(asked, () => ['1', '2'])],
    ['too large for 32 bits', (asked: AbleInput) => embedAs(asked, () => [1e300])],
    ['empty', (asked: AbleInput) => embedAs(asked, () => [])],
    ['no list', () => ({ object: 'list', data: { a: 1 } })],
  ])('%s: the call fails, and nothing is charged', async (_, how) => {
    network.able.embed = how;
    const before = await usage();
    const error = await refusal(client.embeddings.create({ model, input: ['a', 'b', 'c'] }));
    expect((error as { status: number }).status).toBe(502);
    expect((await usage()).charged).toBe(before.charged);
  });
});

describe('a home with the embedding model of its own', () => {
  test('makes real ones: what means the same is close', async () => {
    await network.stack.startAgent({ owner: network.account, args: ['--embeddings'] });
    await network.stack.waitForModel(network.account, 'use-lite');
    const input = ['How do I rent a GPU?', 'Where can I hire a graphics card?', 'The cat sat on the mat.'];
    const answer = await client.embeddings.create({ model: 'use-lite', input });
    const [rent, hire, cat] = answer.data.map(({ embedding }) => embedding);
    const likeness = (a: number[] = [], b: number[] = []): number =>
      a.reduce((sum, one, i) => sum + one * (b[i] ?? 0), 0);
    expect([rent?.length, answer.usage.prompt_tokens > 15]).toEqual([512, true]);
    expect(likeness(rent, hire)).toBeGreaterThan(0.7);
    expect(likeness(rent, cat)).toBeLessThan(0.2);
    const chat = await refusal(
      client.chat.completions.create({ model: 'use-lite', messages: [{ role: 'user', content: 'hi' }] }),
    );
    expect(chat).toMatchObject({ status: 400 });
  });
});

describe('a home that dies', () => {
  test('is followed by another that makes all vectors anew', async () => {
    const second = await startAbleServer();
    const lone = await network.stack.makeAccount();
    const can = ['--can', `${model}=embeddings`];
    const homes = await Promise.all(
      [network.able, second].map(({ url }) =>
        network.stack.startAgent({ owner: lone, args: ['--backend', url, ...can] }),
      ),
    );
    await network.stack.waitForModel(lone, model, 2);
    for (const server of [network.able, second]) server.gapMs = 1500;
    const own = new OpenAI({ apiKey: lone.apiKey, baseURL: network.url, maxRetries: 0 });
    const asked = own.embeddings.create({ model, input: ['deadly', 'b'] });
    const isAsked = (seen: AbleStack['able']['seen']): boolean =>
      seen.some(({ body }) => JSON.stringify(body).includes('deadly'));
    await until('the job', () => isAsked(network.able.seen) || isAsked(second.seen));
    await homes[isAsked(network.able.seen) ? 0 : 1]?.signal('SIGKILL');
    expect((await asked).data.map(({ embedding }) => embedding)).toEqual(['deadly', 'b'].map((text) => vectorOf(text)));
    await second.stop();
  });
});

describe('a caller who leaves', () => {
  test('stops the home, and its credit is free again', async () => {
    network.able.gapMs = 60_000;
    const leaving = new AbortController();
    const call = refusal(client.embeddings.create({ model, input: 'leaving' }, { signal: leaving.signal }));
    await until('the job', () => calls().some(({ input }) => input === 'leaving'));
    leaving.abort();
    await call;
    expect(await until('the release', async () => (await usage()).held === 0)).toBe(true);
  });
});

async function usage(): Promise<{ held: number; charged: number }> {
  const response = await network.stack.call('/v1/usage', { key: network.account.apiKey });
  const { held_micro: held, totals } = (await response.json()) as {
    held_micro: number;
    totals: { charged_micro: number };
  };
  return { held, charged: totals.charged_micro };
}

function embedAs({ input }: AbleInput, vector: (index: number) => unknown[]): object {
  const texts = [input].flat();
  const data = texts.map((_, index) => ({ object: 'embedding', index, embedding: vector(index) }));
  return { object: 'list', data, usage: { prompt_tokens: texts.length, total_tokens: texts.length } };
}

function readFloats(base64: string): number[] {
  const bytes = Buffer.from(base64, 'base64');
  return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4));
}
