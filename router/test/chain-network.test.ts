// A network with a chain of its own: what is deployed and bonded, epochs in the contract's domain, and what the router says of it.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkEpochFile, parseEpochFile } from '../../schema/epoch-file.ts';
import { privateKeyToAddress } from 'viem/accounts';
import { openLocalChain } from '../local/local-chain.ts';
import { findAnvil } from '../local/test-chain.ts';
import { startChainStack } from './chain-stack.ts';
import type { ChainStack } from './chain-stack.ts';
import { until } from './until.ts';

const DEPLOYMENT = resolve(import.meta.dirname, '../local/chain-deployment.ts');

describe.skipIf(findAnvil() === null)('a network with a chain', () => {
  let stack: ChainStack;
  beforeAll(async () => {
    stack = await startChainStack({ keepsChain: true });
  });
  afterAll(async () => stack.stop());

  test('has router and root key bonded, and all tokens with the holder and the bonds', async () => {
    const { keys } = stack.chain;
    const bonded = await stack.read<bigint>('Bonds', 'bondedOf', [privateKeyToAddress(keys.root)]);
    expect(bonded).toBe(1000n * 10n ** 18n);
    expect(await stack.read('IroriToken', 'balanceOf', [privateKeyToAddress(keys.holder)])).toBe(98_000n * 10n ** 18n);
    expect(await stack.read('Rules', 'rootKey')).toBe(privateKeyToAddress(keys.root));
  });

  test('closes epochs in the domain of Payouts, at the time that its chain has too', async () => {
    const epoch = await stack.closeEpoch();
    expect(Number(await stack.read<bigint>('Rules', 'currentEpoch'))).toBeGreaterThan(epoch);
    const text = await (await stack.call(`/audit/epochs/${epoch}`)).text();
    const file = parseEpochFile(text);
    if (!file.ok) throw new Error(file.error);
    expect(checkEpochFile({ text, file: file.value })).toEqual([]);
    expect(file.value.domain).toEqual({
      chainId: 31_337,
      verifyingContract: stack.chain.contracts.Payouts.address.toLowerCase(),
    });
  });

  test('tells anyone where it pays, and goes on telling while the chain is away', async () => {
    const { contracts, kind } = stack.chain;
    const told = async (): Promise<unknown> => (await stack.call('/audit/chain')).json();
    const places = {
      chain_id: kind.chainId,
      notice: 'test tokens, no value',
      rpc_url: stack.rpc.url,
      payouts: contracts.Payouts.address.toLowerCase(),
      token: contracts.IroriToken.address.toLowerCase(),
      rules: contracts.Rules.address.toLowerCase(),
      bonds: contracts.Bonds.address.toLowerCase(),
      credits: contracts.Credits.address.toLowerCase(),
      timelock: contracts.IroriTimelock.address.toLowerCase(),
      governor: contracts.IroriGovernor.address.toLowerCase(),
    };
    expect(await told()).toMatchObject({ ...places, reachable: true });
    stack.rpc.set('cut');
    await until(
      'the router has not reached it',
      async () => ((await told()) as { reachable: boolean }).reachable === false,
    );
    expect(await told()).toMatchObject(places);
    stack.rpc.set('pass');
  });

  test('has contracts beside them by npm run chain:deploy, which says what to set', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'irori-deploy-'));
    const env = { ...process.env, ROUTER_SIGNING_KEY: `0x${'3'.repeat(64)}` };
    const words = [DEPLOYMENT, '--rpc', stack.chain.url, '--out', folder];
    const { stdout: told } = await promisify(execFile)(process.execPath, words, { env });
    expect(told).toMatch(/CHAIN_ID = "31337"\nVERIFYING_CONTRACT = "0x[0-9a-f]{40}"/);
    expect(told).toContain('test tokens, no value');
    const secrets = JSON.parse(await readFile(join(folder, 'chain-secrets.json'), 'utf8')) as object;
    expect(Object.keys(secrets)).toEqual(['CHAIN_RPC_URL', 'ROOT_SIGNING_KEY', 'CHAIN_GAS_KEY', 'CHAIN_SPONSOR_KEY']);
    expect((await stat(join(folder, 'chain-secrets.json'))).mode & 0o777).toBe(0o600);
    const same = { stateDir: folder, routerKey: stack.chain.keys.root, epochSeconds: 86_400, url: stack.chain.url };
    expect(told).toContain((await openLocalChain(same)).contracts.Payouts.address.toLowerCase());
    const wrong = { ...same, epochSeconds: 60 };
    await expect(openLocalChain(wrong)).rejects.toThrow('epochs of 86400 s, not of 60 s');
    await expect(openLocalChain({ ...wrong, url: 'http://127.0.0.1:1' })).rejects.toThrow('No chain answers at');
    await writeFile(join(folder, 'chain.json'), '{"chainId": 31337}');
    await expect(openLocalChain(wrong)).rejects.toThrow('chain.json cannot be read (epochSeconds)');
    await rm(folder, { recursive: true });
  });

  test('is the same after anvil was killed, with its clock', async () => {
    await stack.pass(3600);
    const epoch = await stack.read<bigint>('Rules', 'currentEpoch');
    await new Promise((wake) => setTimeout(wake, 1500));
    await stack.restartChain();
    expect(await stack.read('Rules', 'currentEpoch')).toBe(epoch);
    await stack.finalise();
  });
});
