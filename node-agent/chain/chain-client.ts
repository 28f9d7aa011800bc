// The door of the agent's commands to the chain that pays this home: where it is, what stands there, and a client to ask it. Needs no router where what the
// router told once is kept, or the owner says it. viem is loaded here and nowhere else, when a command asks.
import type { Chain as ViemChain, HttpTransport, PublicClient } from 'viem';
import type { Hex } from '../../schema/bytes.ts';
import { PAYOUTS_ABI, RULES_ABI } from '../../schema/contracts/abi.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { findTestChain } from '../../schema/test-chains.ts';
import type { TestChainKind } from '../../schema/test-chains.ts';
import type { Domain } from '../../schema/typed-data.ts';
import { readValues } from '../config/config.ts';
import type { Environment } from '../config/config.ts';
import type { OptionValues } from '../config/parse-flags.ts';
import { readStatus } from '../home/status-file.ts';
import type * as ViemDoor from './viem-door.ts';
import { askKnownChain, keepKnownChain, readKnownChain } from './known-chain.ts';

/** How long one question to the chain's node may take, ms. */
const ASK_MS = 15_000;
/** How often it is looked whether a transaction is in a block, ms. */
const POLL_MS = 500;

export type Viem = typeof ViemDoor;
export type ReadClient = PublicClient<HttpTransport, ViemChain>;

/** All that Payouts names, and what was told beside it. */
export interface ChainAddresses {
  readonly payouts: Hex;
  readonly token: Hex;
  readonly rules: Hex;
  readonly bonds: Hex;
  readonly credits: Hex;
  readonly timelock: Hex;
  /** Null where no router told it. */
  readonly governor: Hex | null;
}

export interface OpenChain {
  readonly viem: Viem;
  readonly read: ReadClient;
  readonly kind: TestChainKind;
  /** Of the messages that count on it. */
  readonly domain: Domain;
  readonly url: string;
  readonly addresses: ChainAddresses;
  /** Origin of the router that this home last worked for; null where it never has. */
  readonly router: string | null;
}

/** A sentence for the owner, and the exit status: 1 it could not be done, 2 the owner has to change something. */
export interface NoChain {
  readonly sentence: string;
  readonly exit: 1 | 2;
}

interface Asked {
  /** The state folder. */
  readonly folder: string;
  readonly flags: OptionValues;
  readonly env: Environment;
}

export async function openChain(asked: Asked): Promise<Result<OpenChain, NoChain>> {
  const place = await findPlace(asked);
  if (!place.ok) return place;
  const viem = await loadViem();
  if (!viem.ok) return fail(viem.error);
  const { url, chainId, payouts, governor, router } = place.value;
  try {
    const id = await viem.value
      .createPublicClient({ transport: viem.value.http(url, { timeout: ASK_MS, retryCount: 1 }) })
      .getChainId();
    const kind = findTestChain(id);
    if (!kind.ok) return fail(kind.error, 2);
    if (chainId !== null && id !== chainId)
      return fail(`${url} is chain ${id}; this home is paid on chain ${chainId}. Name another with --rpc URL.`, 2);
    const read = makeReader(viem.value, url, kind.value);
    const addresses = await readAddresses(read, payouts);
    if (!addresses) return fail(`There is no Payouts contract at ${payouts} on ${kind.value.name} (${url}).`, 2);
    return ok({
      viem: viem.value,
      read,
      kind: kind.value,
      domain: { chainId: id, verifyingContract: payouts },
      url,
      addresses: { ...addresses, governor },
      router,
    });
  } catch (error) {
    return fail(
      `The chain's node at ${url} does not answer: ${firstLine(error)} Try again later, or name another with --rpc URL.`,
    );
  }
}

/** What viem or the chain says, in one line. */
export function firstLine(error: unknown): string {
  const text = error instanceof Error ? ((error as { shortMessage?: string }).shortMessage ?? error.message) : '';
  const line = (text.split('\n')[0] ?? '').slice(0, 300);
  return /[.!?]$/.test(line) ? line : `${line}.`;
}

