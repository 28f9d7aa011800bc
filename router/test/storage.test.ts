// What becomes of a job's traces in a day and in a week, in a whole network that is told the time: its receipts, its sums and its proofs stay to
// the letter what they were, over the platform's bucket too, and through kills at any moment.
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AGENT_MAIN } from '../../node-agent/test/agent-main.ts';
import { askAll, askOnline, learnDigest, listModel } from './ask.ts';
import type { Answer } from './ask.ts';
import { Books, isLedgerSound, movedBy, readUsage } from './books.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/priced';
const GRANTED = 10_000_000;
/** Three of the caller's, and the owner's own by which the model's digest was learned. */
const JOBS = 4;
const HOUR_MS = 3_600_000;
const TABLES = ['events', 'postings', 'flushes', 'part_receipts', 'receipt_places'];

let stack: Stack;
let server: ModelServer;
let owner: TestAccount;
let stranger: TestAccount;
let caller: TestAccount;
let answers: Answer[];
/** What `GET /v1/receipts` said of each job on its first day, without why its home was chosen: that is kept for a week. */
let told: string[];
/** How many of the answers that were read last said why. */
let decided: number;

beforeAll(async () => {
  stack = await startStack({ hasBucket: true });
  server = await startModelServer();
  owner = await stack.makeAccount();
  stranger = await stack.makeAccount();
  caller = await stack.makeAccount(GRANTED);
  await stack.startAgent({ owner, args: ['--models', 'say-8x0', '--backend', server.url] });
  await listModel(stack, { owner, id: MODEL, digest: await learnDigest(stack, owner, 'say-8x0') });
  const books = new Books(stack, { caller, owner, granted: GRANTED });
  answers = [];
  for (let i = 0; i < 3; i++)
    answers.push(await askAll(stack, { account: caller, model: MODEL, prompt: 'say-4x0', maxTokens: 50 }));
  const { owner: earned, fees } = movedBy(15);
  const faults = await books.faultsAfter({ caller: -45, owner: 3 * earned, fees: 3 * fees });
  if (faults.length > 0) throw new Error(faults.join('; '));
  told = await readAll();
});

afterAll(async () => {
  await stack.stop();
  await server.stop();
});

async function readAll(): Promise<string[]> {
  const read = async ({ job }: Answer): Promise<string> => {
    const response = await stack.call(`/v1/receipts/${job}`, { key: caller.apiKey });
    expect(response.status).toBe(200);
    const { data, ...more } = (await response.json()) as { data: { decision: object | null }[] };
    decided += data.filter(({ decision }) => decision !== null).length;
    return JSON.stringify({ data: data.map(({ decision: _, ...signed }) => signed), ...more });
  };
  decided = 0;
  return Promise.all(answers.map(read));
}

async function countRows(): Promise<Record<string, number>> {
  const database = await stack.network.database();
  const count = async (table: string): Promise<[string, number]> => {
    const own =
      table === 'events' ? " WHERE kind = 'settle'" : table === 'postings' ? " WHERE event_id LIKE 'settle:%'" : '';
    return [table, (await database.prepare(`SELECT count(*) AS n FROM ${table}${own}`).first<number>('n')) ?? -1];
  };
  return Object.fromEntries(await Promise.all(TABLES.map(count)));
}

async function expectAsTold(): Promise<void> {
  expect(await readAll()).toEqual(told);
  const other = await stack.call(`/v1/receipts/${answers[0]?.job}`, { key: stranger.apiKey });
  expect(other.status).toBe(404);
  // After a restart an account hands over once more what it does not know to have arrived.
  await until('sound books', async () => isLedgerSound(stack));
  expect(await readUsage(stack, caller)).toMatchObject({ balance_micro: GRANTED - 45, totals: { jobs: 3 } });
}

test('after a day they are what they were, and what they moved is in the balances', async () => {
  await stack.network.runSchedule(Date.now() + 25 * HOUR_MS);
  expect(await countRows()).toMatchObject({ events: 0, postings: 0, part_receipts: 0, receipt_places: 0 });
  await expectAsTold();
  expect(decided).toBe(answers.length);
});

test('a router that is killed while it makes room loses nothing, and goes on', async () => {
  for (const delayMs of [0, 5, 20]) {
    const running = stack.network.runSchedule(Date.now() + 8 * 24 * HOUR_MS).catch(() => undefined);
    await new Promise((wake) => setTimeout(wake, delayMs));
    await stack.network.killWorkerd();
    await running;
    await stack.network.restart();
    expect(await readAll()).toEqual(told);
    await expectAsTold();
  }
});

test('after a week they stand in the bucket, and are told and proven as before', async () => {
  await stack.network.runSchedule(Date.now() + 8 * 24 * HOUR_MS);
  expect(await countRows()).toEqual({ events: 0, postings: 0, flushes: 0, part_receipts: 0, receipt_places: JOBS });
  await expectAsTold();
  expect(decided).toBe(0);
  const file = join(stack.folder, 'receipt.json');
  await writeFile(file, told[0] ?? '');
  const { status, stdout } = spawnSync(process.execPath, [AGENT_MAIN, 'verify', file], { encoding: 'utf8' });
  expect([status, stdout]).toEqual([0, expect.stringContaining('acceptance')]);
});

test('what is called afterwards is booked and told beside what is old', async () => {
  const answer = await (await askOnline(stack, { account: caller, model: MODEL, prompt: 'say-4x0' })).read();
  expect(answer.isDone).toBe(true);
  await until('sound books', () => isLedgerSound(stack));
  expect(await readAll()).toEqual(told);
});
