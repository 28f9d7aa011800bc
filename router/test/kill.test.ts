// Processes that are killed between the answer and the book: workerd at any moment of a settlement, an agent before its receipt is
// acknowledged. Whatever was on its way arrives once.
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { askOnline, askWhole, learnDigest, listModel } from './ask.ts';
import type { Answer } from './ask.ts';
import { Books, findReceiptRows, movedBy, NOTHING_MOVED, POLL, readBooks, readUsage } from './books.ts';
import type { Moved, ReceiptRow } from './books.ts';
import { killNow } from '../local/child-processes.ts';
import { readDeadObjects } from './dead-objects.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { RawNode, RAW_DIGEST, RAW_MODEL } from './raw-node.ts';
import type { RawJob } from './raw-node.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount, TestAgent } from './stack.ts';
import { until } from './until.ts';
import { readWaitingReceipts } from '../../node-agent/test/waiting-receipts.ts';

const MODEL = 'test/priced';
const GRANTED = 10_000_000;
/** Seven tokens of prompt at one unit, four of answer at two. */
const CHARGE = 7 + 8;

let stack: Stack;
let server: ModelServer;
let owner: TestAccount;
let caller: TestAccount;
let agent: TestAgent;
let books: Books;
/** What was on its way when workerd was killed, in all: at a hub undecided or undelivered, at an account not yet in D1. */
const caught = { open: 0, due: 0, waiting: 0 };
/** Sequence numbers of all accepted receipts so far. */
const seqs: bigint[] = [];

beforeAll(async () => {
  // Homes that come back after a kill are to be in time with their receipts, and before a lease is over.
  const leases = { holdRenewMs: 6000, holdLeaseMs: 20_000, holdGraceMs: 4000 };
  stack = await startStack({ timings: { orphanWaitMs: 10_000, bookMs: 3000, ...leases } });
  server = await startModelServer();
  owner = await stack.makeAccount();
  caller = await stack.makeAccount(GRANTED);
  agent = await stack.startAgent({ owner, args: ['--models', 'say-8x0', '--slots', '8', '--backend', server.url] });
  const digest = await learnDigest(stack, owner, 'say-8x0');
  await listModel(stack, { owner, id: MODEL, digest });
  books = new Books(stack, { caller, owner, granted: GRANTED });
});

/** An agent that has lost its router often waits ever longer; a new process is as eager as the first. */
async function renewAgent(): Promise<void> {
  await agent.signal('SIGKILL');
  agent.start();
}

afterAll(async () => {
  await stack.stop();
  await server.stop();
});

function job(prompt: string) {
  return { account: caller, model: MODEL, prompt };
}

/** Workerd (its ids asked for beforehand, so that not a millisecond is lost) dies by SIGKILL and stands again over the same state. */
async function killAndRestart(pids: readonly number[]): Promise<void> {
  killNow(pids);
  await stack.network.killWorkerd();
  const dead = await readDeadObjects(join(stack.folder, 'router'));
  caught.open += dead.openParts;
  caught.due += dead.dueParts;
  caught.waiting += dead.waitingEntries;
  await stack.network.restart();
}

async function readReceipt(answer: Answer): Promise<Record<string, any>> {
  return until('the receipt', async () => {
    const response = await stack.call(`/v1/receipts/${answer.job}`, { key: caller.apiKey });
    const { data } = (await response.json()) as { data?: Record<string, any>[] };
    return data?.[0]?.['acceptance'] ? data[0] : null;
  });
}

async function countWaiting(): Promise<number> {
  return readWaitingReceipts(agent.stateDir).length;
}

/** The one row of each answer, once all are in D1. */
async function rowsOf(answers: readonly Answer[]): Promise<ReceiptRow[]> {
  return until('all settlements', async () => {
    const found = await Promise.all(answers.map((answer) => findReceiptRows(stack, answer.job)));
    return found.every((rows) => rows.length === 1) ? found.flat() : null;
  });
}

function toMoved({ charge, earn }: ReceiptRow): Moved {
  return { caller: 0 - charge, owner: earn, fees: charge - earn };
}