interface Place {
  readonly url: string;
  /** Null where only the owner said where it is: then any test chain will do. */
  readonly chainId: number | null;
  readonly payouts: Hex;
  readonly governor: Hex | null;
  readonly router: string | null;
}

/** What the owner says goes first, then what is kept, then what the router says. */
async function findPlace({ folder, flags, env }: Asked): Promise<Result<Place, NoChain>> {
  const values = readValues(flags, env, folder);
  if (!values.ok) return fail(values.error, 2);
  const { rpc, payouts: said, router: named } = values.value;
  if (typeof rpc === 'string' && !/^https?:\/\//.test(rpc)) return fail('--rpc must be http://… or https://….', 2);
  if (typeof said === 'string' && !/^0x[0-9a-fA-F]{40}$/.test(said))
    return fail('--payouts must be an address: 0x and 40 hex digits.', 2);
  const kept = await readKnownChain(folder);
  if (!kept.ok) return fail(kept.error, 2);
  const router = originOf(named) ?? (await readStatus(folder))?.router ?? null;
  const needsMore = (rpc ?? kept.value?.rpcUrl) === undefined || (said ?? kept.value?.payouts) === undefined;
  const known = needsMore && router !== null ? await learnFrom(router, folder) : ok(kept.value);
  if (!known.ok) return fail(known.error);
  const url = (rpc as string | undefined) ?? known.value?.rpcUrl ?? null;
  const payouts = (said as string | undefined)?.toLowerCase() ?? known.value?.payouts ?? null;
  if (payouts === null)
    return fail('This network pays on no chain, as far as is known here. Where it does: --payouts 0x… --rpc URL.', 2);
  if (url === null) return fail('Where is the chain? The router named no node of it: --rpc URL.', 2);
  // Another contract than the known one may stand on another chain, and have another vote.
  const isKnown = known.value?.payouts === payouts;
  const { chainId = null, governor = null } = (isKnown ? known.value : null) ?? {};
  return ok({ url, chainId, payouts: payouts as Hex, governor, router });
}

async function learnFrom(router: string, folder: string): ReturnType<typeof readKnownChain> {
  const told = await askKnownChain(router);
  return told.ok && told.value ? keepKnownChain(folder, told.value) : told;
}

async function loadViem(): Promise<Result<Viem, string>> {
  try {
    return ok(await import('./viem-door.ts'));
  } catch {
    return err(
      'What speaks to the chain (viem) is not installed here: the package irori-node has it inside, a checkout gets it by npm install.',
    );
  }
}

function makeReader({ createPublicClient, defineChain, http }: Viem, url: string, kind: TestChainKind): ReadClient {
  const chain = defineChain({
    id: kind.chainId,
    name: kind.name,
    nativeCurrency: { name: 'test coins', symbol: 'TEST', decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  });
  const transport = http(url, { timeout: ASK_MS, retryCount: 1, batch: true });
  return createPublicClient({ chain, transport, pollingInterval: POLL_MS });
}

/** Null where no such contract stands. Rejects where it cannot be asked. */
async function readAddresses(read: ReadClient, payouts: Hex): Promise<Omit<ChainAddresses, 'governor'> | null> {
  if (!(await read.getCode({ address: payouts }))) return null;
  const of = { address: payouts, abi: PAYOUTS_ABI } as const;
  const [token, rules, bonds, credits] = (
    await Promise.all(
      (['token', 'rules', 'bonds', 'credits'] as const).map((functionName) =>
        read.readContract({ ...of, functionName }),
      ),
    )
  ).map((address) => address.toLowerCase() as Hex) as [Hex, Hex, Hex, Hex];
  const timelock = await read.readContract({ address: rules, abi: RULES_ABI, functionName: 'timelock' });
  return { payouts, token, rules, bonds, credits, timelock: timelock.toLowerCase() as Hex };
}

function originOf(url: unknown): string | null {
  return typeof url === 'string' && URL.canParse(url) ? new URL(url).origin : null;
}

function fail(sentence: string, exit: 1 | 2 = 1): { readonly ok: false; readonly error: NoChain } {
  return err({ sentence, exit });
}
