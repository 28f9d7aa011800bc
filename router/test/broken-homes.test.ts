// What a home earns that broke an answer off while another went on with it: its own part, once, as soon as the answer has ended; also
// when it was killed and has nothing to show for it but what the router counted.
import { checkBundle, receiptBundleSchema } from '../../schema/check-bundle.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askOnline, learnDigest, listModel } from './ask.ts';
import type { Answer } from './ask.ts';
import { findReceiptRows, isLedgerSound, movedBy, POLL, readBooks } from './books.ts';
import type { ReceiptRow } from './books.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount, TestAgent } from './stack.ts';
import { until } from './until.ts';

const SAYS = 'test/says';
const PARIS = '48.9,2.4,FR';

interface Home {
  readonly owner: TestAccount;
  readonly agent: TestAgent;
  readonly node: string;
}

let stack: Stack;
let caller: TestAccount;
let servers: ModelServer[];
let homes: Home[];

beforeAll(async () => {
  stack = await startStack();
  caller = await stack.makeAccount(1_000_000_000);
  servers = [await startModelServer({ isContinuing: true }), await startModelServer({ isContinuing: true })];
  homes = await Promise.all([PARIS, '40.7,-74,US'].map((place, i) => startHome(place, servers[i]!)));
  const digest = await learnDigest(stack, homes[0]!.owner, 'say-8x0');
  await listModel(stack, { owner: homes[0]!.owner, id: SAYS, digest, homes: homes.length });
});

afterAll(async () => {
  await stack?.stop();
  for (const server of servers) await server.stop();
});

async function startHome(place: string, server: ModelServer): Promise<Home> {
  const owner = await stack.makeAccount();
  const args = ['--models', 'say-8x0', '--slots', '4', '--backend', server.url];
  const agent = await stack.startAgent({ owner, place, args });
  const connected = await until('the connection', () => /connected hub=.*node=(\S+)/.exec(agent.lines.join('\n')));
  return { owner, agent, node: connected[1] ?? '' };
}

function homeOf(node: string): Home {
  return homes.find((home) => home.node === node)!;
}

/** What an owner has earned by the book. */
async function earnedBy(home: Home): Promise<number> {
  return (await readBooks(stack))[`owner:${home.owner.id}`] ?? 0;
}

/** The two parts of an answer, once both are in the book. */
async function partsOf(answer: Answer): Promise<[ReceiptRow, ReceiptRow]> {
  return until('both parts', async () => {
    const [first, second, ...more] = await findReceiptRows(stack, answer.job);
    expect(more).toEqual([]);
    return first && second ? [first, second] : null;
  });
}

async function firstPaid(answer: Answer): Promise<ReceiptRow> {
  return until('the first part paid', async () => {
    const [first] = await partsOf(answer);
    return first.earn > 0 ? first : null;
  });
}

/** The part that ended the answer, once its home is paid. */
async function secondPaid(answer: Answer): Promise<ReceiptRow> {
  return until('the second part paid', async () => {
    const [, second] = await partsOf(answer);
    return second.earn > 0 ? second : null;
  });
}

/** Its share of what the caller paid, and for its own reading of the prompt at most what its own work has brought in. */
function expectPaidSecond(second: ReceiptRow): void {
  expect(second.earn).toBeGreaterThanOrEqual(movedBy(second.charge).owner);
  expect(second.earn).toBeLessThanOrEqual(worthOf(second));
}

/** Every token of a part at its price, the prompt with it, less the fee. */
function worthOf({ promptTokens, outputTokens }: ReceiptRow): number {
  return movedBy(promptTokens + 2 * outputTokens).owner;
}

test('a home whose server broke is paid its part while it stays connected, some seconds after the answer has ended', async () => {
  await stack.waitForModel(caller, SAYS, homes.length);
  const [near, far] = homes as [Home, Home];
  const paid = { near: await earnedBy(near), far: await earnedBy(far) };
  servers[0]!.behaviour = 'say-40x30-die12';
  servers[1]!.behaviour = 'say-40x30';
  const ask = { account: caller, model: SAYS, prompt: 'go', maxTokens: 100, place: PARIS };
  const answer = await (await askOnline(stack, ask)).read();
  expect(answer).toMatchObject({ isDone: true, irori: { attempts: 2, node: far.node } });
  const endedAt = Date.now();
  const first = await firstPaid(answer);
  // It offers its receipt 5 s after the break, and 10 s after that.
  expect(Date.now() - endedAt).toBeLessThan(14_000);
  expect(first).toMatchObject({ outcome: 'interrupted-by-node', earn: worthOf(first) });
  const second = await secondPaid(answer);
  expectPaidSecond(second);
  await expect.poll(() => isLedgerSound(stack), POLL).toBe(true);
  expect(await earnedBy(near)).toBe(paid.near + first.earn);
  expect(await earnedBy(far)).toBe(paid.far + second.earn);
});