function sum(moved: readonly Moved[]): Moved {
  const add = (a: Moved, b: Moved): Moved => ({
    caller: a.caller + b.caller,
    owner: a.owner + b.owner,
    fees: a.fees + b.fees,
  });
  return moved.reduce(add, NOTHING_MOVED);
}

function sleep(ms: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, ms));
}

describe('workerd killed after an answer', () => {
  beforeEach(renewAgent);

  // Delivery to the accounts takes some milliseconds after [DONE], the way to D1 another 250: each delay falls into another gap.
  test.each([0, 2, 8, 30, 100, 250, 300].map((ms) => [Math.floor(ms * (1 + Math.random() / 10))]))(
    '%i ms after [DONE] charges it once',
    async (delayMs) => {
      const pids = stack.network.workerdPids();
      const answer = await askOnline(stack, job('say-4x0'));
      await answer.read(({ isDone }) => isDone);
      if (delayMs > 0) await sleep(delayMs);
      await killAndRestart(pids);
      expect(answer).toMatchObject({ isDone: true, usage: { prompt_tokens: 7, completion_tokens: 4 } });
      expect(await books.faultsAfter(movedBy(CHARGE))).toEqual([]);
      const rows = await findReceiptRows(stack, answer.job);
      expect(rows).toEqual([
        { outcome: 'complete', promptTokens: 7, outputTokens: 4, charge: CHARGE, earn: movedBy(CHARGE).owner },
      ]);
      const { receipt, acceptance } = await readReceipt(answer);
      expect(acceptance).toMatchObject({ status: 0, amount: String(movedBy(CHARGE).owner) });
      seqs.push(BigInt(receipt.seq));
      await expect.poll(countWaiting, POLL).toBe(0);
    },
  );

  test('when the caller’s account has booked it and the book has not heard of it charges it once', async () => {
    for (let round = 0; round < 10 && caught.waiting === 0; round++) {
      const pids = stack.network.workerdPids();
      const { balance_micro: before } = await readUsage(stack, caller);
      // The first is handed on at once, what comes soon after it waits for its like.
      const answers = [await askOnline(stack, job('say-4x0'))];
      await answers[0]!.read();
      answers.push(await askOnline(stack, job('say-4x0')));
      await answers[1]!.read();
      await until('both charges', async () => (await readUsage(stack, caller)).balance_micro === before - 2 * CHARGE);
      await killAndRestart(pids);
      expect(await books.faultsAfter(sum([movedBy(CHARGE), movedBy(CHARGE)]))).toEqual([]);
      for (const answer of answers) seqs.push(BigInt((await readReceipt(answer))['receipt'].seq));
    }
    expect(caught.waiting).toBeGreaterThan(0);
  });

  test('eight answers at once, killed at the first [DONE]: each is charged as delivered or not at all', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => askOnline(stack, job('say-4x150'))));
    expect((await readUsage(stack, caller)).held_micro).toBeGreaterThan(0);
    const pids = stack.network.workerdPids();
    const ended = answers.map((answer) => answer.read().catch(() => answer));
    await Promise.race(ended);
    await killAndRestart(pids);
    await Promise.all(ended);
    const rows = await rowsOf(answers);
    // A caller that saw [DONE] is charged; one that did not may have been settled a moment before.
    const chargesAt = (isDone: boolean): Set<number> =>
      new Set(rows.filter((_, i) => answers[i]!.isDone === isDone).map((row) => row.charge));
    expect(chargesAt(true)).toEqual(new Set([CHARGE]));
    expect([CHARGE, 0]).toEqual(expect.arrayContaining([...chargesAt(false)]));
    // What nobody pays for comes out of the fees that the home has brought in, once the book knows of it.
    for (const answer of answers) seqs.push(BigInt((await readReceipt(answer))['receipt'].seq));
    const paid = await rowsOf(answers);
    expect(await books.faultsAfter(sum(paid.map(toMoved)))).toEqual([]);
    const charged = paid.filter(({ charge }) => charge > 0);
    expect(new Set(charged.map(({ earn }) => earn))).toEqual(new Set([movedBy(CHARGE).owner]));
  });
});

