// Homes that fall silent: before their head, or because their model server is frozen before the first token or between tokens. Limits of some
// seconds; those of the product stand in schema/timings.test.ts. Homes that are slow and live are in patience.test.ts.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askAll, learnDigest, listModel } from './ask.ts';
import { Books, findReceiptRows, movedBy, NOTHING_MOVED } from './books.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount, TestAgent } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/priced';
const GRANTED = 10_000_000;
const NEAR = '48.9,2.4,FR';
const FAR = '52.5,13.4,DE';

let stack: Stack;
let caller: TestAccount;
let owner: TestAccount;
let books: Books;
let near: TestAgent;
let nearServer: ModelServer;
let farServer: ModelServer;

beforeAll(async () => {
  stack = await startStack();
  [nearServer, farServer] = await Promise.all([
    startModelServer({ isContinuing: true }),
    startModelServer({ isContinuing: true }),
  ]);
  owner = await stack.makeAccount();
  caller = await stack.makeAccount(GRANTED);
  const args = ['--models', 'say-8x0', '--slots', '4', '--frozen-after', '5', '--backend'];
  near = await stack.startAgent({ owner, args: [...args, nearServer.url], place: NEAR });
  const digest = await learnDigest(stack, owner, 'say-8x0');
  await stack.startAgent({ owner, args: [...args, farServer.url], place: FAR });
  await listModel(stack, { owner, id: MODEL, digest, homes: 2 });
  books = new Books(stack, { caller, owner, granted: GRANTED });
});

afterAll(async () => {
  await stack.stop();
  await Promise.all([nearServer.stop(), farServer.stop()]);
});

/** Keeps every promise, so that the nearer home is asked first however slow the tests have made it look. */
const more = { provider: { preferred_max_latency: 600, preferred_min_throughput: 0.001 }, resume: 'off' };

function job(prompt: string, place: string) {
  return { account: caller, model: MODEL, prompt, place, more };
}

test('a home whose server is frozen before the first token is left for the next; after tokens the answer ends in an error event', async () => {
  nearServer.behaviour = 'say-5x0-wait120000';
  const startedAt = Date.now();
  const timed = async <T>(work: Promise<T>): Promise<{ value: T; ms: number }> => ({
    value: await work,
    ms: Date.now() - startedAt,
  });
  const seenBefore = nearServer.seen.length;
  const toHang = timed(askAll(stack, job('say-20x5-hang3', FAR)));
  const toMove = timed(askAll(stack, job('say-5x0', NEAR)));
  await until('the nearer server is asked', () => nearServer.seen.length > seenBefore);
  nearServer.isFrozen = true;
  const first = await toMove;
  nearServer.isFrozen = false;
  nearServer.behaviour = null;
  farServer.isFrozen = true;
  const between = await toHang;
  farServer.isFrozen = false;
  console.info(
    `frozen before the first token: next home after ${first.ms} ms; between tokens: error after ${between.ms} ms`,
  );

  expect(first.value).toMatchObject({ isDone: true, tokens: 5, error: null, irori: { attempts: 2 } });
  expect(first.value.comments).toBeGreaterThan(5);
  expect(first.ms).toBeGreaterThan(4900);
  await until('the first home’s model is stopped', () => nearServer.seen.at(-1)?.abortedAt);

  expect(between.value).toMatchObject({ isDone: false, isOver: true, text: ' word0 word1 word2', finish: 'error' });
  expect(between.value.error?.code).toBe('home_failed');
  // While its server answered looks the silent answer was waited for.
  expect(between.ms).toBeGreaterThan(first.ms + 2000);
  const hung = farServer.seen.find(({ body }) => JSON.stringify(body).includes('hang3'));
  await until('the silent model is stopped', () => hung?.abortedAt);

  expect(await books.faultsAfter(movedBy(7 + 10))).toEqual([]);
  expect(await findReceiptRows(stack, between.value.job)).toMatchObject([
    { outcome: 'failed-by-node', outputTokens: 3, charge: 0, earn: 0 },
  ]);
});

test('a home that does not even answer is left within a second or so, and is welcome again when it wakes', async () => {
  await near.signal('SIGSTOP');
  const startedAt = Date.now();
  const answer = await askAll(stack, job('say-5x0', NEAR)).finally(() => near.signal('SIGCONT'));
  console.info(`a stopped home: the next one's answer after ${Date.now() - startedAt} ms`);
  // The home that did not answer began nothing.
  expect(answer).toMatchObject({ isDone: true, tokens: 5, irori: { attempts: 1 } });
  expect(Date.now() - startedAt).toBeGreaterThan(1000);
  expect(await books.faultsAfter(movedBy(7 + 10))).toEqual([]);
  // It heard of the job only now, with its cancel behind it: nothing of that is ever sent or paid.
  const again = await until('the woken home', async () => {
    const next = await askAll(stack, job('say-5x0', NEAR));
    expect(await books.faultsAfter(movedBy(7 + 10))).toEqual([]);
    return next.irori.attempts === 1 && next.irori.node !== answer.irori.node ? next : null;
  });
  expect(again).toMatchObject({ isDone: true, tokens: 5 });
  expect(await books.faultsAfter(NOTHING_MOVED)).toEqual([]);
});
