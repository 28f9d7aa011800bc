// Owners claim what their homes earned: when no router is there any more, from what the agent mirrored and the chain alone.
import { execFile } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createTestClient, http } from 'viem';
import { foundry } from 'viem/chains';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AGENT_MAIN } from '../../node-agent/test/agent-main.ts';
import type { Hex } from '../../schema/bytes.ts';
import { EPOCH_ROOT } from '../../schema/chain-messages.ts';
import { parseEpochFile } from '../../schema/epoch-file.ts';
import type { EpochFile } from '../../schema/epoch-file.ts';
import { payableOf } from '../../schema/epoch-leaf.ts';
import { epochOf } from '../../schema/epoch.ts';
import { askAll, learnDigest, listModel } from './ask.ts';
import { movedBy } from './books.ts';
import { addressOf, DAY, keyOf, startBench, TOKEN, UNIT } from './contract-bench.ts';
import type { Bench } from './contract-bench.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import { startStack } from './stack.ts';
import type { Stack, TestAccount, TestAgent } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/priced';
const JOBS = 3;
/** What each call earns its home, units. */
const { owner: EARN } = movedBy(15);
const WALLET = addressOf('wallet');

let bench: Bench;
let stack: Stack;
let server: ModelServer;
let owner: TestAccount;
let caller: TestAccount;
let agent: TestAgent;
let published: { readonly epoch: number; readonly file: EpochFile; readonly sha256: string };

beforeAll(async () => {
  bench = await startBench();
  const payouts = bench.contracts.Payouts.address.toLowerCase();
  stack = await startStack({ bindings: { CHAIN_ID: '31337', VERIFYING_CONTRACT: payouts } });
  server = await startModelServer();
  owner = await stack.makeAccount();
  caller = await stack.makeAccount(10_000_000);
  const chain = { chainId: 31_337, payouts, governor: null, rpcUrl: bench.url };
  agent = await stack.startAgent({
    owner,
    args: ['--models', 'say-8x0', '--backend', server.url, '--epoch-retry', '1', '--wallet', WALLET],
    files: { 'chain.json': JSON.stringify(chain) },
  });
  await listModel(stack, { owner, id: MODEL, digest: await learnDigest(stack, owner, 'say-8x0') });
  for (let i = 0; i < JOBS; i++)
    await askAll(stack, { account: caller, model: MODEL, prompt: 'say-4x0', maxTokens: 50 });
  await bench.bond('holder', 'root', 100n * TOKEN);
  await createTestClient({ mode: 'anvil', chain: foundry, transport: http(bench.url) }).setBalance({
    address: addressOf('stranger'),
    value: TOKEN,
  });
});

afterAll(async () => {
  await stack.stop();
  await server.stop();
  await bench.stop();
});

/** Closes the epoch that runs, as if its end had come, once the book has all that was earned. */
async function closeEpoch(): Promise<typeof published> {
  const at = Date.now() + 1.25 * DAY * 1000;
  await until('the book has what the home earned', async () => {
    const query = 'SELECT coalesce(sum(r.value->>8), 0) AS total FROM flushes AS f, json_each(f.earnings) AS r';
    const { results } = await (await stack.network.database()).prepare(query).all<{ total: number }>();
    return (results[0]?.total ?? 0) >= EARN * JOBS;
  });
  await stack.network.runSchedule(at);
  const epoch = epochOf(at) - 1;
  await until('the epoch is published', async () => (await stack.call(`/audit/epochs/${epoch}`)).status === 200);
  const answer = await stack.call(`/audit/epochs/${epoch}`);
  const parsed = parseEpochFile(await answer.text());
  if (!parsed.ok) throw new Error(parsed.error);
  return { epoch, file: parsed.value, sha256: answer.headers.get('x-irori-sha256') ?? '' };
}

/** Lines of a terminal as one. */
const unfold = (text: string): string => text.replaceAll(/\s+/g, ' ');

async function irori(...words: string[]): Promise<{ code: number; out: string; told: string }> {
  const args = [AGENT_MAIN, ...words, '--state', agent.stateDir];
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args);
    return { code: 0, out: unfold(stdout), told: unfold(stderr) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: unfold(stdout), told: unfold(stderr) };
  }
}

const filesFolder = (): string => join(agent.stateDir, 'epochs', 'files');

async function gasKeyFile(mode = 0o600): Promise<string> {
  const path = join(stack.folder, `gas-${mode}`);
  await writeFile(path, `${keyOf('stranger')}\n`, { mode });
  return path;
}

