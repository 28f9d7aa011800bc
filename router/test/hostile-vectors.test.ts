// Homes that answer embeddings with anything but what was asked: nothing of it reaches a caller, nobody pays for it, and an honest home answers.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeFormWriter } from '../../schema/chunks.ts';
import { formVectors, packVectors } from '../../schema/vectors.ts';
import { listModel } from './ask.ts';
import { Books, findReceiptRows, movedBy, readUsage } from './books.ts';
import { RawNode, RAW_DIGEST } from './raw-node.ts';
import type { RawJob } from './raw-node.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/vectors';
const PARIS = '48.9,2.4,FR';
const GRANTED = 1_000_000;
const GOOD = [
  [1, 2, 3],
  [4, 5, 6],
];

let stack: Stack;
let owner: TestAccount;
let caller: TestAccount;
let books: Books;

beforeAll(async () => {
  stack = await startStack({ timings: { coolingMs: 1 } });
  owner = await stack.makeAccount();
  caller = await stack.makeAccount(GRANTED);
  await open('40,2.4,ES', answer);
  await listModel(stack, { owner, id: MODEL, digest: RAW_DIGEST, homes: 1 });
  books = new Books(stack, { caller, owner, granted: GRANTED });
});
afterAll(() => stack?.stop());

async function open(place: string, onJob: (job: RawJob) => void): Promise<RawNode> {
  const home = await RawNode.join(stack, owner, { place });
  home.onJob = onJob;
  home.sendState(32, [{ resume: 'text', can: ['embeddings'] }]);
  return home;
}

/** What the honest home waits for. */
let mayAnswer = Promise.resolve();

/** The honest home. */
async function answer(job: RawJob): Promise<void> {
  await mayAnswer;
  job.head();
  say(job, pack(GOOD));
  job.end(job.receipt({ promptTokens: 5, amount: 5n }));
}

function pack(vectors: readonly (readonly number[])[]): string {
  return Buffer.from(packVectors(vectors)).toString('base64');
}

function say(job: RawJob, base64: string, tokens = 0): void {
  const writer = makeFormWriter(formVectors(job.frame.chunk), true);
  job.sayEvents(writer.content(base64), tokens);
}

const call = (more: object = {}): Promise<Response> =>
  stack.call('/v1/embeddings', {
    key: caller.apiKey,
    place: PARIS,
    body: { model: MODEL, input: ['one two', 'three'], ...more },
  });

async function callBeside(onJob: (job: RawJob) => void): Promise<Response> {
  let hasLied = false;
  const liar = await open(PARIS, (job) => {
    hasLied = true;
    onJob(job);
  });
  try {
    return await until('a job for the home beside', async () => {
      const response = await call();
      return hasLied ? response : null;
    });
  } finally {
    await liar.close();
  }
}

/** Waits for the books; `charge` is all that may have moved. */
const expectMoved = async (charge: number): Promise<void> =>
  expect(await books.faultsAfter(movedBy(charge))).toEqual([]);

test('an honest answer is charged by its prompt alone', async () => {
  const response = await call();
  expect(await response.json()).toMatchObject({
    data: GOOD.map((embedding, index) => ({ object: 'embedding', index, embedding })),
    usage: { prompt_tokens: 5, total_tokens: 5 },
    irori: { charge_micro: 5, output_tokens: 0 },
  });
  await expectMoved(5);
});

test('a prompt counted too high is charged no higher than its bytes can bear', async () => {
  const response = await callBeside((job) => {
    job.head();
    say(job, pack(GOOD));
    job.end(job.receipt({ promptTokens: 10_000, amount: 10_000n }));
  });
  const { usage, irori } = (await response.json()) as {
    usage: { prompt_tokens: number };
    irori: { charge_micro: number };
  };
  expect(usage.prompt_tokens).toBeLessThan(100);
  expect(irori.charge_micro).toBe(usage.prompt_tokens);
  await expectMoved(usage.prompt_tokens);
});

