// Owners claim what their homes earned: with gas that the router pays, and when no router is there any more, from what the agent mirrored and the chain alone.
import { execFile } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { privateKeyToAddress } from 'viem/accounts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AGENT_MAIN } from '../../node-agent/test/agent-main.ts';
import type { Hex } from '../../schema/bytes.ts';
import { parseEpochFile } from '../../schema/epoch-file.ts';
import type { EpochFile } from '../../schema/epoch-file.ts';
import { findAnvil } from '../local/test-chain.ts';
import { askAll, learnDigest, listModel } from './ask.ts';
import { movedBy } from './books.ts';
import { startChainStack } from './chain-stack.ts';
import type { ChainStack } from './chain-stack.ts';
import { startModelServer } from './model-server.ts';
import type { ModelServer } from './model-server.ts';
import type { TestAccount, TestAgent } from './stack.ts';
import { until } from './until.ts';

const MODEL = 'test/priced';
/** What each call earns its home, units. */
const { owner: EARN } = movedBy(15);
const WALLET: Hex = `0x${'3a'.repeat(20)}`;

let stack: ChainStack;
let server: ModelServer;
let owner: TestAccount;
let caller: TestAccount;
let agent: TestAgent;
let jobs = 0;
let published: { readonly epoch: number; readonly file: EpochFile };
let gasKey: Hex;