describe('workerd killed in mid-answer', () => {
  beforeEach(renewAgent);

  test('frees the credit as soon as homes had time to come back, and pays one that comes back later from what it has brought in', async () => {
    // Fees for it to be paid from.
    const before = await Promise.all(Array.from({ length: 4 }, () => askOnline(stack, job('say-500x0'))));
    await Promise.all(before.map((answer) => answer.read()));
    for (const answer of before) seqs.push(BigInt((await readReceipt(answer))['receipt'].seq));
    expect(await books.faultsAfter(sum((await rowsOf(before)).map(toMoved)))).toEqual([]);
    const { fees = 0 } = await readBooks(stack);
    const silent = await askOnline(stack, job('say-5x0-wait60000'));
    const answer = await askOnline(stack, job('say-500x10'));
    await answer.read(({ tokens }) => tokens >= 20);
    await agent.signal('SIGSTOP');
    await killAndRestart(stack.network.workerdPids());
    // The next call is what wakes the hub here: its only home sleeps.
    expect(await askWhole(stack, job('say-4x0'))).toMatchObject({ status: 503 });
    await expect.poll(async () => (await readUsage(stack, caller)).held_micro).toBe(0);
    const nothing = { outcome: 'failed-by-network', outputTokens: 0, charge: 0, earn: 0 };
    expect(await rowsOf([silent, answer])).toMatchObject([nothing, nothing]);
    expect(await books.faultsAfter(NOTHING_MOVED)).toEqual([]);

    await agent.signal('SIGCONT');
    const { receipt } = await readReceipt(answer);
    const [row] = await rowsOf([answer]);
    expect(await books.faultsAfter({ caller: 0, owner: row!.earn, fees: 0 - row!.earn })).toEqual([]);
    seqs.push(BigInt(receipt.seq));
    expect(row!.earn).toBeGreaterThan(0);
    expect(row!.earn).toBeLessThanOrEqual(fees);
    expect(row!.earn).toBeLessThanOrEqual(movedBy(receipt.promptTokens + 2 * receipt.outputTokens).owner);
    expect(receipt.outputTokens).toBeGreaterThanOrEqual(answer.tokens);
    expect(await findReceiptRows(stack, silent.job)).toMatchObject([nothing]);
  });
});

describe('workerd killed before its hub had written down that a part began', () => {
  beforeEach(renewAgent);

  test('pays nobody: the home’s receipt is refused with its reason and leaves, and the caller is charged nothing', async () => {
    let lost: Answer | null = null;
    for (let round = 0; round < 20 && !lost; round++) {
      const pids = stack.network.workerdPids();
      const { open } = caught;
      const answer = await askOnline(stack, job('say-500x10'));
      await answer.read(({ tokens }) => tokens > 0);
      await killAndRestart(pids);
      await answer.read().catch(() => undefined);
      await expect.poll(countWaiting, POLL).toBe(0);
      // Where the machine was slow the hub had time to write: then the part is known, and its home paid from its fees.
      const earned = caught.open > open ? (await rowsOf([answer])).reduce((units, { earn }) => units + earn, 0) : 0;
      expect(await books.faultsAfter({ caller: 0, owner: earned, fees: 0 - earned })).toEqual([]);
      if (caught.open === open) lost = answer;
    }
    expect(agent.lines.some((line) => line.includes('knows nothing of the part'))).toBe(true);
    expect(await findReceiptRows(stack, lost!.job)).toEqual([]);
  });
});

