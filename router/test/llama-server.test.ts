// Callers, the network and two homes whose model servers are real llama-servers.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, askAll, askWhole, learnDigest, listModel } from './ask.ts';
import { isLedgerSound, POLL } from './books.ts';
import { startHomes } from './homes.ts';
import { HAS_LLAMA_SERVER, startLlamaServer } from './llama-server.ts';
import type { LlamaServer } from './llama-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/nano';
const CONTEXT_TOKENS = 16_384;
const GRANTED = 100_000_000;
const PARIS = '48.9,2.4,FR';
const STORY = 'Tell me a story about a fox named Ada.';
/** 30 kB, about 8,000 tokens of the demo model. */
const LONG = 'The fox went home. '.repeat(1600);

describe.skipIf(!HAS_LLAMA_SERVER)('homes that share a real llama-server (built by .ci/build-llama-server)', () => {
  let stack: Stack;
  let caller: TestAccount;
  const servers: LlamaServer[] = [];
  let nodes: string[] = [];

  beforeAll(async () => {
    // Eight callers share four slots: who waits for one waits as long as the longest prompt takes on a slow machine.
    stack = await startStack({ timings: { turnWaitMs: 60_000 } });
    const owner = await stack.makeAccount();
    caller = await stack.makeAccount(GRANTED);
    for (let i = 0; i < 2; i++) servers.push(await startLlamaServer({ contextTokens: CONTEXT_TOKENS }));
    const homes = servers.map(({ url }) => ({ place: PARIS, args: ['--backend', url] }));
    nodes = (await startHomes(stack, owner, homes)).map(({ node }) => node);
    const digest = await learnDigest(stack, owner, 'nano');
    await listModel(stack, { owner, id: MODEL, digest, homes: 2 });
  });

  afterAll(async () => {
    await stack?.stop();
    for (const server of servers) await server.kill();
  });

  const job = (prompt: string, more: Record<string, unknown> = {}) => ({
    account: caller,
    model: MODEL,
    prompt,
    place: PARIS,
    more: { temperature: 0, ...more },
  });

  test('eight callers at once at four slots are all answered, streamed and not, with prompts of 30 kB among them', async () => {
    const calls = Array.from({ length: 8 }, async (_, i) => {
      const prompt = i < 2 ? LONG : STORY;
      if (i % 2 === 0) {
        const { isDone, finish, usage } = await askAll(stack, { ...job(prompt), maxTokens: 12 });
        return { isDone, finish, usage };
      }
      const { status, json } = await askWhole(stack, { ...job(prompt), maxTokens: 12 });
      return { isDone: status === 200, finish: json['choices']?.[0]?.finish_reason, usage: json['usage'] };
    });
    for (const { isDone, finish, usage } of await Promise.all(calls)) {
      expect([isDone, finish, usage.completion_tokens]).toEqual([true, 'length', 12]);
    }
  });

  test('a prompt over the context is 400 context_length_exceeded with both numbers', async () => {
    const { status, json } = await askWhole(stack, { ...job(LONG.repeat(3)), maxTokens: 12 });
    expect([status, json['error']?.code]).toEqual([400, 'context_length_exceeded']);
    expect(json['error']?.message).toMatch(/\b16,?384\b/);
    expect(json['error']?.message).toMatch(/prompt holds (at least )?(19|2\d),?\d{3} tokens/);
  });

  test('a caller who leaves frees the slot, streamed or not', async () => {
    for (const server of servers) server.slowDown();
    const answer = await ask(stack, job(STORY));
    await answer.read(({ contentEvents }) => contentEvents > 0);
    await answer.leave();
    const leave = new AbortController();
    const whole = askWholeUntil(leave.signal);
    await until('a busy slot', async () => (await countBusy()) > 0);
    leave.abort();
    await whole;
    await expect.poll(countBusy, POLL).toBe(0);
  });

  test('an answer whose server is killed goes on at the other home as if nothing had happened', async () => {
    const whole = await askAll(stack, job(STORY));
    for (const server of servers) server.slowDown();
    const answer = await ask(stack, job(STORY));
    await answer.read(({ contentEvents }) => contentEvents >= 3);
    const killed = servers[nodes.indexOf(answer.irori.node)];
    await killed?.kill();
    await answer.read();
    expect(answer).toMatchObject({ text: whole.text, isDone: true, finish: 'stop' });
    expect(answer.irori.resumed).toBe('same-model');
    await killed?.start();
  });

  test('the books balance', async () => {
    await expect.poll(() => isLedgerSound(stack), POLL).toBe(true);
  });

  async function countBusy(): Promise<number> {
    return (await Promise.all(servers.map((server) => server.countBusy()))).reduce((sum, busy) => sum + busy, 0);
  }

  async function askWholeUntil(signal: AbortSignal): Promise<void> {
    const body = { model: MODEL, messages: [{ role: 'user', content: STORY }], temperature: 0 };
    const call = stack.call('/v1/chat/completions', { key: caller.apiKey, body, place: PARIS, signal });
    await call.then((response) => response.text()).catch(() => undefined);
  }
});
