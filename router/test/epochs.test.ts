// Epochs through the whole network, which is told the time: what homes earned is published, proven, mirrored by the agent, told to its owner and recomputed.
import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AGENT_MAIN } from '../../node-agent/test/agent-main.ts';
import { checkEpochFile, parseEpochFile } from '../../schema/epoch-file.ts';
import { epochLeafSchema, hashEpochLeaf } from '../../schema/epoch-leaf.ts';
import { epochOf } from '../../schema/epoch.ts';
import { foldProof } from '../../schema/merkle.ts';
import { ACCEPTANCE, acceptanceSchema, makeMessageSigner } from '../../schema/receipt.ts';
import { askAll, learnDigest, listModel } from './ask.ts';
import type { Answer } from './ask.ts';
import { movedBy } from './books.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount, TestAgent } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/priced';
const SECONDS = 3600;
const EPOCHS = resolve(import.meta.dirname, '../local/epochs.ts');
/** What each call earns its home, units. */
const { owner: EARN } = movedBy(15);

let stack: Stack;
let server: ModelServer;
let owner: TestAccount;
let caller: TestAccount;
let agent: TestAgent;
let node: string;
const answers: Answer[] = [];
/** Each tick is some hours later than the one before. */
let hours = 0;

beforeAll(async () => {
  stack = await startStack({ bindings: { EPOCH_SECONDS: String(SECONDS) } });
  server = await startModelServer();
  owner = await stack.makeAccount();
  caller = await stack.makeAccount(10_000_000);
  agent = await stack.startAgent({
    owner,
    args: ['--models', 'say-8x0', '--backend', server.url, '--epoch-retry', '1'],
  });
  await listModel(stack, { owner, id: MODEL, digest: await learnDigest(stack, owner, 'say-8x0') });
  for (let i = 0; i < 3; i++) answers.push(await ask());
  node = String((await earnings('by=machine')).machines[0]?.['machine']);
});

afterAll(async () => {
  await stack.stop();
  await server.stop();
});

const ask = (): Promise<Answer> => askAll(stack, { account: caller, model: MODEL, prompt: 'say-4x0', maxTokens: 50 });

type Row = Record<string, string | number | null>;

async function earnings(
  query: string,
  key = owner.apiKey,
): Promise<{ machines: Row[]; data: Row[]; next: string | null }> {
  const response = await stack.call(`/node/v1/earnings?${query}`, { key });
  expect(response.status).toBe(200);
  return (await response.json()) as { machines: Row[]; data: Row[]; next: string | null };
}

/** Closes the epoch that runs, as if its end had come, once the book has all that was earned; gives its number. */
async function closeEpoch(): Promise<number> {
  hours += 3;
  const at = Date.now() + hours * 3_600_000;
  await until('the book has what the home earned', async () => {
    const [{ total } = { total: 0 }] = (await (await stack.network.database()).prepare(EARNED).all<{ total: number }>())
      .results;
    return total >= EARN * answers.length;
  });
  await stack.network.runSchedule(at);
  const epoch = epochOf(at - 60_000, SECONDS) - 1;
  await until('the epoch is published', async () => (await stack.call(`/audit/epochs/${epoch}`)).status === 200);
  return epoch;
}

const EARNED = 'SELECT coalesce(sum(r.value->>8), 0) AS total FROM flushes AS f, json_each(f.earnings) AS r';

/** Runs a command of this repository. */
async function run(script: string, ...args: string[]): Promise<{ code: number; out: string }> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [script, ...args]);
    return { code: 0, out: stdout };
  } catch (error) {
    const { code, stdout } = error as { code: number; stdout: string };
    return { code, out: stdout };
  }
}

test('before the first epoch everything is pending, and nothing is published', async () => {
  // Receipts are accepted a moment after their answers.
  await until(
    'the last receipt is accepted',
    async () => (await earnings('by=machine')).machines[0]?.['receipts'] === 4,
  );
  const { machines } = await earnings('by=machine');
  expect(machines).toMatchObject([
    { earned_micro: 3 * EARN, pending_micro: 3 * EARN, payable_micro: 0, payable_since: null },
  ]);
  expect(await (await stack.call('/audit/epochs')).json()).toMatchObject({
    data: [],
    next: null,
    epoch_seconds: SECONDS,
  });
  for (const path of ['/audit/epochs/3', `/node/v1/epochs/last?node=${node}`])
    expect((await stack.call(path, { key: owner.apiKey })).status).toBe(404);
});

