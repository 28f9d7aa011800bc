// The door to Payouts for claims: what the chain has of homes, all of it at one block, and what is sent there. By plain JSON-RPC.
import * as z from 'zod';
import type { Hex } from '../../schema/bytes.ts';
import { encodeState, readState } from '../../schema/chain-abi.ts';
import type { FinalRoot } from '../../schema/chain-abi.ts';
import { AbiWords, makeCall } from '../../schema/abi-words.ts';
import { smallNumber, toTag } from '../../schema/rpc-values.ts';
import { ZERO_ADDRESS } from '../../schema/typed-data.ts';
import { callContract, checkChain, makeAskChain } from './json-rpc.ts';
import type { ClaimNonces } from './decide-claims.ts';
import { openTransactionDoor } from './transaction-door.ts';
import type { TransactionDoor } from './transaction-door.ts';

export interface PaidFact {
  /** Units; `claimedDeep`: so deep that it does not change any more. */
  readonly claimed: bigint;
  readonly claimedDeep: bigint;
  /** The wallet that was bound on the chain; null for none. */
  readonly bound: Hex | null;
}

export interface ClaimsFacts {
  readonly block: number;
  readonly nonces: ClaimNonces;
  readonly final: FinalRoot;
  readonly isPaused: boolean;
  readonly homes: ReadonlyMap<Hex, PaidFact>;
}

export interface ClaimsChain extends TransactionDoor {
  /** Rejects where the chain cannot be asked, is another than it should be, or has no contract there. */
  readonly look: (nodes: readonly Hex[]) => Promise<ClaimsFacts>;
  /** Which of these is in a block and was not reverted; null for none. */
  readonly findMined: (hashes: readonly Hex[]) => Promise<Hex | null>;
}

export interface ClaimsPlace {
  readonly url: string;
  readonly chainId: number;
  /** Address of Payouts. */
  readonly contract: Hex;
  /** Address of the sponsor's key. */
  readonly sender: Hex;
}

const receiptSchema = z.object({ blockNumber: smallNumber, status: z.literal('0x1') });

export function makeClaimsChain({ url, chainId, contract, sender }: ClaimsPlace): ClaimsChain {
  const ask = makeAskChain(url);
  const door = openTransactionDoor(ask, contract, sender);
  const claimedAt = async (node: Hex, tag: string): Promise<bigint> => {
    const answer = await callContract(ask, contract, makeCall('claimed(address)', node), tag);
    // Before the contract was there nothing was claimed.
    return answer === '0x' ? 0n : new AbiWords(answer).big(0);
  };
  let rules: Hex | null = null;
  return {
    ...door,
    look: async (nodes) => {
      const { depth, name } = await checkChain(ask, chainId);
      const block = smallNumber.parse(await ask('eth_blockNumber'));
      const [tag, deep] = [toTag(block), toTag(Math.max(0, block - depth))];
      const state = await callContract(ask, contract, encodeState(), tag);
      if (state === '0x') throw new Error(`there is no contract at ${contract} on ${name}`);
      rules ??= readAddress(await callContract(ask, contract, makeCall('rules()'), tag));
      const homes = new Map<Hex, PaidFact>();
      for (const node of nodes) {
        const [claimed, claimedDeep, bound] = await Promise.all([
          claimedAt(node, tag),
          claimedAt(node, deep),
          callContract(ask, contract, makeCall('walletOf(address)', node), tag).then(readAddress),
        ]);
        homes.set(node, { claimed, claimedDeep, bound: bound === ZERO_ADDRESS ? null : bound });
      }
      return {
        block,
        nonces: { now: await door.countAt(tag), pending: await door.countAt('pending') },
        final: readState(state).last,
        isPaused: new AbiWords(await callContract(ask, rules, makeCall('isPaused()'), tag)).big(0) !== 0n,
        homes,
      };
    },
    findMined: async (hashes) => {
      for (const hash of hashes)
        if (receiptSchema.safeParse(await ask('eth_getTransactionReceipt', hash)).success) return hash;
      return null;
    },
  };
}

function readAddress(answer: Hex): Hex {
  return new AbiWords(answer).address(0);
}
