// What this router says of its chain: read from it once per isolate, and the newest final root again after a while.
import type { Hex } from '../../schema/bytes.ts';
import { findTestChain } from '../../schema/test-chains.ts';
import { hexNumber } from '../../schema/rpc-values.ts';
import { makeAskChain } from '../chain/json-rpc.ts';
import { readLastFinal, readPlaces } from '../chain/network-chain.ts';
import type { ChainPlaces, ToldRoot } from '../chain/network-chain.ts';
import type { Env } from '../env.ts';
import { makeLog } from '../log.ts';

const log = makeLog('services');

/** So long an answer of the chain is told again, and so long it is left in peace after it did not answer, ms. */
const KEPT_MS = 2000;

export interface ToldChain {
  readonly chainId: number;
  readonly name: string;
  /** Blocks under which nothing is expected to change any more. */
  readonly depth: number;
  readonly payouts: Hex;
  readonly governor: Hex | null;
  /** Null where only the router may know it. */
  readonly rpcUrl: string | null;
  /** Null while the chain cannot be asked and was not yet. */
  readonly places: ChainPlaces | null;
  /** Null before the first, and while the chain cannot be asked. */
  readonly lastFinal: ToldRoot | null;
  /** Wei a unit of gas, as its node says; null while it cannot be asked and was not yet. */
  readonly gasPrice: bigint | null;
  /** False while it cannot be asked. */
  readonly isReachable: boolean;
}

/** Null where this network has no chain. Never rejects. */
export type TellChain = (now: number) => Promise<ToldChain | null>;

export function openNetworkChain(env: Env): TellChain {
  const { CHAIN_RPC_URL: url } = env;
  const chainId = Number(env.CHAIN_ID);
  const kind = findTestChain(chainId);
  if (url === undefined || !kind.ok) return () => Promise.resolve(null);
  const ask = makeAskChain(url);
  const payouts = env.VERIFYING_CONTRACT as Hex;
  const governor = (env.CHAIN_GOVERNOR?.toLowerCase() ?? null) as Hex | null;
  const fixed = { chainId, name: kind.value.name, depth: kind.value.depth, payouts, governor, rpcUrl: toPublic(url) };
  let places: ChainPlaces | null = null;
  let heard: Pick<ToldChain, 'lastFinal' | 'gasPrice' | 'isReachable'> = {
    lastFinal: null,
    gasPrice: null,
    isReachable: false,
  };
  let askAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | null = null;
  const look = async (): Promise<void> => {
    try {
      places ??= await readPlaces(ask, chainId, payouts);
      const lastFinal = await readLastFinal(ask, payouts);
      heard = { lastFinal, gasPrice: hexNumber.parse(await ask('eth_gasPrice')), isReachable: true };
    } catch (error) {
      heard = { ...heard, isReachable: false };
      log.warn('chain-not-heard', { error });
    }
  };
  return async (now) => {
    if (now >= askAt)
      await (asking ??= look().finally(() => {
        asking = null;
        askAt = now + KEPT_MS;
      }));
    return { ...fixed, places, ...heard };
  };
}

/** Those who sell access to a node put its key into the path or the query: then it is nobody's business. */
function toPublic(url: string): string | null {
  const { origin, pathname, search, username, password } = new URL(url);
  const isBare = (pathname === '' || pathname === '/') && search === '' && username === '' && password === '';
  return isBare ? origin : null;
}
