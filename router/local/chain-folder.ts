// What a local network keeps of its chain: who signs and pays there, and where the contracts stand. Files are 0600.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Address, Hex } from 'viem';
import * as z from 'zod';
import { fromHex } from '../../schema/bytes.ts';
import { addressOfPrivateKey } from '../../schema/typed-data.ts';
import { StartError } from './start-error.ts';

/** `deployer`: has no right in what it deployed. `holder`: whose tokens the network starts with. The router's own key is not here. */
export const CHAIN_KEYS = ['deployer', 'root', 'gas', 'sponsor', 'holder', 'guardian'] as const;
export type ChainKeys = Readonly<Record<(typeof CHAIN_KEYS)[number], Hex>>;

const key = z.string().regex(/^0x[0-9a-f]{64}$/) as unknown as z.ZodType<Hex>;
const keysFile = z.object({ deployer: key, root: key, gas: key, sponsor: key, holder: key, guardian: key });

const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/) as unknown as z.ZodType<Address>;
const chainFile = z.object({
  chainId: z.int(),
  epochSeconds: z.int(),
  /** Of this machine's own chain: taken again where it is free, since homes remember it. */
  port: z.int().exactOptional(),
  /** Block in which the last of them was deployed. */
  block: z.int(),
  contracts: z.object({
    IroriTimelock: address,
    Rules: address,
    IroriToken: address,
    Bonds: address,
    Credits: address,
    Payouts: address,
    IroriGovernor: address,
  }),
});

/** Where the contracts stand. */
export type DeployedChain = z.infer<typeof chainFile>;

export interface ChainFolder {
  /** Where anvil keeps its state; null where nothing is kept. */
  readonly stateFile: string | null;
  readonly keys: ChainKeys;
  readonly deployed: DeployedChain | null;
  readonly write: (deployed: DeployedChain) => void;
}

/** Null for one that is not kept. Throws StartError for files that cannot be read. */
export function openChainFolder(dir: string | null): ChainFolder {
  if (dir === null) return { stateFile: null, keys: makeKeys(), deployed: null, write: () => undefined };
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const at = join(dir, 'chain.json');
  return {
    stateFile: join(dir, 'chain-state.json'),
    keys: openKeys(join(dir, 'chain-keys.json')),
    deployed: readDeployed(dir),
    write: (deployed) => writePrivate(at, deployed),
  };
}

/** What an earlier start deployed; null where none did. Throws StartError where it cannot be read. */
export function readDeployed(dir: string): DeployedChain | null {
  return readFile(join(dir, 'chain.json'), chainFile);
}

/** Addresses that the homes are paid to: the first so many, in the order of the homes. Their keys are never in a home's own folder. */
export function openWallets(dir: string, count: number): readonly Hex[] {
  const path = join(dir, 'chain-wallets.json');
  const found = readFile(path, z.array(key)) ?? [];
  const missing = Array.from({ length: Math.max(0, count - found.length) }, makeKey);
  const wallets = [...found, ...missing];
  if (missing.length > 0) writePrivate(path, wallets);
  return wallets.slice(0, count).map((wallet) => addressOfPrivateKey(fromHex(wallet)));
}

function openKeys(path: string): ChainKeys {
  const found = readFile(path, keysFile);
  if (found) return found;
  const made = makeKeys();
  writePrivate(path, made);
  return made;
}

function makeKeys(): ChainKeys {
  return Object.fromEntries(CHAIN_KEYS.map((name) => [name, makeKey()])) as ChainKeys;
}

function makeKey(): Hex {
  return `0x${randomBytes(32).toString('hex')}`;
}

function readFile<T>(path: string, shape: z.ZodType<T>): T | null {
  if (!existsSync(path)) return null;
  try {
    return shape.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    const where = cause instanceof z.ZodError ? ` (${cause.issues[0]?.path.join('.') ?? 'whole'})` : '';
    throw new StartError(`${path} cannot be read${where}. Restore the file, or remove it to begin a new chain.`);
  }
}

function writePrivate(path: string, value: unknown): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
