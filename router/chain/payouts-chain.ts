// The door to the payout contract: what the settler has to know of the chain before each step, and what it sends there. By plain JSON-RPC.
import * as z from 'zod';
import type { Hex } from '../../schema/bytes.ts';
import { encodeState, readState } from '../../schema/chain-abi.ts';
import type { RootsState } from '../../schema/chain-abi.ts';
import { ZERO_WORD } from '../../schema/typed-data.ts';
import { hexNumber, hexText, smallNumber, toTag } from '../../schema/rpc-values.ts';
import { findTestChain } from '../../schema/test-chains.ts';
import type { BlockName, ChainFacts } from './decide-post.ts';
import { callContract, makeAskChain } from './json-rpc.ts';
import type { AskChain } from './json-rpc.ts';
import { openTransactionDoor } from './transaction-door.ts';
import type { TransactionDoor } from './transaction-door.ts';

export interface PayoutsChain extends TransactionDoor {
  /** Rejects where the chain cannot be asked, has no contract there, or moved meanwhile. Of a chain that is not allowed only its id is asked. */
  readonly look: (anchor: BlockName | null) => Promise<ChainFacts>;
  /** Of some transactions the one that is in a block and did what it should; null for none. Rejects where it cannot be asked. */
  readonly findDone: (hashes: readonly Hex[]) => Promise<Hex | null>;
}

export interface PayoutsPlace {
  readonly url: string;
  readonly contract: Hex;
  /** Address of the gas key. */
  readonly sender: Hex;
}

const blockSchema = z.object({
  number: smallNumber,
  hash: hexText,
  timestamp: smallNumber,
});

const receiptSchema = z.object({ status: hexNumber }).nullable();

type Block = BlockName & { readonly seconds: number };

export function makePayoutsChain({ url, contract, sender }: PayoutsPlace): PayoutsChain {
  const ask = makeAskChain(url);
  const blockAt = async (tag: string): Promise<Block | null> =>
    readBlock(await ask('eth_getBlockByNumber', tag, false));
  const door = openTransactionDoor(ask, contract, sender);
  return {
    ...door,
    look: async (anchor) => {
      const chainId = smallNumber.parse(await ask('eth_chainId'));
      const chain = findTestChain(chainId);
      if (!chain.ok) return nothingOf(chainId);
      const block = need(await blockAt('latest'));
      const deep = need(await blockAt(toTag(Math.max(0, block.number - chain.value.depth))));
      const at = { ask, contract, door };
      const [now, then] = [await readAt(at, block), await readAt(at, deep)];
      if (!now) throw new Error(`there is no contract at ${contract} on ${chain.value.name}`);
      const facts = {
        chainId,
        block,
        deep,
        anchorHash: anchor && ((await blockAt(toTag(anchor.number)))?.hash ?? null),
        nonces: { now: now.nonce, pending: await door.countAt('pending'), deep: then?.nonce ?? 0 },
        roots: { now: now.roots, deep: then?.roots ?? null },
      };
      // All of it was read by the block's number: what has that number now must be the same block.
      if ((await blockAt(toTag(block.number)))?.hash !== block.hash) throw new Error('the chain moved meanwhile');
      return facts;
    },
    findDone: async (hashes) => {
      for (const hash of hashes) {
        const receipt = receiptSchema.parse(await ask('eth_getTransactionReceipt', hash));
        if (receipt?.status === 1n) return hash;
      }
      return null;
    },
  };
}

interface Place {
  readonly ask: AskChain;
  readonly contract: Hex;
  readonly door: TransactionDoor;
}

interface ReadBlock {
  readonly nonce: number;
  readonly roots: RootsState;
}

/** Null where the contract is not there yet. */
async function readAt({ ask, contract, door }: Place, { number }: BlockName): Promise<ReadBlock | null> {
  const tag = toTag(number);
  const answer = await callContract(ask, contract, encodeState(), tag);
  return answer === '0x' ? null : { nonce: await door.countAt(tag), roots: readState(answer) };
}

function readBlock(answer: unknown): Block | null {
  if (answer === null) return null;
  const { number, hash, timestamp: seconds } = blockSchema.parse(answer);
  return { number, hash, seconds };
}

function need(block: Block | null): Block {
  if (!block) throw new Error('the chain has no such block');
  return block;
}

/** Enough to be refused. */
function nothingOf(chainId: number): ChainFacts {
  const block = { number: 0, hash: '0x', seconds: 0 } as const;
  const nonces = { now: 0, pending: 0, deep: 0 };
  const last = { root: ZERO_WORD, total: 0n, epoch: 0 };
  const roots = { now: { pending: null, last, beforeLast: last, lastPosted: 0 }, deep: null };
  return { chainId, block, deep: block, anchorHash: null, nonces, roots };
}