test('a closed epoch is published as a file that anyone recomputes, and the home is proven in it', async () => {
  const epoch = await closeEpoch();
  const response = await stack.call(`/audit/epochs/${epoch}`);
  const text = await response.text();
  const file = parseEpochFile(text);
  if (!file.ok) throw new Error(file.error);
  expect(checkEpochFile({ text, file: file.value })).toEqual([]);
  expect(file.value.leaves).toMatchObject([{ earned: BigInt(3 * EARN), count: 4n, spent: 0n, withheld: 0n }]);
  const listed = (await (await stack.call('/audit/epochs')).json()) as { data: Row[] };
  expect(listed.data).toMatchObject([
    { epoch, root: file.value.root, sha256: response.headers.get('x-irori-sha256'), nodes: 1, kept: 0 },
  ]);
  const told = (await (await stack.call(`/node/v1/epochs/last?acceptance=2`, { key: owner.apiKey })).json()) as {
    leaf: unknown;
    proof: `0x${string}`[];
    root: string;
    domain: Parameters<typeof makeMessageSigner>[0];
    acceptance: { acceptance: unknown; acceptancesRoot: string; proof: `0x${string}`[] };
  };
  const leaf = epochLeafSchema.parse(told.leaf);
  expect(foldProof(hashEpochLeaf(leaf), told.proof)).toBe(file.value.root);
  const digest = makeMessageSigner(told.domain).hash(ACCEPTANCE, acceptanceSchema.parse(told.acceptance.acceptance));
  expect(foldProof(digest, told.acceptance.proof)).toBe(leaf.acceptancesRoot);
  const recomputed = await run(EPOCHS, 'recompute', `${stack.url}/audit/epochs/${epoch}`);
  expect(recomputed).toMatchObject({ code: 0, out: expect.stringContaining('HOLDS') });
});

test('what is in it is payable, by machine, day, model and job, as JSON and as CSV', async () => {
  const { machines } = await earnings('by=machine');
  expect(machines).toMatchObject([
    { pending_micro: 0, payable_micro: 3 * EARN, held_back_micro: 0, credited_micro: 0, claimed_micro: 0 },
  ]);
  const byDay = await earnings('by=day&days=2');
  expect(byDay.data).toContainEqual(
    expect.objectContaining({ model: MODEL, machine: node, earned_micro: 3 * EARN, payable_micro: 3 * EARN }),
  );
  const byModel = await earnings('by=model');
  expect(byModel.data.find(({ model }) => model === MODEL)).toMatchObject({ jobs: 3, earned_micro: 3 * EARN });
  const { data, next } = await earnings('by=job');
  expect(next).toBeNull();
  expect(data.slice(0, 3).map(({ job }) => job)).toEqual(answers.toReversed().map(({ job }) => job));
  expect(data[0]).toMatchObject({
    model: MODEL,
    earned_micro: EARN,
    payable_micro: EARN,
    status: 'accepted',
    why: null,
  });
  const csv = await (await stack.call('/node/v1/earnings?by=job&format=csv', { key: owner.apiKey })).text();
  expect(csv.split('\r\n')[1]).toContain(String(answers[2]?.job));
});

test('nobody else is told, and what cannot be read is refused by its name', async () => {
  expect((await stack.call(`/node/v1/earnings?node=${node}`, { key: caller.apiKey })).status).toBe(404);
  expect((await stack.call('/node/v1/earnings')).status).toBe(401);
  expect((await earnings('by=job', caller.apiKey)).data).toEqual([]);
  for (const query of ['by=week', 'days=93', 'days=0', 'format=xml', 'by=job&before=x', 'node=me'])
    expect((await stack.call(`/node/v1/earnings?${query}`, { key: owner.apiKey })).status).toBe(400);
  for (const path of [
    '/audit/epochs/x',
    '/audit/epochs?before=-1',
    '/node/v1/epochs/x',
    '/node/v1/acceptances/x?epoch=1',
    '/node/v1/acceptances/1',
  ])
    expect((await stack.call(path, { key: owner.apiKey })).status).toBe(400);
  expect((await stack.call('/node/v1/epochs/last?acceptance=99', { key: owner.apiKey })).status).toBe(404);
});

