// The door to the payout contract: what the settler has to know of the chain before each step, and what it sends there. By plain JSON-RPC.
import * as z from 'zod';
import type { Hex } from '../../schema/bytes.ts';
import { encodeState, readState } from '../../schema/chain-abi.ts';
import type { RootsState } from '../../schema/chain-abi.ts';
import { ZERO_WORD } from '../../schema/typed-data.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { findTestChain } from '../../schema/test-chains.ts';
import type { BlockName, ChainFacts } from './decide-post.ts';
import { ChainRefusal, hexNumber, makeAskChain } from './json-rpc.ts';
import type { AskChain } from './json-rpc.ts';
import type { GasPrices } from './plan-fees.ts';

export interface PayoutsChain {
  /** Rejects where the chain cannot be asked, has no contract there, or moved meanwhile. Of a chain that is not allowed only its id is asked. */
  readonly look: (anchor: BlockName | null) => Promise<ChainFacts>;
  /** Of some transactions the one that is in a block and did what it should; null for none. Rejects where it cannot be asked. */
  readonly findDone: (hashes: readonly Hex[]) => Promise<Hex | null>;
  /** Gas of a call; errors: why the contract would refuse it now. Rejects where it cannot be asked. */
  readonly estimate: (data: Hex) => Promise<Result<bigint, string>>;
  readonly prices: () => Promise<GasPrices>;
  /** Rejects where it was refused or nothing was heard: neither says that it is not on its way. */
  readonly send: (raw: Hex) => Promise<void>;
}

export interface PayoutsPlace {
  readonly url: string;
  readonly contract: Hex;
  /** Address of the gas key. */
  readonly sender: Hex;
}

const hex = z
  .string()
  .regex(/^0x[0-9a-fA-F]*$/)
  .transform((text) => text.toLowerCase() as Hex);
const smallNumber = hexNumber.transform(Number).pipe(z.number().int().min(0));
const blockSchema = z.object({
  number: smallNumber,
  hash: hex,
  timestamp: smallNumber,
  baseFeePerGas: hexNumber.optional(),
});

const receiptSchema = z.object({ status: hexNumber }).nullable();

type Block = BlockName & { readonly seconds: number; readonly baseFee: bigint };

export function makePayoutsChain({ url, contract, sender }: PayoutsPlace): PayoutsChain {
  const ask = makeAskChain(url);
  const blockAt = async (tag: string): Promise<Block | null> =>
    readBlock(await ask('eth_getBlockByNumber', tag, false));
  return {
    look: async (anchor) => {
      const chainId = smallNumber.parse(await ask('eth_chainId'));
      const chain = findTestChain(chainId);
      if (!chain.ok) return nothingOf(chainId);
      const block = need(await blockAt('latest'));
      const deep = need(await blockAt(toTag(Math.max(0, block.number - chain.value.depth))));
      const at = { ask, contract, sender };
      const [now, then] = [await readAt(at, block), await readAt(at, deep)];
      if (!now) throw new Error(`there is no contract at ${contract} on ${chain.value.name}`);
      const facts = {
        chainId,
        block,
        deep,
        anchorHash: anchor && ((await blockAt(toTag(anchor.number)))?.hash ?? null),
        nonces: { now: now.nonce, pending: await countAt(at, 'pending'), deep: then?.nonce ?? 0 },
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
    estimate: async (data) => {
      try {
        return ok(hexNumber.parse(await ask('eth_estimateGas', { from: sender, to: contract, data })));
      } catch (error) {
        if (error instanceof ChainRefusal) return err(error.message);
        throw error;
      }
    },
    prices: async () => {
      const { baseFee } = need(await blockAt('latest'));
      return { baseFee, tip: hexNumber.parse(await ask('eth_maxPriorityFeePerGas')) };
    },
    send: async (raw) => void (await ask('eth_sendRawTransaction', raw)),
  };
}

interface Place extends Omit<PayoutsPlace, 'url'> {
  readonly ask: AskChain;
}

interface ReadBlock {
  readonly nonce: number;
  readonly roots: RootsState;
}

/** Null where the contract is not there yet. */
async function readAt(place: Place, { number }: BlockName): Promise<ReadBlock | null> {
  const tag = toTag(number);
  const answer = hex.parse(await place.ask('eth_call', { to: place.contract, data: encodeState() }, tag));
  return answer === '0x' ? null : { nonce: await countAt(place, tag), roots: readState(answer) };
}

async function countAt({ ask, sender }: Place, tag: string): Promise<number> {
  return smallNumber.parse(await ask('eth_getTransactionCount', sender, tag));
}

function readBlock(answer: unknown): Block | null {
  if (answer === null) return null;
  const { number, hash, timestamp: seconds, baseFeePerGas: baseFee = 0n } = blockSchema.parse(answer);
  return { number, hash, seconds, baseFee };
}

function need(block: Block | null): Block {
  if (!block) throw new Error('the chain has no such block');
  return block;
}

function toTag(number: number): string {
  return `0x${number.toString(16)}`;
}

/** Enough to be refused. */
function nothingOf(chainId: number): ChainFacts {
  const block = { number: 0, hash: '0x', seconds: 0 } as const;
  const nonces = { now: 0, pending: 0, deep: 0 };
  const last = { root: ZERO_WORD, total: 0n, epoch: 0 };
  const roots = { now: { pending: null, last, beforeLast: last, lastPosted: 0 }, deep: null };
  return { chainId, block, deep: block, anchorHash: null, nonces, roots };
}
