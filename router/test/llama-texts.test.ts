// Texts that go on and embeddings from real llama-servers, as the official `openai` client asks for them.
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HAS_LLAMA_SERVER, startLlamaServer } from './llama-server.ts';
import type { LlamaServer } from './llama-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const model = 'nano';
const PROMPT = 'One cloudy day a fox named Ada went to the';

describe.skipIf(!HAS_LLAMA_SERVER)('homes that share a real llama-server (built by .ci/build-llama-server)', () => {
  let stack: Stack;
  const servers: LlamaServer[] = [];
  const accounts: TestAccount[] = [];
  /** Of the account whose home writes, and of the one whose home embeds. */
  let writing: OpenAI;
  let embedding: OpenAI;

  beforeAll(async () => {
    stack = await startStack();
    for (const embeds of [false, true]) {
      const server = await startLlamaServer({ embeds });
      const owner = await stack.makeAccount();
      await stack.startAgent({ owner, args: ['--backend', server.url] });
      await stack.waitForModel(owner, model);
      servers.push(server);
      accounts.push(owner);
    }
    [writing, embedding] = accounts.map(
      ({ apiKey }) => new OpenAI({ apiKey, baseURL: `${stack.url}/v1`, maxRetries: 0 }),
    ) as [OpenAI, OpenAI];
  });
  afterAll(async () => {
    await stack?.stop();
    for (const server of servers) await server.kill();
  });

  test('a text goes on as it stands, streamed and whole alike', async () => {
    const params = { model, prompt: PROMPT, max_tokens: 12, temperature: 0 };
    const whole = await until('an answer', () => writing.completions.create(params).catch(() => null));
    expect(whole.choices[0]?.text).toMatch(/^ \w+/);
    expect(whole.usage).toMatchObject({ completion_tokens: 12 });
    let text = '';
    for await (const { choices } of await writing.completions.create({ ...params, stream: true }))
      text += choices[0]?.text ?? '';
    expect(text).toBe(whole.choices[0]?.text);
  });

  test('vectors of one length, the same for the same text', async () => {
    const input = ['a fox', 'a cat and a dog', 'a fox'];
    const told = await until('vectors', () => embedding.embeddings.create({ model, input }).catch(() => null));
    const [fox, cat, again] = told.data.map(({ embedding: vector }) => vector);
    expect(fox?.length).toBe(128);
    expect(fox?.map((one) => one.toFixed(4))).toEqual(again?.map((one) => one.toFixed(4)));
    expect(fox).not.toEqual(cat);
    expect(told.usage.prompt_tokens).toBeGreaterThan(5);
  });

  test('one that was not started for embeddings is not asked for them', async () => {
    const error = await writing.embeddings.create({ model, input: 'a' }).catch((one: unknown) => one);
    expect(error).toMatchObject({ status: 400, code: 'no_home_fits', param: 'input' });
  });
});
