// Credit of three kinds through the whole network: what is spent first, what an owner's own jobs earn him, earnings that become credit, and a sponsor.
import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { splitCharge } from '../../schema/prices.ts';
import { AGENT_MAIN } from '../../node-agent/test/agent-main.ts';
import { askAll, learnDigest, listModel } from './ask.ts';
import { isLedgerSound, readBooks } from './books.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount, TestAgent } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/priced';
/** Of `say-4x0`: seven tokens of prompt, four of output at twice the price. */
const CHARGE = 15;
const { earn: EARN } = splitCharge(CHARGE);
const SHORT_S = 3600;

let stack: Stack;
let server: ModelServer;
let owner: TestAccount;
let agent: TestAgent;

beforeAll(async () => {
  stack = await startStack();
  server = await startModelServer();
  owner = await stack.makeAccount(1000);
  const args = ['--models', 'say-8x0', '--slots', '4', '--backend', server.url];
  agent = await stack.startAgent({ owner, args });
  await listModel(stack, { owner, id: MODEL, digest: await learnDigest(stack, owner, 'say-8x0') });
});

afterAll(async () => {
  await stack.stop();
  await server.stop();
});

interface Usage {
  readonly balance_micro: number;
  readonly granted_micro: number;
  readonly earned_micro: number;
  readonly bought_micro: number;
  readonly expiring: readonly { kind: string; amount_micro: number; purpose: string | null; sponsor: string | null }[];
}

interface Receipt {
  readonly charge_micro: number;
  readonly earned_micro: number;
  readonly paid_from: Readonly<Record<string, number>> | null;
  readonly related: string | null;
}

async function ask(account: TestAccount): Promise<string> {
  const answer = await askAll(stack, { account, model: MODEL, prompt: 'say-4x0', maxTokens: 50 });
  expect(answer.finish).toBe('stop');
  return answer.job;
}

async function readJson<T>(path: string, account: TestAccount): Promise<T> {
  return (await (await stack.call(path, { key: account.apiKey })).json()) as T;
}

async function findReceipt(job: string, account: TestAccount): Promise<Receipt | undefined> {
  const { data = [] } = await readJson<{ data?: Receipt[] }>(`/v1/receipts/${job}`, account);
  return data[0];
}

/** The home's part of a job as its owner is told of it. */
async function findEarning(job: string): Promise<Record<string, unknown> | undefined> {
  const { data } = await readJson<{ data: Record<string, unknown>[] }>('/node/v1/earnings?by=job', owner);
  return data.find((row) => row['job'] === job);
}

/** What `irori-node credit` says, and its exit status. */
function runCredit(...words: string[]): Promise<{ status: number | null; out: string; json: Record<string, unknown> }> {
  const child = spawn(process.execPath, [AGENT_MAIN, 'credit', ...words, '--state', agent.stateDir], { stdio: 'pipe' });
  let out = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => (out += data.toString('utf8')));
  return new Promise((done) =>
    child.once('close', (status) => {
      const json = out.startsWith('{') ? (JSON.parse(out) as Record<string, unknown>) : {};
      done({ status, out, json });
    }),
  );
}

test('a job that an owner asks his own home costs nothing and earns nothing', async () => {
  const receipt = await until('the receipt is booked', async () => findReceipt(await ask(owner), owner));
  expect(receipt).toMatchObject({ charge_micro: 0, earned_micro: 0, related: 'account', paid_from: null });
});

describe('a job of an account that is in one pool with the owner of its home', () => {
  /** An account with credit of one kind. */
  async function openMate(kind: 'granted' | 'bought'): Promise<TestAccount> {
    const mate = await stack.makeAccount();
    await stack.admin('POST', `/accounts/${mate.id}/credit`, { amount_micro: 1000, kind });
    await stack.admin('PUT', `/pools/${pool}/members/${mate.id}`);
    return mate;
  }
  let pool = '';
  beforeAll(async () => {
    const { json } = await stack.admin('POST', '/pools', { name: 'circle', owner_account_id: owner.id });
    pool = String(json['id']);
  });

  test('earns nothing from granted credit, and both sides are told why', async () => {
    const mate = await openMate('granted');
    const job = await ask(mate);
    const row = await until('the home’s part is decided', () => findEarning(job));
    expect(row).toMatchObject({ earned_micro: 0, related: 'pool', status: 'unpaid' });
    expect(String(row['why'])).toContain('only what bought credit paid');
    const receipt = await until('the receipt is booked', () => findReceipt(job, mate));
    expect(receipt).toMatchObject({ charge_micro: CHARGE, earned_micro: 0, related: 'pool' });
    expect(receipt.paid_from).toEqual({ granted: CHARGE, earned: 0, bought: 0 });
  });

  test('earns its share of bought credit', async () => {
    const mate = await openMate('bought');
    const job = await ask(mate);
    const row = await until('the home’s part is decided', () => findEarning(job));
    expect(row).toMatchObject({ earned_micro: EARN, related: 'pool', status: 'accepted' });
    const receipt = await until('the receipt is paid', async () => {
      const found = await findReceipt(job, mate);
      return found?.earned_micro === EARN && found;
    });
    expect(receipt.paid_from).toEqual({ granted: 0, earned: 0, bought: CHARGE });
  });
});