describe.skipIf(findAnvil() === null)('claims of a home', () => {
  beforeAll(async () => {
    stack = await startChainStack();
    server = await startModelServer();
    owner = await stack.makeAccount();
    caller = await stack.makeAccount(10_000_000);
    agent = await stack.startAgent({
      owner,
      args: ['--models', 'say-8x0', '--backend', server.url, '--epoch-retry', '1'],
    });
    await listModel(stack, { owner, id: MODEL, digest: await learnDigest(stack, owner, 'say-8x0') });
    gasKey = await stack.makeWallet();
  });

  afterAll(async () => {
    await stack.stop();
    await server.stop();
  });

  async function work(more: number): Promise<void> {
    for (jobs += more; more > 0; more--)
      await askAll(stack, { account: caller, model: MODEL, prompt: 'say-4x0', maxTokens: 50 });
  }

  /** Closes the epoch that runs, as if its end had come, once the book has all that was earned. */
  async function closeEpoch(): Promise<typeof published> {
    const epoch = await stack.closeEpoch(EARN * jobs);
    const parsed = parseEpochFile(await (await stack.call(`/audit/epochs/${epoch}`)).text());
    if (!parsed.ok) throw new Error(parsed.error);
    await until('the agent has the file', async () =>
      (await readdir(filesFolder()).catch((): string[] => [])).includes(`${epoch}.json`),
    );
    return { epoch, file: parsed.value };
  }

  /** Units of a wallet. */
  const paidTo = async (wallet: Hex): Promise<bigint> =>
    (await stack.read<bigint>('IroriToken', 'balanceOf', [wallet])) / 10n ** 12n;

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
    await writeFile(path, `${gasKey}\n`, { mode });
    return path;
  }

  test('a home names its first wallet by its own key, and no second one', async () => {
    await until('the agent runs', async () => (await irori('status')).code === 0);
    const none = await irori('wallet');
    expect(none).toMatchObject({ code: 0, out: expect.stringContaining('wallet none') });
    expect(await irori('wallet', WALLET)).toMatchObject({ code: 0, out: expect.stringContaining(`wallet ${WALLET}`) });
    const second = await irori('wallet', `0x${'4b'.repeat(20)}`);
    expect(second).toMatchObject({ code: 1, told: expect.stringContaining('has a wallet already') });
    expect(await irori('wallet', '0x12')).toMatchObject({ code: 2 });
  });

  test('a running home keeps the whole file of an epoch, as it was published', async () => {
    await work(3);
    published = await closeEpoch();
    expect(published.file.leaves).toMatchObject([{ wallet: WALLET, earned: BigInt(EARN * 3) }]);
    const text = await readFile(join(filesFolder(), `${published.epoch}.json`), 'utf8');
    expect(parseEpochFile(text)).toEqual({ ok: true, value: published.file });
  });

  test('before a root is final there is nothing to claim, and it is said until when', async () => {
    await until('the root is posted', async () => {
      await stack.tick();
      return (await stack.read<number>('Payouts', 'lastPosted')) === published.epoch;
    });
    const waits = await irori('claim', '--print');
    expect(waits).toMatchObject({ code: 0, out: expect.stringContaining('No root of an epoch is final') });
    expect(waits.out).toContain(`The root of epoch ${published.epoch} can be final`);
    expect((await irori('claim')).out).toContain('Nothing is to be claimed now.');
  });

  test('an owner without a coin claims: the router pays the gas, and once', async () => {
    await stack.finalise();
    const paid = await irori('claim');
    expect(paid).toMatchObject({ code: 0, told: '' });
    expect(paid.out).toMatch(/Paid by\s+0x[0-9a-f]{64}/);
    expect(paid.out).toContain('test tokens, no value');
    expect(await paidTo(WALLET)).toBe(BigInt(EARN * 3));
    const again = await irori('claim');
    expect(again.out).toMatch(/^Nothing is to be claimed now\.\sWhat was claimed last was paid by\s+0x[0-9a-f]{64}/);
    expect(JSON.parse((await irori('claim', '--json')).out)).toMatchObject({
      claimable_micro: 0,
      claimed_micro: EARN * 3,
    });
    expect(await paidTo(WALLET)).toBe(BigInt(EARN * 3));
    for (const method of ['GET', 'POST'])
      expect((await stack.call('/node/v1/claim', { method, key: owner.apiKey })).status).toBe(401);
  });

  test('with the router gone for good an owner claims from the mirror and the chain, and once', async () => {
    await work(2);
    // The agent looks once an epoch, and by the real clock this one has not begun: at its start it looks at once.
    await agent.signal('SIGTERM');
    agent.start();
    published = await closeEpoch();
    await stack.finalise();
    await agent.signal('SIGKILL');
    await stack.network.killWorkerd();
    const lost = await irori('claim');
    expect(lost).toMatchObject({ code: 1, told: expect.stringContaining('claim --gas-key-file FILE') });
    const printed = JSON.parse((await irori('claim', '--print', '--json')).out) as {
      claimable_micro: number;
      gas: { units: number };
      unsent: { to: Hex; data: Hex; chainId: number };
    };
    expect(printed).toMatchObject({ claimable_micro: EARN * 2, unsent: { chainId: 31_337, value: '0x0' } });
    expect(printed.unsent.to).toBe(stack.chain.contracts.Payouts.address.toLowerCase());
    expect(printed.gas.units).toBeLessThan(75_000);
    expect(await paidTo(WALLET)).toBe(BigInt(EARN * 3));
    const paid = await irori('claim', '--gas-key-file', await gasKeyFile());
    expect(paid).toMatchObject({ code: 0, told: '' });
    expect(paid.out).toMatch(/Paid by\s+0x[0-9a-f]{64}/);
    expect(await paidTo(WALLET)).toBe(BigInt(EARN * 5));
    const again = await irori('claim', '--gas-key-file', await gasKeyFile());
    expect(again).toMatchObject({ code: 0, out: expect.stringContaining('Nothing is to be claimed') });
    expect(await paidTo(WALLET)).toBe(BigInt(EARN * 5));
  });

  test('a wallet is bound on the chain by the home’s key once, and changed by itself alone', async () => {
    const [old, next] = [await stack.makeWallet(), `0x${'5c'.repeat(20)}`];
    const path = join(stack.folder, 'old-wallet');
    await writeFile(path, old, { mode: 0o600 });
    const address = privateKeyToAddress(old).toLowerCase();
    const bound = await irori('wallet', address, '--gas-key-file', await gasKeyFile());
    expect(bound).toMatchObject({ code: 0, out: expect.stringContaining(`wallet ${address}`) });
    expect(await irori('wallet', next)).toMatchObject({ code: 1, told: expect.stringContaining('only that wallet') });
    expect((await irori('wallet', next, '--print')).out).toContain('"data":"0x');
    expect(await irori('wallet', next, '--wallet-key-file', path)).toMatchObject({ code: 0 });
    expect((await stack.read<string>('Payouts', 'walletOf', [published.file.leaves[0]?.node])).toLowerCase()).toBe(
      next,
    );
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
    await writeFile(copy, text.replaceAll(`"earned":"${EARN * 5}"`, `"earned":"${EARN * 5 + 1}"`));
    expect(await irori('claim', '--leaves', copy)).toMatchObject({
      code: 2,
      told: expect.stringContaining('root: the leaves'),
    });
    const open = await irori('claim', '--gas-key-file', await gasKeyFile(0o644));
    expect(open).toMatchObject({ code: 2, told: expect.stringContaining('chmod 600') });
    const away = await irori('claim', '--print', '--rpc', 'http://127.0.0.1:1');
    expect(away).toMatchObject({ code: 1, told: expect.stringContaining('does not answer') });
    const other = await irori('claim', '--print', '--payouts', stack.chain.contracts.Rules.address);
    expect(other).toMatchObject({ code: 1 });
  });
});
