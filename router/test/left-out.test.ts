// A home that its router leaves out of an epoch, on a whole network with a chain: its agent challenges the root by itself and makes it void, the root key is
// slashed, the next epoch pays, and each receipt is followed to that payout. Skipped, and said so, where anvil is not installed for this machine.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { privateKeyToAddress } from 'viem/accounts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AGENT_MAIN } from '../../node-agent/test/agent-main.ts';
import { fromHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { addressOfPrivateKey, ZERO_WORD } from '../../schema/typed-data.ts';
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
const TOKEN = 10n ** 18n;
const { owner: EARN } = movedBy(15);
const WALLET = `0x${'77'.repeat(20)}`;
const nodeKey: Hex = `0x${randomBytes(32).toString('hex')}`;
const node = addressOfPrivateKey(fromHex(nodeKey));

type State = readonly { readonly root: Hex; readonly epoch: number; readonly open: number }[];

describe.skipIf(findAnvil() === null)('a home that is left out', () => {
  let stack: ChainStack;
  let server: ModelServer;
  let caller: TestAccount;
  let agent: TestAgent;
  let gasKey: Hex;
  const jobs: string[] = [];

  beforeAll(async () => {
    stack = await startChainStack({ bindings: { LOCAL_LEAVE_OUT: node } });
    server = await startModelServer({ models: ['say-8x0', 'say-9x0'] });
    const owner = await stack.makeAccount();
    caller = await stack.makeAccount(10_000_000);
    gasKey = await stack.makeWallet(2n);
    const gasKeyFile = join(stack.folder, 'gas.key');
    await writeFile(gasKeyFile, gasKey, { mode: 0o600 });
    const backend = ['--backend', server.url];
    const watching = ['--epoch-retry', '1', '--wallet', WALLET, '--gas-key-file', gasKeyFile];
    [agent] = await Promise.all([
      stack.startAgent({
        owner,
        files: { 'session.key': nodeKey },
        args: ['--models', 'say-8x0', ...backend, ...watching],
      }),
      // Another home's leaf makes a root without this one's.
      stack.startAgent({ owner, args: ['--models', 'say-9x0', ...backend, '--page-port', '0'] }),
    ]);
    const [digest] = await Promise.all(['say-8x0', 'say-9x0'].map((model) => learnDigest(stack, owner, model)));
    await listModel(stack, { owner, id: MODEL, digest: digest ?? '' });
    for (let i = 0; i < 2; i++) await ask();
  });
  afterAll(async () => {
    await stack.stop();
    await server.stop();
  });

  const ask = async (): Promise<void> => {
    const { irori } = await askAll(stack, { account: caller, model: MODEL, prompt: 'say-4x0', maxTokens: 50 });
    jobs.push(irori.job);
  };
  const roots = (): Promise<State> => stack.read<State>('Payouts', 'state');
  const rootBond = (): Promise<bigint> => stack.read('Bonds', 'bondedOf', [privateKeyToAddress(stack.chain.keys.root)]);
  const tokensOf = (holder: string): Promise<bigint> => stack.read('IroriToken', 'balanceOf', [holder]);

  /** Closes an epoch, and lets its root come to the chain. */
  async function post(): Promise<number> {
    const epoch = await stack.closeEpoch(EARN * jobs.length);
    await until('its root is on the chain', async () => {
      await stack.tick();
      return (await roots())[0]?.epoch === epoch;
    });
    return epoch;
  }

  async function run(...words: string[]): Promise<{ code: number; json: Record<string, never>; err: string }> {
    const args = [AGENT_MAIN, ...words, '--state', agent.stateDir, '--json'];
    const ran = await promisify(execFile)(process.execPath, args).catch((error: unknown) => error);
    const { code = 0, stdout, stderr } = ran as { code?: number; stdout: string; stderr: string };
    return { code, json: (stdout === '' ? {} : JSON.parse(stdout)) as Record<string, never>, err: stderr };
  }

  test('has its root challenged by its own agent, made void, and the key that signed it slashed', async () => {
    const bond = await rootBond();
    const epoch = await post();
    await until('the agent has challenged', async () => ((await roots())[0]?.open ?? 0) === 1);
    expect(await tokensOf(privateKeyToAddress(gasKey))).toBe(TOKEN);
    const { windowSeconds } = await stack.read<{ windowSeconds: number }>('Rules', 'values');
    await stack.pass(windowSeconds / 4 + 1);
    await until('the root is void', async () => (await roots())[0]?.root === ZERO_WORD);
    expect(await rootBond()).toBe(bond / 2n);
    expect(await tokensOf(privateKeyToAddress(gasKey))).toBe(2n * TOKEN + bond / 8n);
    await until(
      'its owner is told',
      () => agent.lines.filter((line) => line.includes('left this home out')).length === 2,
    );
    const told = agent.lines.filter((line) => line.includes('left this home out'));
    expect(told[0]).toContain(`epoch ${epoch} leaves this home out`);
  });

  test('is paid by the next epoch, and each receipt is followed to its payout; a changed byte is told by its link', async () => {
    await stack.network.restart({ LOCAL_LEAVE_OUT: '' });
    await until('the home is back', async () =>
      ask().then(
        () => true,
        () => false,
      ),
    );
    await post();
    await stack.finalise();
    const proof = join(stack.folder, 'proof.json');
    const early = await run('verify', jobs[0] ?? '', '--chain', '--proof', proof);
    expect([early.err, early.code]).toEqual(['', 4]);
    const { leaf, toRoot } = JSON.parse(await readFile(proof, 'utf8')) as Record<string, unknown>;
    await stack.send(gasKey, 'Payouts', 'claim', [leaf, toRoot]);
    expect(await tokensOf(WALLET)).toBe(BigInt(3 * EARN) * 10n ** 12n);
    const whole = await run('verify', ...jobs, '--chain');
    expect(whole).toMatchObject({
      code: 0,
      json: { ok: true, data: jobs.map((name) => ({ name, verdict: 'holds' })) },
    });
    const text = await readFile(proof, 'utf8');
    await writeFile(
      proof,
      text.replace(/("responseHash": "0x.{10})(.)/, (_, start: string, digit) => start + (digit === '0' ? '1' : '0')),
    );
    expect(await run('verify', proof, '--chain')).toMatchObject({ code: 1, json: { data: [{ broken: 'receipt' }] } });
  });
});
