// Whether the books and the chain tell the same of claims: home by home what its object was told and what the contract has paid, as of the last block that was
// read, and what the book in D1 has of all claims.
import type { Hex } from '../../schema/bytes.ts';
import { AbiWords, makeCall } from '../../schema/abi-words.ts';
import { toTag } from '../../schema/rpc-values.ts';
import { callContract, makeAskChain } from '../chain/json-rpc.ts';
import type { Env } from '../env.ts';
import type { Nodes } from '../auth/nodes.ts';
import type { Stubs } from './stubs.ts';

/** Units. */
export interface CheckedHome {
  readonly node: string;
  readonly books: number;
  readonly chain: number;
}

export interface ChainCheckPage {
  /** The last block that was read; null before the first. */
  readonly block: number | null;
  /** Something came from the chain meanwhile, or is on its way to its object: ask again. */
  readonly isMoving: boolean;
  readonly homes: readonly CheckedHome[];
  /** Of all homes, by the book in D1. */
  readonly booked: number;
  /** The id behind which there are more; null for none. */
  readonly next: string | null;
}

/** Rejects where the chain or the book cannot be asked. */
export type CheckChain = (after: string, limit: number) => Promise<ChainCheckPage>;

const BOOKED = `SELECT coalesce(sum(p.amount), 0) AS units FROM events AS e JOIN postings AS p ON p.event_id = e.id
    WHERE e.kind = 'claim' AND p.book = 'chain'`;

/** Null where there is no chain. */
export function openChainCheck(
  env: Env,
  stubs: Pick<Stubs, 'settler' | 'nodeAccount'>,
  nodes: Nodes,
): CheckChain | null {
  const { CHAIN_RPC_URL: url, VERIFYING_CONTRACT: payouts } = env;
  if (url === undefined) return null;
  const ask = makeAskChain(url);
  const paidTo = async (address: Hex, block: number): Promise<number> => {
    const answer = await callContract(ask, payouts as Hex, makeCall('claimed(address)', address), toTag(block));
    return answer === '0x' ? 0 : new AbiWords(answer).number(0);
  };
  return async (after, limit) => {
    const before = await stubs.settler().watched();
    const rows = await nodes.list(after, limit);
    const homes = await Promise.all(
      rows.map(async ({ id, address }) => ({
        node: id,
        books: (await stubs.nodeAccount(id).earned()).claimed,
        chain: before.block === null ? 0 : await paidTo(address as Hex, before.block),
      })),
    );
    const booked = (await env.DB.prepare(BOOKED).first<number>('units')) ?? 0;
    const now = await stubs.settler().watched();
    const isMoving = before.waiting > 0 || now.waiting > 0 || now.block !== before.block;
    return {
      block: before.block,
      isMoving,
      homes,
      booked,
      next: rows.length === limit ? (rows.at(-1)?.id ?? null) : null,
    };
  };
}
