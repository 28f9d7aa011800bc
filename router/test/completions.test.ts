// Texts that go on, as the official `openai` client asks for them, through a whole network.
import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ABLE_MODEL, startAbleServer } from './able-server.ts';
import { startAbleStack } from './able-stack.ts';
import type { AbleStack } from './able-stack.ts';
import type { TestAgent } from './stack.ts';
import { until } from './until.ts';

let network: AbleStack;
let client: OpenAI;
const model = ABLE_MODEL;

beforeAll(async () => {
  network = await startAbleStack();
  client = new OpenAI({ apiKey: network.account.apiKey, baseURL: network.url, maxRetries: 0 });
  await untilAble();
});
afterAll(() => network?.stop());
afterEach(() => {
  network.able.gapMs = 0;
});

/** The home has found out that its model goes on with bare texts. */
async function untilAble(): Promise<void> {
  await until('a model that goes on with texts', async () => {
    const response = await post({ model, prompt: '1', max_tokens: 1 });
    return response.status === 200;
  });
}

function post(body: object): Promise<Response> {
  return network.stack.call('/v1/completions', { key: network.account.apiKey, body });
}

function asked(): Record<string, unknown> {
  return network.able.seen.findLast(({ path }) => path === '/v1/completions')?.body as Record<string, unknown>;
}

async function read(params: object): Promise<{ text: string; chunks: OpenAI.Completion[] }> {
  const chunks: OpenAI.Completion[] = [];
  const stream = await client.completions.create({
    model,
    stream: true,
    ...params,
  } as OpenAI.CompletionCreateParamsStreaming);
  for await (const chunk of stream) chunks.push(chunk);
  return { text: chunks.map(({ choices }) => choices[0]?.text ?? '').join(''), chunks };
}

describe('a text', () => {
  test('goes on as it stands, whole', async () => {
    const answer = await client.completions.create({ model, prompt: 'count: 1 2', max_tokens: 3 });
    expect(answer).toMatchObject({
      object: 'text_completion',
      model,
      usage: { prompt_tokens: 3, completion_tokens: 3 },
    });
    expect(answer.choices).toEqual([{ index: 0, text: ' 3 4 5', logprobs: null, finish_reason: 'length' }]);
    expect(answer.id).toMatch(/^cmpl-/);
    expect(asked()['prompt']).toBe('count: 1 2');
  });

  test('goes on in a stream, whose end tells the reason, the usage and the facts', async () => {
    const { text, chunks } = await read({ prompt: '38', max_tokens: 9, stream_options: { include_usage: true } });
    expect(text).toBe(' 39 40');
    expect(new Set(chunks.map(({ object }) => object))).toEqual(new Set(['text_completion']));
    expect(chunks.map(({ choices }) => choices[0]?.finish_reason).filter(Boolean)).toEqual(['stop']);
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
    });
  });

  test('is 16 tokens longer where nobody says how long', async () => {
    const { usage } = await client.completions.create({ model, prompt: '1' });
    expect(usage?.completion_tokens).toBe(16);
  });

  test('stands before its answer where that is asked', async () => {
    const answer = await client.completions.create({ model, prompt: 'a 7', max_tokens: 2, echo: true });
    expect(answer.choices[0]?.text).toBe('a 7 8 9');
    expect(answer.usage?.completion_tokens).toBe(2);
    expect((await read({ prompt: 'a 7', max_tokens: 2, echo: true })).text).toBe('a 7 8 9');
    expect(asked()).not.toHaveProperty('echo');
  });

  test('ends before a stop, and reaches the server with its suffix, samplers and seed', async () => {
    const sampled = { temperature: 0, seed: 7, stop: ' 5', suffix: 'END', top_k: 4, logit_bias: { '11': -100 } };
    const answer = await client.completions.create({ model, prompt: '1', max_tokens: 9, ...sampled } as never);
    expect(answer.choices[0]).toMatchObject({ text: ' 2 3 4', finish_reason: 'stop' });
    expect(asked()).toMatchObject({ suffix: 'END', seed: 7, stop: [' 5'], top_k: 4, logit_bias: { '11': -100 } });
  });

  test('has several answers, each an own choice, whole and streamed', async () => {
    const answer = await client.completions.create({ model, prompt: '1', max_tokens: 2, n: 2, best_of: 2 });
    expect(answer.choices.map(({ index, text }) => [index, text])).toEqual([0, 1].map((index) => [index, ' 2 3']));
    const { chunks } = await read({
      prompt: '1',
      max_tokens: 2,
      n: 2,
      echo: true,
      stream_options: { include_usage: true },
    });
    for (const index of [0, 1]) {
      const own = chunks.flatMap(({ choices }) => choices.filter((choice) => choice.index === index));
      expect(own.map(({ text }) => text).join('')).toBe('1 2 3');
    }
    expect(chunks.at(-1)).toMatchObject({
      object: 'text_completion',
      usage: { prompt_tokens: 1, completion_tokens: 4 },
    });
  });

  test('is charged and receipted as a chat is', async () => {
    const response = await post({ model, prompt: '1', max_tokens: 3 });
    const { irori } = (await response.json()) as { irori: { job: string; output_tokens: number } };
    expect(irori.output_tokens).toBe(3);
    const receipt = await network.stack.call(`/v1/receipts/${irori.job}`, { key: network.account.apiKey });
    expect(await receipt.json()).toMatchObject({
      data: [{ outcome: 'complete', usage: { prompt_tokens: 1, completion_tokens: 3 } }],
    });
  });
});