const NAN = Buffer.from([0, 0, 0xc0, 0x7f]);
const INFINITE = Buffer.from([0, 0, 0x80, 0xff]);
const LIES: readonly (readonly [string, (job: RawJob) => void])[] = [
  ['nothing', () => undefined],
  ['numbers that are no two vectors', (job) => say(job, pack([[1, 2, 3]]))],
  ['half a number', (job) => say(job, Buffer.alloc(10).toString('base64'))],
  ['no number', (job) => say(job, Buffer.concat([NAN, NAN]).toString('base64'))],
  ['an infinite number', (job) => say(job, Buffer.concat([INFINITE, NAN]).toString('base64'))],
  ['longer vectors than there are', (job) => say(job, pack(GOOD.map(() => Array.from({ length: 8193 }, () => 1))))],
  ['base64 that is cut', (job) => say(job, pack(GOOD).slice(0, -1))],
  ['base64 that goes on behind its end', (job) => say(job, `${pack([[1]])}${pack([[1]])}`)],
  ['what is no base64', (job) => say(job, '!!!!')],
  ['an escaped character', (job) => job.sayEvents(event(job, pack(GOOD)).replace('A', String.raw`\u0041`), 0)],
  ['tokens of output', (job) => say(job, pack(GOOD), 3)],
  ['a word of a chat', (job) => job.sayEvents(job.writeEvent('forged'), 0)],
  ['facts of its own', (job) => job.sayEvents(event(job, pack(GOOD)).replace('}', ',"irori":{}}'), 0)],
  [
    'an answer flagged as thinking',
    (job) => job.sayBytes(Buffer.from(event(job, pack(GOOD))), { tokens: 0, isThinking: true }),
  ],
];

function event(job: RawJob, base64: string): string {
  return makeFormWriter(formVectors(job.frame.chunk), true).content(base64);
}

describe('a home that gives', () => {
  test.each(LIES)('%s: another answers, and the lie is free', async (_, lie) => {
    const response = await callBeside((job) => {
      job.head();
      lie(job);
      job.end(job.receipt({ promptTokens: 5, amount: 5n }));
    });
    const { data, irori } = (await response.json()) as { data: { embedding: number[] }[]; irori: Facts };
    expect(data.map(({ embedding }) => embedding)).toEqual(GOOD);
    expect(irori).toMatchObject({ attempts: 2, charge_micro: 5 });
    const rows = await until('the settlement', async () => {
      const found = await findReceiptRows(stack, irori.job);
      return found.some(({ outcome }) => outcome === 'complete') && found;
    });
    const paid = rows.filter(({ charge, earn }) => charge > 0 || earn > 0);
    expect(paid.map(({ outcome, charge }) => [outcome, charge])).toEqual([['complete', 5]]);
  });
});

test('the credit stays held while the next home makes all of them anew', async () => {
  const begun = Promise.withResolvers<void>();
  mayAnswer = begun.promise;
  const response = callBeside((job) => {
    job.head();
    say(job, pack(GOOD.slice(0, 1)));
    job.fault('internal');
  });
  await until('the liar’s part to be settled', async () => {
    const { held_micro: held, totals } = await readUsage(stack, caller);
    return held > 0 && totals.jobs >= 0;
  });
  await new Promise((wake) => setTimeout(wake, 1000));
  expect((await readUsage(stack, caller)).held_micro).toBeGreaterThan(0);
  begun.resolve();
  expect(await (await response).json()).toMatchObject({ irori: { attempts: 2, charge_micro: 5 } });
});

interface Facts {
  readonly job: string;
  readonly attempts: number;
  readonly charge_micro: number;
}

test('without credit nothing is asked of a home', async () => {
  const poor = await stack.makeAccount(1);
  const body = { model: MODEL, input: 'long '.repeat(100) };
  const response = await stack.call('/v1/embeddings', { key: poor.apiKey, body });
  expect(response.status).toBe(402);
});
