// Bursts: calls that find their homes full wait for their turn instead of being refused, as long as their callers would wait, and no longer.
import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ask, askWhole, learnDigest, listModel, send } from './ask.ts';
import type { Answer } from './ask.ts';
import { POLL, readUsage } from './books.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount, TestAgent } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/priced';
/** The network's own patience here: longer than any of these bursts takes on a busy machine, or an agent to dial again. */
const PATIENCE_MS = 30_000;
const SHORT = 'say-4x100';
const ENDLESS = 'say-30000x50';

let stack: Stack;
let server: ModelServer;
let owner: TestAccount;
let caller: TestAccount;
let other: TestAccount;
let agent: TestAgent;

beforeAll(async () => {
  stack = await startStack({ timings: { turnWaitMs: PATIENCE_MS, resumeWaitMs: PATIENCE_MS } });
  server = await startModelServer();
  owner = await stack.makeAccount();
  caller = await stack.makeAccount(1_000_000_000);
  other = await stack.makeAccount(1_000_000_000);
  agent = await startHome('1');
  await listModel(stack, { owner, id: MODEL, digest: await learnDigest(stack, owner, 'say-8x0') });
});

afterAll(async () => {
  await stack.stop();
  await server.stop();
});

function startHome(slots: string): Promise<TestAgent> {
  return stack.startAgent({ owner, args: ['--models', 'say-8x0', '--slots', slots, '--backend', server.url] });
}

function job(prompt: string, account = caller, more = {}) {
  return { account, model: MODEL, prompt, more };
}

const running: Answer[] = [];
/** Takes the home's only slot until the test is over, or `leave` is called. */
async function occupy(): Promise<Answer> {
  const answer = await ask(stack, job(ENDLESS));
  await answer.read(({ tokens }) => tokens > 0);
  running.push(answer);
  return answer;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((answer) => answer.leave()));
  for (const account of [caller, other])
    await until('nothing is held', async () => (await readUsage(stack, account)).held_micro === 0);
});

test('8 calls at once at a home with one slot are all answered, one after another, and each is told how long it would be', async () => {
  const all = await Promise.all(Array.from({ length: 8 }, () => askWhole(stack, job(SHORT))));
  expect(all.map(({ status }) => status)).toEqual(all.map(() => 200));
  expect(all.map(({ json }) => json['choices'][0].finish_reason)).toEqual(all.map(() => 'stop'));
  const expected = all.map(({ json }) => Number(json['irori'].expected_ttft_ms)).toSorted((a, b) => a - b);
  // The last of them waited for seven others, 0.3 s each at least.
  expect(expected.at(-1)).toBeGreaterThan(2000);
  expect(all.filter(({ json }) => /after \d+\.\d s in line/.test(json['irori'].reason))).toHaveLength(7);
});

test('the official client gets all of 8 calls at once in their order, and asks for none of them twice', async () => {
  const client = new OpenAI({ apiKey: caller.apiKey, baseURL: `${stack.url}/v1` });
  // None is answered before all have come.
  const first = await occupy();
  const before = server.seen.length;
  const all = Array.from({ length: 8 }, async (_, i) => {
    await new Promise((wake) => setTimeout(wake, 300 * i));
    const messages = [{ role: 'user' as const, content: `say-4x100-fat${i}` }];
    return client.chat.completions.create({ model: MODEL, messages });
  });
  await new Promise((wake) => setTimeout(wake, 300 * all.length));
  await first.leave();
  const answers = await Promise.all(all);
  expect(answers.map(({ choices }) => choices[0]?.finish_reason)).toEqual(answers.map(() => 'stop'));
  const asked = server.seen.slice(before).map(({ body }) => (body['messages'] as { content: string }[])[0]?.content);
  expect(asked).toEqual(answers.map((_, i) => `say-4x100-fat${i}`));
});

