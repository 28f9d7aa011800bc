// A hub that sleeps between jobs: it wakes through the sockets it had, and money neither waits for it nor is lost with its memory.
// (What it makes of a job that it forgot stands in workerd/hub.test.ts: while a part is open no eviction takes its memory.)
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, askAll, askOnline, learnDigest, listModel } from './ask.ts';
import { Books, findReceiptRows, movedBy, NOTHING_MOVED } from './books.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { RawNode, RAW_DIGEST, RAW_MODEL } from './raw-node.ts';
import type { RawJob } from './raw-node.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount, TestAgent } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/priced';
const RAW = 'test/raw';
const GRANTED = 10_000_000;
const PLACE = '48.9,2.4,FR';
const HUB = 'hub:weur:0';

let stack: Stack;
let server: ModelServer;
let owner: TestAccount;
let caller: TestAccount;
let books: Books;
let agent: TestAgent;

beforeAll(async () => {
  stack = await startStack();
  server = await startModelServer();
  owner = await stack.makeAccount();
  caller = await stack.makeAccount(GRANTED);
  const args = ['--models', 'say-8x0', '--slots', '4', '--backend', server.url];
  agent = await stack.startAgent({ owner, args, place: PLACE });
  const digest = await learnDigest(stack, owner, 'say-8x0');
  await listModel(stack, { owner, id: MODEL, digest });
  books = new Books(stack, { caller, owner, granted: GRANTED });
});

afterAll(async () => {
  await stack.stop();
  await server.stop();
});

function job(prompt: string) {
  return { account: caller, model: MODEL, prompt };
}

function evict(): Promise<void> {
  return stack.network.evictObject('Hub', HUB);
}

describe('an idle hub', () => {
  test('that was evicted serves the next job through the socket it had', async () => {
    for (let round = 0; round < 3; round++) {
      expect(await askAll(stack, job('say-4x0'))).toMatchObject({ isDone: true, tokens: 4 });
      expect(await books.faultsAfter(movedBy(7 + 8))).toEqual([]);
      await evict();
    }
    expect(await askAll(stack, job('say-4x0'))).toMatchObject({ isDone: true, irori: { attempts: 1 } });
    expect(await books.faultsAfter(movedBy(7 + 8))).toEqual([]);
    expect(agent.lines.filter((line) => line.includes('connected'))).toHaveLength(1);
  });

  test('that was evicted right after an answer loses nothing of its settlement', async () => {
    for (let round = 0; round < 5; round++) {
      const answer = await ask(stack, job('say-4x0'));
      await answer.read(({ isDone }) => isDone);
      await evict();
      expect(await books.faultsAfter(movedBy(7 + 8))).toEqual([]);
    }
  });
});

describe('a hub with an open part', () => {
  test('keeps its memory until the part is settled, and a receipt that comes later is paid once', async () => {
    const node = await RawNode.join(stack, owner);
    await stack.waitForModel(owner, RAW_MODEL);
    await listModel(stack, { owner, id: RAW, digest: RAW_DIGEST });
    const jobs: RawJob[] = [];
    node.onJob = (one) => void jobs.push(one.head().say(' one two', 2));
    const answer = await askOnline(stack, { account: caller, model: RAW, prompt: 'hello', maxTokens: 10 });
    await answer.read(({ text }) => text !== '');
    await answer.leave();
    await until('the cancel', () => node.heard.some(({ name }) => name === 'cancel'));
    // The home does not answer the cancel: its part stays open for two seconds, and the eviction waits for it.
    await evict();
    expect(await books.faultsAfter({ caller: -4, owner: 0, fees: 4 })).toEqual([]);
    expect(await findReceiptRows(stack, answer.job)).toMatchObject([
      { outcome: 'cancelled', outputTokens: 2, earn: 0 },
    ]);

    const [job] = jobs;
    const signed = job!.receipt({ finish: 2, promptTokens: 0, amount: 4n });
    const accepted = await node.offerLate(job!, signed);
    expect(accepted.acceptance).toMatchObject({ outputTokens: 2, amount: 4n });
    expect(await books.faultsAfter({ caller: 0, owner: 4, fees: -4 })).toEqual([]);
    await evict();
    expect(await node.offerLate(job!, signed)).toEqual(accepted);
    expect(await books.faultsAfter(NOTHING_MOVED)).toEqual([]);
    await node.close();
  });
});