describe('what is refused', () => {
  test.each([
    [{ prompt: [1, 2] }, 'prompt', /token ids/],
    [{ prompt: [[1, 2]] }, 'prompt', /token ids/],
    [{ prompt: ['a', 'b'] }, 'prompt', /2 texts/],
    [{}, 'prompt', /missing/],
    [{ prompt: 'a\ud800' }, 'prompt', /surrogate/],
    [{ prompt: 'a', logprobs: 3 }, 'logprobs', /chat\/completions/],
    [{ prompt: 'a', best_of: 3 }, 'best_of', /Leave it out/],
    [{ prompt: 'a', suffix: 3 }, 'suffix', /Invalid/],
    [{ prompt: 'a', stream_options: { include_usage: true } }, 'stream_options', /'stream'/],
  ])('%j names %s and what to do', async (body, param, told) => {
    const response = await post({ model, ...body });
    const { error } = (await response.json()) as { error: { param: string; message: string } };
    expect([response.status, error.param]).toEqual([400, param]);
    expect(error.message).toMatch(told);
  });

  test('a list of one text is taken, and unknown fields are passed over and told', async () => {
    const response = await post({ model, prompt: ['1'], max_tokens: 1, user: 'u', stream_options: null, strange: 1 });
    expect([response.status, response.headers.get('x-irori-ignored')]).toEqual([200, 'strange']);
  });

  test('what its server refuses is told of the prompt', async () => {
    const error = await client.completions.create({ model, prompt: '' }).catch((one: unknown) => one);
    expect(error).toMatchObject({ status: 400, param: 'prompt' });
    expect((error as Error).message).toContain('prompt must be a text');
  });

  test('a model that nobody has, and one that only chats, are told apart', async () => {
    const nobody = await client.completions.create({ model: 'none', prompt: 'a' }).catch((one: unknown) => one);
    expect(nobody).toMatchObject({ status: 404, param: 'model' });
    await network.stack.startAgent({ owner: network.account });
    await network.stack.waitForModel(network.account, 'nano-demo');
    const chats = await client.completions.create({ model: 'nano-demo', prompt: 'a' }).catch((one: unknown) => one);
    expect(chats).toMatchObject({ status: 400, code: 'no_home_fits', param: 'prompt' });
    expect((chats as Error).message).toMatch(/nano-demo.*one home has it without/);
  });
});

describe('a home that dies', () => {
  test('is followed by another that goes on with the text where it was', async () => {
    const second = await startAbleServer();
    const lone = await network.stack.makeAccount();
    const homes: TestAgent[] = [];
    for (const { url } of [network.able, second])
      homes.push(
        await network.stack.startAgent({ owner: lone, args: ['--backend', url, '--can', `${model}=completion`] }),
      );
    await network.stack.waitForModel(lone, model, 2);
    network.able.gapMs = 60;
    second.gapMs = 60;
    const own = new OpenAI({ apiKey: lone.apiKey, baseURL: network.url, maxRetries: 0 });
    const stream = await own.completions.create({ model, prompt: '0', max_tokens: 30, stream: true });
    let text = '';
    for await (const chunk of stream) {
      text += chunk.choices[0]?.text ?? '';
      if (!text.includes(' 5') || homes.length < 2) continue;
      const busy = network.able.seen.some(({ body }) => (body as { prompt?: string }).prompt === '0') ? 0 : 1;
      await homes[busy]?.signal('SIGKILL');
      homes.length = 0;
    }
    expect(text).toBe(Array.from({ length: 30 }, (_, i) => ` ${i + 1}`).join(''));
    await second.stop();
  });
});