test('what ends first is spent first, and the balance tells its kinds and ends', async () => {
  const student = await stack.makeAccount(100);
  const grant = { amount_micro: 10, expires_in_s: SHORT_S, purpose: 'education' };
  await stack.admin('POST', `/accounts/${student.id}/credit`, grant);
  await stack.admin('POST', `/accounts/${student.id}/credit`, { amount_micro: 100, kind: 'earned' });
  expect(await readJson<Usage>('/v1/usage', student)).toMatchObject({
    balance_micro: 210,
    granted_micro: 110,
    earned_micro: 100,
    bought_micro: 0,
    expiring: [{ kind: 'granted', amount_micro: 10, purpose: 'education', sponsor: null }],
  });
  const job = await ask(student);
  const receipt = await until('the receipt is booked', () => findReceipt(job, student));
  expect(receipt).toMatchObject({ charge_micro: CHARGE, earned_micro: EARN, related: null });
  expect(await readJson<Usage>('/v1/usage', student)).toMatchObject({
    granted_micro: 95,
    earned_micro: 100,
    expiring: [],
  });
});

test('earnings become credit of the owner one to one by the agent’s command, once however often the same order is given', async () => {
  const before = await until('the book has what was earned', async () => {
    const told = await readJson<{ available_micro: number }>('/node/v1/credit', owner);
    return told.available_micro >= 2 * EARN && told.available_micro;
  });
  const { earned_micro: had } = await readJson<Usage>('/v1/usage', owner);
  const amount = ((before - 1) / 1_000_000).toFixed(6);
  const told = { credited_micro: before - 1, order: 7, available_micro: 1 };
  const [first, again] = [
    await runCredit(amount, '--order', '7', '--json'),
    await runCredit(amount, '--order', '7', '--json'),
  ];
  expect(first).toMatchObject({ status: 0, json: { ...told, applied: true } });
  expect(again).toMatchObject({ status: 0, json: { ...told, applied: false } });
  await until(
    'the credit arrives',
    async () => (await readJson<Usage>('/v1/usage', owner)).earned_micro === had + before - 1,
  );
  const more = await runCredit('0.5');
  expect(more.status).toBe(1);
  expect(more.out.replaceAll(/\s+/g, ' ')).toContain('1 micro-credits of earnings');
  const { machines } = await readJson<{ machines: Record<string, unknown>[] }>('/node/v1/earnings?by=machine', owner);
  expect(machines[0]).toMatchObject({ credited_micro: before - 1 });
});

test('a sponsor gives credit that ends, sees what became of it, and has back what is not spent', async () => {
  const opened = await stack.makeAccount();
  const { json: key } = await stack.admin('POST', `/accounts/${opened.id}/keys`, {
    name: 'giver',
    scopes: ['usage', 'keys'],
  });
  const sponsor = { ...opened, apiKey: String(key['key']) };
  const student = await stack.makeAccount();
  await stack.admin('POST', `/accounts/${sponsor.id}/credit`, { amount_micro: 1000, kind: 'bought' });
  const gift = {
    account: student.id,
    amount_micro: 300,
    expires_in_s: SHORT_S,
    purpose: 'education',
    event_id: 'term-1',
  };
  const give = async (some: object = {}): Promise<number> =>
    (await stack.call('/v1/credit/gifts', { key: sponsor.apiKey, body: { ...gift, ...some } })).status;
  // A key that only calls gives nothing away, and an account that is no sponsor neither.
  const plain = { key: opened.apiKey, body: gift };
  expect([(await stack.call('/v1/credit/gifts', plain)).status, await give()]).toEqual([403, 403]);
  await stack.admin('PUT', `/accounts/${sponsor.id}/sponsor`, { is_sponsor: true });
  expect([await give(), await give(), await give({ event_id: 'more', amount_micro: 701 })]).toEqual([201, 200, 402]);
  await until('the gift arrives', async () => (await readJson<Usage>('/v1/usage', student)).granted_micro === 300);
  expect(await readJson<Usage>('/v1/usage', student)).toMatchObject({
    expiring: [{ amount_micro: 300, purpose: 'education', sponsor: sponsor.id }],
  });
  await ask(student);
  const findGift = async (): Promise<Record<string, unknown> | undefined> =>
    (await readJson<{ data: Record<string, unknown>[] }>('/v1/credit/gifts', sponsor)).data[0];
  await until('what is spent is told', async () => (await findGift())?.['spent_micro'] === CHARGE);
  expect(await findGift()).toMatchObject({ account: student.id, given_micro: 300, left_micro: 300 - CHARGE });
  expect(await give({ event_id: 'short', amount_micro: 100, expires_in_s: 1 })).toBe(201);
  await until('it comes back', async () => (await readJson<Usage>('/v1/usage', sponsor)).bought_micro === 700);
  expect(await findGift()).toMatchObject({ given_micro: 400, spent_micro: CHARGE, returned_micro: 100 });
});

test('the book tells the kinds apart, nothing is left on its way, and all of it sums up', async () => {
  await until('everything is booked', () => isLedgerSound(stack));
  const books = await readBooks(stack);
  expect(books['transit'] ?? 0).toBe(0);
  const {
    granted_micro: granted,
    earned_micro: earned,
    bought_micro: bought,
  } = await readJson<Usage>('/v1/usage', owner);
  expect([books[owner.id], books[`${owner.id}:earned`], books[`${owner.id}:bought`]].map((sum) => sum ?? 0)).toEqual([
    granted,
    earned,
    bought,
  ]);
  expect(Object.entries(books).filter(([book, sum]) => book.startsWith('owner:') && sum < 0)).toEqual([]);
});
