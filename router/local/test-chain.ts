// A chain for tests and for trying things out: anvil with a token without value, Permit2 and x402's proxy at the addresses that they have elsewhere.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPublicClient, createTestClient, createWalletClient, http, publicActions, walletActions } from 'viem';
import type { Abi, Address, Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import { PERMIT2_ADDRESS, UPTO_PROXY_ADDRESS } from '../../schema/x402.ts';
import type { Artifact } from './compile-contracts.ts';
import { claimPort } from './free-port.ts';
import { StartError } from './start-error.ts';

const HOST = '127.0.0.1';
const READY_WAIT_MS = 20_000;

/** Where the token is: an address like any other. */
export const TEST_DOLLAR: Address = '0x00000000000000000000000000000000000d0112';
/** As X402_ASSET has it. */
export const TEST_ASSET = `${TEST_DOLLAR} Test Dollar 1`;
export const TEST_NETWORK = `eip155:${foundry.id}` as const;

const artifacts = JSON.parse(
  readFileSync(new URL('../../schema/contracts/artifacts.json', import.meta.url), 'utf8'),
) as Record<'TestDollar' | 'TestPermit2' | 'TestUptoProxy', Artifact>;

export const DOLLAR_ABI = artifacts.TestDollar.abi as Abi;
export const PERMIT2_ABI = artifacts.TestPermit2.abi as Abi;
export const PROXY_ABI = artifacts.TestUptoProxy.abi as Abi;

export interface TestChain {
  readonly url: string;
  /** Token units of an address. */
  readonly balanceOf: (holder: Address) => Promise<bigint>;
  /** Gives an address tokens, and coins for gas. */
  readonly fund: (holder: Address, units: bigint) => Promise<void>;
  /** Lets Permit2 move the tokens of a key's address, as its holder does once. */
  readonly approve: (key: Hex) => Promise<void>;
  /** Moves tokens away, as a payer may before it is settled. */
  readonly transfer: (key: Hex, to: Address, units: bigint) => Promise<void>;
  /** Makes a payment's nonce useless, as its payer may. */
  readonly spoilNonce: (key: Hex, nonce: bigint) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** The binary of this machine; null where npm has installed none. */
export function findAnvil(): string | null {
  const systems: Record<string, string> = { x64: 'amd64', arm64: 'arm64' };
  const name = `${process.platform}-${systems[process.arch] ?? process.arch}`;
  try {
    const own = createRequire(import.meta.url).resolve(`@foundry-rs/anvil-${name}/package.json`);
    return join(dirname(own), 'bin', process.platform === 'win32' ? 'anvil.exe' : 'anvil');
  } catch {
    return null;
  }
}

/** A running anvil: it makes a block for each transaction. */
export interface Anvil {
  readonly url: string;
  readonly pid: number;
  /** Once it has ended, whoever ended it. */
  readonly gone: Promise<void>;
  /** By SIGTERM it writes its state first, where it keeps one. */
  readonly stop: (signal?: 'SIGKILL' | 'SIGTERM') => Promise<void>;
}

/** Throws StartError where anvil is not there or does not come up. */
export async function startAnvil({
  port = 0,
  args = [],
  environment = {},
}: {
  readonly port?: number;
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}): Promise<Anvil> {
  const binary = findAnvil();
  if (binary === null)
    throw new StartError(
      `There is no local chain for ${process.platform}-${process.arch}, or its tools are not installed: npm install fetches anvil for Linux, macOS and Windows. Another test chain does as well: --chain URL.`,
    );
  const at = await claimPort(HOST, port);
  const words = ['--host', HOST, '--port', String(at), '--silent', ...args];
  const child = spawn(binary, words, { stdio: 'ignore', env: { ...process.env, ...environment } });
  const gone = new Promise<void>((resolve) => void child.once('close', () => resolve()));
  const url = `http://${HOST}:${at}`;
  const stop: Anvil['stop'] = async (signal = 'SIGKILL') => {
    child.kill(signal);
    await gone;
  };
  child.once('error', () => undefined);
  try {
    await untilReady(url, () => child.exitCode !== null);
  } catch (cause) {
    await stop();
    throw cause;
  }
  return { url, pid: child.pid ?? 0, gone, stop };
}

/** A chain with x402's contracts. Throws StartError where anvil is not there or does not come up. */
export async function startTestChain(port = 0): Promise<TestChain> {
  const anvil = await startAnvil({ port });
  try {
    return { ...(await furnish(anvil.url)), stop: async () => anvil.stop() };
  } catch (cause) {
    await anvil.stop();
    throw cause;
  }
}

async function untilReady(url: string, isGone: () => boolean): Promise<void> {
  const client = createPublicClient({ chain: foundry, transport: http(url, { retryCount: 0 }) });
  for (const until = Date.now() + READY_WAIT_MS; Date.now() < until && !isGone(); await sleep(25))
    if (await client.getChainId().catch(() => null)) return;
  throw new StartError('anvil did not start.');
}

async function furnish(url: string): Promise<Omit<TestChain, 'stop'>> {
  const transport = http(url);
  const client = createTestClient({ mode: 'anvil', chain: foundry, transport })
    .extend(publicActions)
    .extend(walletActions);
  const places = { TestDollar: TEST_DOLLAR, TestPermit2: PERMIT2_ADDRESS, TestUptoProxy: UPTO_PROXY_ADDRESS } as const;
  for (const [name, address] of Object.entries(places))
    await client.setCode({ address, bytecode: artifacts[name as keyof typeof artifacts].code as Hex });
  const send = async (
    key: Hex,
    call: { address: Address; abi: Abi; functionName: string; args: unknown[] },
  ): Promise<void> => {
    const wallet = createWalletClient({ account: privateKeyToAccount(key), chain: foundry, transport });
    const hash = await wallet.writeContract(call);
    const { status } = await client.waitForTransactionReceipt({ hash, pollingInterval: 20 });
    if (status !== 'success') throw new Error(`${call.functionName} was reverted`);
  };
  const dollar = { address: TEST_DOLLAR, abi: DOLLAR_ABI };
  return {
    url,
    balanceOf: async (holder) =>
      (await client.readContract({ ...dollar, functionName: 'balanceOf', args: [holder] })) as bigint,
    fund: async (holder, units) => {
      await client.setBalance({ address: holder, value: 10n ** 18n });
      await client.impersonateAccount({ address: holder });
      const hash = await client.writeContract({
        ...dollar,
        functionName: 'mint',
        args: [holder, units],
        account: holder,
      });
      await client.waitForTransactionReceipt({ hash, pollingInterval: 20 });
      await client.stopImpersonatingAccount({ address: holder });
    },
    approve: (key) => send(key, { ...dollar, functionName: 'approve', args: [PERMIT2_ADDRESS, 2n ** 256n - 1n] }),
    transfer: (key, to, units) => send(key, { ...dollar, functionName: 'transfer', args: [to, units] }),
    spoilNonce: (key, nonce) =>
      send(key, {
        address: PERMIT2_ADDRESS,
        abi: PERMIT2_ABI,
        functionName: 'invalidateUnorderedNonces',
        args: [nonce >> 8n, 1n << (nonce & 255n)],
      }),
  };
}