test('a burst larger than the line: what is too many is refused at once, who waits when its time is over, each with one time in all of its words', async () => {
  await occupy();
  const [LINE, MORE, WAIT_S] = [128, 12, 6];
  const patience = { provider: { preferred_max_latency: WAIT_S } };
  const startedAt = performance.now();
  const burst = Array.from({ length: LINE + MORE }, async () => {
    const answer = await askWhole(stack, job(SHORT, caller, patience));
    return { ...answer, tookMs: performance.now() - startedAt };
  });
  const all = await Promise.all(burst);
  expect(all.filter(({ tookMs }) => tookMs < 1000 * (WAIT_S - 1)).length).toBeGreaterThanOrEqual(MORE);
  for (const { status, headers, json } of all) {
    const after = Number(headers.get('retry-after'));
    expect([status, json['error'].code, Number.isInteger(after)]).toEqual([429, 'all_homes_busy', true]);
    expect(headers.get('retry-after-ms')).toBe(`${after * 1000}`);
    expect(headers.get('x-should-retry')).toBe(after > 20 ? 'false' : null);
    expect(json['error'].message).toContain(`try again in ${after}s`);
  }
});

test('streams open while they wait, and are answered in their turn', async () => {
  const first = await occupy();
  // It is open, and there is no answer yet.
  const answer = await ask(stack, job(SHORT));
  await first.leave();
  await answer.read();
  expect(answer).toMatchObject({ isDone: true, finish: 'stop', tokens: 4 });
});

test('a crowd of one account does not keep another account out', async () => {
  const first = await occupy();
  const done: string[] = [];
  const crowd = Array.from({ length: 6 }, async () => {
    await askWhole(stack, job(SHORT));
    done.push('crowd');
  });
  // All of the crowd is in line before the other comes.
  await until('the crowd is held', async () => (await readUsage(stack, caller)).held_micro >= 7 * 8);
  await new Promise((wake) => setTimeout(wake, 500));
  const lone = askWhole(stack, job(SHORT, other)).then(() => void done.push('other'));
  await new Promise((wake) => setTimeout(wake, 500));
  await first.leave();
  await Promise.all([...crowd, lone]);
  expect(done.indexOf('other')).toBeLessThan(3);
});

describe('whose turn does not come', () => {
  test('within the latency that it states is refused then, and its credit is free', async () => {
    await occupy();
    const startedAt = performance.now();
    const { status, json, headers } = await askWhole(
      stack,
      job(SHORT, other, { provider: { preferred_max_latency: 1.5 } }),
    );
    const tookMs = performance.now() - startedAt;
    expect([status, json['error'].code]).toEqual([429, 'all_homes_busy']);
    expect(headers.get('retry-after')).toMatch(/^\d+$/);
    expect(tookMs).toBeGreaterThan(1400);
    expect(tookMs).toBeLessThan(10_000);
    expect((await readUsage(stack, other)).held_micro).toBe(0);
  });

  test('and whose stream has opened ends with an error event', async () => {
    await occupy();
    const answer = await ask(stack, job(SHORT, other, { provider: { preferred_max_latency: 4 } }));
    await answer.read();
    expect(answer.comments).toBeGreaterThan(0);
    expect(answer).toMatchObject({ isDone: false, error: { code: 'all_homes_busy' } });
  });

  test('because its caller leaves is taken out of the line: the next one’s comes', async () => {
    const first = await occupy();
    const left = new AbortController();
    const gone = send(stack, { ...job('say-31000x50', other), stream: true, signal: left.signal }).catch(() => null);
    await until('its credit is held', async () => (await readUsage(stack, other)).held_micro > 0);
    await new Promise((wake) => setTimeout(wake, 500));
    left.abort();
    await gone;
    await expect.poll(async () => (await readUsage(stack, other)).held_micro, POLL).toBe(0);
    const next = askWhole(stack, job(SHORT));
    await first.leave();
    expect((await next).status).toBe(200);
    expect(server.seen.some(({ body }) => JSON.stringify(body).includes('say-31000x50'))).toBe(false);
  });
});

test('a home that comes takes who waits', async () => {
  await occupy();
  const waiting = askWhole(stack, job(SHORT));
  const second = await startHome('1');
  expect((await waiting).status).toBe(200);
  await second.signal('SIGTERM');
});

test('who waits at a hub that restarts is answered all the same', async () => {
  const first = await occupy();
  const waiting = askWhole(stack, job(SHORT, other));
  await until('its credit is held', async () => (await readUsage(stack, other)).held_micro > 0);
  await new Promise((wake) => setTimeout(wake, 500));
  const hub = /connected hub=(\S+)/.exec(agent.lines.join('\n'))?.[1] ?? '';
  await stack.network.abortObject('HUB', hub);
  await first.leave();
  expect((await waiting).status).toBe(200);
  expect(agent.exitCode()).toBeNull();
});
