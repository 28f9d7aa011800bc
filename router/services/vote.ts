// What stands to the vote, as this isolate last read it from the chain; null where there is none.
import type { Hex } from '../../schema/bytes.ts';
import { readVote } from '../../schema/vote-reading.ts';
import type { VoteNow } from '../../schema/vote-reading.ts';
import { makeAskChain } from '../chain/json-rpc.ts';
import type { Env } from '../env.ts';

/** How long what was read is told, ms. */
const KEPT_MS = 30_000;

/** Rejects where the chain cannot be asked and nothing was read before. */
export type LookAtVote = (now: number) => Promise<VoteNow>;

export function openVote({ CHAIN_RPC_URL, CHAIN_GOVERNOR, VERIFYING_CONTRACT }: Env): LookAtVote | null {
  if (CHAIN_RPC_URL === undefined) return null;
  const ask = makeAskChain(CHAIN_RPC_URL);
  const told = (CHAIN_GOVERNOR?.toLowerCase() ?? null) as Hex | null;
  let read: VoteNow | null = null;
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<VoteNow> | null = null;
  const look = async (now: number): Promise<VoteNow> => {
    try {
      read = await readVote(ask, { payouts: VERIFYING_CONTRACT as Hex, governor: read?.governor ?? told });
      readAt = now;
    } catch (error) {
      if (!read) throw error;
    }
    return read;
  };
  return async (now) => {
    if (read && now - readAt < KEPT_MS) return read;
    return (reading ??= look(now).finally(() => (reading = null)));
  };
}