test('a running home keeps the whole file of an epoch, as it was published', async () => {
  published = await closeEpoch();
  expect(published.file.leaves).toMatchObject([{ wallet: WALLET, earned: BigInt(EARN * JOBS) }]);
  await until('the agent has the file', async () =>
    (await readdir(filesFolder()).catch((): string[] => [])).includes(`${published.epoch}.json`),
  );
  const text = await readFile(join(filesFolder(), `${published.epoch}.json`), 'utf8');
  expect(parseEpochFile(text)).toEqual({ ok: true, value: published.file });
});

test('before a root is final there is nothing to claim, and it is said until when', async () => {
  const { epoch, file, sha256 } = published;
  const none = await irori('claim', '--print');
  expect(none).toMatchObject({ code: 0, out: expect.stringContaining('No root of an epoch is final') });
  await bench.pass(1.25 * DAY);
  const total = file.leaves.reduce((sum, leaf) => sum + payableOf(leaf), 0n);
  const signed = { epoch, root: file.root, total, fileHash: `0x${sha256}` as Hex };
  await bench.send('stranger', 'Payouts', 'post', [signed, bench.sign('root', EPOCH_ROOT, signed)]);
  const waits = await irori('claim', '--print');
  expect(waits.out).toContain(`The root of epoch ${epoch} can be final`);
  await bench.pass((DAY * 20) / 24);
  await bench.send('stranger', 'Payouts', 'finalise');
});

test('with the router gone for good an owner claims from the mirror and the chain, and once', async () => {
  await agent.signal('SIGKILL');
  await stack.network.killWorkerd();
  const lost = await irori('claim');
  expect(lost).toMatchObject({ code: 1, told: expect.stringContaining('claim --gas-key-file FILE') });
  const printed = JSON.parse((await irori('claim', '--print', '--json')).out) as {
    claimable_micro: number;
    gas: { units: number };
    unsent: { to: Hex; data: Hex; chainId: number };
  };
  expect(printed).toMatchObject({ claimable_micro: EARN * JOBS, unsent: { chainId: 31_337, value: '0' } });
  expect(printed.unsent.to).toBe(bench.contracts.Payouts.address.toLowerCase());
  expect(printed.gas.units).toBeLessThan(105_000);
  expect(await bench.balanceOf('wallet')).toBe(0n);
  const paid = await irori('claim', '--gas-key-file', await gasKeyFile());
  expect(paid).toMatchObject({ code: 0, told: '' });
  expect(paid.out).toMatch(/Paid by\s+0x[0-9a-f]{64}/);
  expect(paid.out).toContain('test tokens, no value');
  expect(await bench.balanceOf('wallet')).toBe(BigInt(EARN * JOBS) * UNIT);
  const again = await irori('claim', '--gas-key-file', await gasKeyFile());
  expect(again).toMatchObject({ code: 0, out: expect.stringContaining('Nothing is to be claimed') });
  expect(await bench.balanceOf('wallet')).toBe(BigInt(EARN * JOBS) * UNIT);
});

test('a file that somebody else kept will do; one changed byte, another key file and another chain are refused by name', async () => {
  const kept = join(filesFolder(), `${published.epoch}.json`);
  const text = await readFile(kept, 'utf8');
  await rm(join(agent.stateDir, 'epochs'), { recursive: true });
  const bare = await irori('claim', '--print');
  expect(bare).toMatchObject({ code: 1, told: expect.stringContaining('--leaves FILE') });
  const copy = join(stack.folder, 'leaves.json');
  await writeFile(copy, text);
  expect((await irori('claim', '--leaves', copy)).out).toContain('is paid');
  await writeFile(copy, text.replaceAll(`"earned":"${EARN * JOBS}"`, `"earned":"${EARN * JOBS + 1}"`));
  expect(await irori('claim', '--leaves', copy)).toMatchObject({
    code: 2,
    told: expect.stringContaining('root: the leaves'),
  });
  const open = await irori('claim', '--gas-key-file', await gasKeyFile(0o644));
  expect(open).toMatchObject({ code: 2, told: expect.stringContaining('chmod 600') });
  const away = await irori('claim', '--print', '--rpc', 'http://127.0.0.1:1');
  expect(away).toMatchObject({ code: 1, told: expect.stringContaining('does not answer') });
  const other = await irori('claim', '--print', '--payouts', bench.contracts.Rules.address);
  expect(other).toMatchObject({ code: 1 });
});
