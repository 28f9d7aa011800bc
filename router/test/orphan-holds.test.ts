// Credit that was held when the router died, whatever stage its job was in: it is free again soon, once, and what was owed is paid. A job that
// lives keeps its credit, in a line or in an answer, however long it takes.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { encodeFrame } from '../../schema/frames.ts';
import { ask, listModel, send } from './ask.ts';
import { Answer } from './ask.ts';
import { Books, movedBy, NOTHING_MOVED, POLL, readUsage } from './books.ts';
import { RawNode, RAW_DIGEST, RAW_MODEL } from './raw-node.ts';
import type { RawJob } from './raw-node.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/raw';
const GRANTED = 1_000_000;
/** A lease of 4 s, told of each second: as 75 s and 30 s are to each other, and a little more for a busy machine. */
const LEASE = { holdRenewMs: 1000, holdLeaseMs: 4000, holdGraceMs: 1000 };
const LEASE_MS = LEASE.holdLeaseMs + LEASE.holdGraceMs;

let stack: Stack;
let owner: TestAccount;
let caller: TestAccount;
let node: RawNode;
let books: Books;

beforeAll(async () => {
  stack = await startStack({ timings: { ...LEASE, turnWaitMs: 60_000, headMs: 60_000, orphanWaitMs: 2000 } });
  owner = await stack.makeAccount();
  node = await RawNode.join(stack, owner);
  await stack.waitForModel(owner, RAW_MODEL);
  await listModel(stack, { owner, id: MODEL, digest: RAW_DIGEST });
});

afterAll(() => stack.stop());

beforeEach(async () => {
  caller = await stack.makeAccount(GRANTED);
  books = new Books(stack, { caller, owner, granted: GRANTED });
  await books.start();
});

const job = () => ({ account: caller, model: MODEL, prompt: 'hello', maxTokens: 10 });
const heldNow = async (): Promise<number> => (await readUsage(stack, caller)).held_micro;
const sleep = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms));

/** A call whose answer nobody waits for: it dies with the router. */
async function callAndHold(): Promise<void> {
  send(stack, { ...job(), stream: true }).catch(() => undefined);
  await until('the hold', async () => (await heldNow()) > 0);
}

async function killAndRestart(downMs: number): Promise<void> {
  await stack.network.killWorkerd();
  await sleep(downMs);
  await stack.network.restart();
}

async function comeBack(): Promise<void> {
  await until('the reconnect', () =>
    node.connect().then(
      () => true,
      () => false,
    ),
  );
  await stack.waitForModel(owner, MODEL);
}

describe('the router is killed', () => {
  test.each([
    ['at once', 0],
    ['after a while in which the hold would have lapsed', LEASE_MS + 1000],
  ])('while a job waits in line, and stands again %s: its hold is freed', async (_, downMs) => {
    node.sendState(1);
    node.onJob = (one) => void one.head().say(' one', 1);
    const first = await ask(stack, job());
    const held = await heldNow();
    await callAndHold();
    await until('both holds', async () => (await heldNow()) > held);
    await killAndRestart(downMs);
    await first.read().catch(() => undefined);
    await expect.poll(heldNow, POLL).toBe(0);
    await comeBack();
    expect(await books.faultsAfter(NOTHING_MOVED)).toEqual([]);
  });

  test('while a home has not said yes: its hold is freed, though no home comes back', async () => {
    let offered = false;
    node.onJob = () => void (offered = true);
    await callAndHold();
    await until('the offer', () => offered);
    await killAndRestart(0);
    await expect.poll(heldNow, POLL).toBe(0);
    await comeBack();
    expect(await books.faultsAfter(NOTHING_MOVED)).toEqual([]);
  });

  test('after the end of an answer: what was decided is charged, however long the router was down', async () => {
    const jobs: RawJob[] = [];
    node.onJob = (one) => void jobs.push(one.head().say(' one', 1));
    const answer = await ask(stack, job());
    const signed = jobs[0]!.end(jobs[0]!.receipt());
    await answer.read(({ isDone }) => isDone);
    await killAndRestart(LEASE_MS + 1000);
    await comeBack();
    // As homes do with a receipt that was not answered: whether it came before the kill is chance.
    expect((await node.offerLate(jobs[0]!, signed)).acceptance).toMatchObject({ amount: BigInt(movedBy(7 + 2).owner) });
    expect(await books.faultsAfter(movedBy(7 + 2))).toEqual([]);
  });
});

/** For longer than a lease the home is at work, and the hold as it is. */
async function expectHeld(one: RawJob, units: number): Promise<void> {
  for (const until = Date.now() + 2 * LEASE_MS; Date.now() < until; await sleep(500)) {
    node.sendBytes(encodeFrame('alive', { job: one.number }));
    expect(await heldNow()).toBe(units);
  }
}

describe('a job that lives keeps its hold for longer than a lease', () => {
  test('in line', async () => {
    node.sendState(1);
    const jobs: RawJob[] = [];
    node.onJob = (one) => void jobs.push(one.head().say(' one', 1));
    const first = await ask(stack, job());
    const held = await heldNow();
    const second = send(stack, { ...job(), stream: true });
    await until('both holds', async () => (await heldNow()) === 2 * held);
    await expectHeld(jobs[0]!, 2 * held);
    jobs[0]!.end(jobs[0]!.receipt());
    await first.read();
    await until('the turn', () => jobs.length === 2);
    jobs[1]!.end(jobs[1]!.receipt());
    await new Answer(await second, new AbortController()).read();
    node.sendState();
    expect(await books.faultsAfter({ caller: -18, owner: 2 * movedBy(9).owner, fees: 2 * movedBy(9).fees })).toEqual(
      [],
    );
  });

  test('in an answer', async () => {
    const jobs: RawJob[] = [];
    node.onJob = (one) => void jobs.push(one.head().say(' one', 1));
    const answer = await ask(stack, job());
    const held = await heldNow();
    expect(held).toBeGreaterThan(0);
    await expectHeld(jobs[0]!, held);
    jobs[0]!.end(jobs[0]!.receipt());
    await answer.read();
    expect(await books.faultsAfter(movedBy(7 + 2))).toEqual([]);
  });
});