describe('many settlements at once', () => {
  const RAW = 'test/raw';
  const CALLS = 24;

  let node: RawNode;

  beforeAll(async () => {
    node = await RawNode.join(stack, owner);
    await stack.waitForModel(owner, RAW_MODEL);
    await listModel(stack, { owner, id: RAW, digest: RAW_DIGEST });
  });
  afterAll(() => node.close());

  test.each([0, 10, 40])('killed %i ms after their receipts came: each arrives once', async (delayMs) => {
    const jobs: RawJob[] = [];
    node.onJob = (one) => void jobs.push(one.head().say(' one', 1));
    const options = { account: caller, model: RAW, prompt: 'hello', maxTokens: 10 };
    const answers = await Promise.all(Array.from({ length: CALLS }, () => askOnline(stack, options)));
    const pids = stack.network.workerdPids();
    const ended = answers.map((answer) => answer.read().catch(() => answer));
    const signed = jobs.map((one) => ({ one, receipt: one.end(one.receipt()) }));
    await sleep(delayMs);
    await killAndRestart(pids);
    await Promise.all(ended);
    const connect = (): Promise<boolean> =>
      node.connect().then(
        () => true,
        () => false,
      );
    await until('the reconnect', connect);
    await Promise.all(signed.map(({ one, receipt }) => node.offerLate(one, receipt)));
    // A late receipt is booked a moment after its part.
    const rows = await until('receipts that are paid', async () => {
      const found = await rowsOf(answers);
      return found.every(({ charge, earn }) => earn === charge) ? found : null;
    });
    expect(await books.faultsAfter(sum(rows.map(toMoved)))).toEqual([]);
    // A caller that saw [DONE] pays, and its home is paid; the others' work was lost, and so small a charge has brought in no fee to pay it.
    const charges = rows.filter((_, i) => answers[i]!.isDone).map((row) => row.charge);
    expect(charges).toEqual(charges.map(() => 7 + 2));
    expect(rows.map((row) => row.earn)).toEqual(rows.map((row) => row.charge));
  });
});

describe('an agent killed before its receipt was acknowledged', () => {
  beforeEach(renewAgent);

  test('offers it again, has it accepted once, and never uses its number again', async () => {
    let isCaught = false;
    for (let round = 0; round < 20 && !isCaught; round++) {
      const answer = await askOnline(stack, job('say-4x0'));
      await answer.read(({ isDone }) => isDone);
      await agent.signal('SIGKILL');
      isCaught = (await countWaiting()) > 0;
      agent.start();
      expect(await books.faultsAfter(movedBy(CHARGE))).toEqual([]);
      await expect.poll(countWaiting, POLL).toBe(0);
      seqs.push(BigInt((await readReceipt(answer))['receipt'].seq));
    }
    expect(isCaught).toBe(true);
    expect(agent.lines.some((line) => line.includes('receipts offered again'))).toBe(true);
    const next = await (await askOnline(stack, job('say-4x0'))).read();
    expect(await books.faultsAfter(movedBy(CHARGE))).toEqual([]);
    const { receipt } = await readReceipt(next);
    seqs.push(BigInt(receipt.seq));
  });

  test('in mid-answer leaves no hold and no debt', async () => {
    const answer = await askOnline(stack, job('say-500x10'));
    await answer.read(({ tokens }) => tokens >= 10);
    await agent.signal('SIGKILL');
    await answer.read();
    expect(answer.isDone).toBe(false);
    expect(await books.faultsAfter({ caller: 0, owner: 0, fees: 0 })).toEqual([]);
    agent.start();
  });
});

test('the kills fell into every gap: undecided at the hub, undelivered at the hub, and on the way to D1', () => {
  expect(caught.open).toBeGreaterThan(0);
  expect(caught.due).toBeGreaterThan(0);
  expect(caught.waiting).toBeGreaterThan(0);
});

test('no receipt’s number was used twice', () => {
  expect(seqs.length).toBeGreaterThanOrEqual(17);
  expect(new Set(seqs).size).toBe(seqs.length);
});

test('the accounts’ objects and the book agree: what callers paid is what owners and fees got', async () => {
  const { json } = await stack.admin('GET', '/ledger/check');
  expect(json).toMatchObject({ ok: true, total_micro: 0, unbalanced_events: [] });
  const database = await stack.network.database();
  const { results } = await database
    .prepare(
      `SELECT p.value->>0 AS job FROM flushes, json_each(parts, '$.p') AS p WHERE parts->>'w' IS NOT NULL AND p.value->>2 IS NOT NULL
       GROUP BY p.value->>0, p.value->>1 HAVING count(*) > 1`,
    )
    .all();
  expect(results).toEqual([]);
});