test('a home that is killed in mid-answer signs for its part when it is back, and is paid it once', async () => {
  await until('sound books', () => isLedgerSound(stack));
  const paid = new Map(await Promise.all(homes.map(async (home) => [home, await earnedBy(home)] as const)));
  const credit = (await readBooks(stack))[caller.id]!;
  for (const server of servers) server.behaviour = 'say-50x40';
  const answer = await askOnline(stack, { account: caller, model: SAYS, prompt: 'go', maxTokens: 100, place: PARIS });
  await answer.read(({ contentEvents }) => contentEvents >= 8);
  const lost = homeOf(answer.irori.node);
  await lost.agent.signal('SIGKILL');
  await answer.read();
  expect(answer).toMatchObject({ isDone: true, irori: { attempts: 2 } });
  const other = homeOf(answer.irori.node);
  expect(other).not.toBe(lost);
  const second = await secondPaid(answer);
  const [before] = await partsOf(answer);
  expect(before).toMatchObject({ outcome: 'interrupted-by-node', earn: 0 });
  expect(second).toMatchObject({ outcome: 'complete' });
  expectPaidSecond(second);
  expect(before.outputTokens).toBeGreaterThan(0);

  lost.agent.start();
  const first = await firstPaid(answer);
  expect(first).toEqual({ ...before, earn: worthOf(before) });
  const response = await stack.call(`/v1/receipts/${answer.job}`, { key: caller.apiKey });
  const { data } = (await response.json()) as { data: object[] };
  for (const bundle of data) expect(checkBundle(receiptBundleSchema.parse(bundle)).ok).toBe(true);
  expect(lost.agent.lines.filter((line) => line.includes('signed for a part that was lost'))).toHaveLength(1);

  await lost.agent.signal('SIGKILL');
  const lines = lost.agent.lines.length;
  lost.agent.start();
  await until('the next connection', () => lost.agent.lines.slice(lines).some((line) => line.includes('connected')));
  await expect.poll(() => isLedgerSound(stack), POLL).toBe(true);
  expect(lost.agent.lines.filter((line) => line.includes('signed for a part that was lost'))).toHaveLength(1);
  expect(await earnedBy(lost)).toBe(paid.get(lost)! + first.earn);
  expect(await earnedBy(other)).toBe(paid.get(other)! + second.earn);
  expect((await readBooks(stack))[caller.id]).toBe(credit - answer.irori.charge_micro!);
  expect(first.charge + second.charge).toBe(answer.irori.charge_micro);
});

test('a home that broke an answer off with which nobody went on is paid nothing, and keeps no receipt of it', async () => {
  const [near, far] = homes as [Home, Home];
  await until('sound books', () => isLedgerSound(stack));
  const paid = { near: await earnedBy(near), far: await earnedBy(far) };
  servers[0]!.behaviour = servers[1]!.behaviour = 'say-40x30-die12';
  const ask = { account: caller, model: SAYS, prompt: 'go', maxTokens: 100, place: PARIS };
  const answer = await (await askOnline(stack, ask)).read();
  expect(answer).toMatchObject({ isDone: false, error: { code: expect.any(String) } });
  const rows = await until('its parts', async () => {
    const found = await findReceiptRows(stack, answer.job);
    return found.length > 0 ? found : null;
  });
  for (const row of rows) expect(row).toMatchObject({ outcome: 'failed-by-node', charge: 0, earn: 0 });
  const lines = (): string[] => [...near.agent.lines, ...far.agent.lines];
  await until('the refusal', () => lines().some((line) => line.includes('refused a receipt for good')));
  await expect.poll(() => isLedgerSound(stack), POLL).toBe(true);
  expect({ near: await earnedBy(near), far: await earnedBy(far) }).toEqual(paid);
});