/** The newest epoch that the agent has mirrored. */
async function findMirrored(): Promise<{ told: { epoch: number; sha256: string }; differences: string[] } | null> {
  const folder = join(agent.stateDir, 'epochs');
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json'));
  const newest = names.toSorted((a, b) => Number.parseInt(b, 10) - Number.parseInt(a, 10))[0];
  return newest ? JSON.parse(await readFile(join(folder, newest), 'utf8')) : null;
}

test('the agent keeps its leaf of each epoch, and its earnings are the router’s to the unit', async () => {
  await until('the agent has mirrored the epoch', async () => (await findMirrored()) !== null);
  expect((await findMirrored())?.differences).toEqual([]);
  const told = await run(AGENT_MAIN, 'earnings', '--state', agent.stateDir, '--json');
  expect(JSON.parse(told.out)).toMatchObject({
    differences: [],
    warnings: [],
    home: { jobs: 4, accepted: String(3 * EARN) },
  });
  expect(told.code).toBe(0);
  const shown = await run(AGENT_MAIN, 'earnings', '--state', agent.stateDir);
  expect(shown.out).toContain('No differences.');
});

test('a router that tells another amount than it signed for is found out, job by job', async () => {
  const folder = join(agent.stateDir, 'earned');
  const [day] = (await readdir(folder)).toSorted().toReversed();
  const path = join(folder, String(day));
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replaceAll(`"amount":"${EARN}"`, `"amount":"${EARN + 1}"`));
  const told = await run(AGENT_MAIN, 'earnings', '--state', agent.stateDir, '--json');
  expect(told.code).toBe(3);
  const { differences } = JSON.parse(told.out) as { differences: Row[] };
  expect(differences).toHaveLength(3);
  expect(differences[0]).toMatchObject({
    accepted: String(EARN + 1),
    told: String(EARN),
    why: expect.stringContaining('another amount'),
  });
  await writeFile(path, text);
});

test('of a home whose account and book do not agree what is new is held back, it is told why, and its agent says so loudly', async () => {
  answers.push(await ask());
  const first = await closeEpoch();
  expect((await earnings('by=machine')).machines).toMatchObject([{ payable_micro: 4 * EARN, held_back_micro: 0 }]);
  const db = await stack.network.database();
  // The book has what no account ever accepted.
  await db.prepare("INSERT INTO node_days SELECT ?1, 1, 'x', ?2, 0, 0, 0, 0, 5, 0, 0").bind(node, owner.id).run();
  answers.push(await ask());
  const epoch = await closeEpoch();
  const text = await (await stack.call(`/audit/epochs/${epoch}`)).text();
  const file = parseEpochFile(text);
  if (!file.ok) throw new Error(file.error);
  expect(file.value.kept).toMatchObject([
    { reason: 'book-has-more', account: BigInt(5 * EARN), book: BigInt(5 * EARN + 5) },
  ]);
  expect(file.value.leaves).toMatchObject([{ earned: BigInt(5 * EARN), withheld: BigInt(EARN), count: 6n }]);
  expect(file.value.previous?.epoch).toBe(first);
  expect((await earnings('by=machine')).machines).toMatchObject([
    { payable_micro: 4 * EARN, held_back_micro: EARN, held_back_why: expect.stringContaining('the book has more') },
  ]);
  // The agent looks once an epoch, and by the real clock this one has not begun: at its start it looks at once.
  await agent.signal('SIGTERM');
  agent.start();
  await until('the agent has told it', () =>
    agent.lines.some((line) => line.includes('an epoch is not what this home was told')),
  );
  expect((await findMirrored())?.differences).toEqual([expect.stringContaining('book-has-more')]);
  const told = await run(AGENT_MAIN, 'earnings', '--state', agent.stateDir);
  expect(told).toMatchObject({ code: 3, out: expect.stringContaining('not all of it can be claimed') });
});
