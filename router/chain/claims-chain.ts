// The door to Payouts for claims: what the chain has of homes, all of it at one block, and what is sent there. By plain JSON-RPC.
import * as z from 'zod';
import type { Hex } from '../../schema/bytes.ts';
import { encodeState, readState } from '../../schema/chain-abi.ts';
import type { FinalRoot } from '../../schema/chain-abi.ts';
import { AbiWords, makeCall } from '../../schema/read-abi.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { findTestChain } from '../../schema/test-chains.ts';
import { ZERO_ADDRESS } from '../../schema/typed-data.ts';
import { ChainRefusal, hexNumber, makeAskChain } from './json-rpc.ts';
import type { ClaimNonces } from './decide-claims.ts';
import type { GasPrices } from './plan-fees.ts';

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

export interface ClaimsChain {
  /** Rejects where the chain cannot be asked, is another than it should be, or has no contract there. */
  readonly look: (nodes: readonly Hex[]) => Promise<ClaimsFacts>;
  /** Gas of a call; errors: why the contract would refuse it now. Rejects where it cannot be asked. */
  readonly estimate: (data: Hex) => Promise<Result<bigint, string>>;
  readonly prices: () => Promise<GasPrices>;
  readonly send: (raw: Hex) => Promise<void>;
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

const hex = z
  .string()
  .regex(/^0x[0-9a-fA-F]*$/)
  .transform((text) => text.toLowerCase() as Hex);
const smallNumber = hexNumber.transform(Number).pipe(z.number().int().min(0));
const feeSchema = z.object({ baseFeePerGas: hexNumber.optional() });
const receiptSchema = z.object({ blockNumber: smallNumber, status: z.literal('0x1') });

export function makeClaimsChain({ url, chainId, contract, sender }: ClaimsPlace): ClaimsChain {
  const ask = makeAskChain(url);
  const call = async (to: Hex, data: Hex, tag: string): Promise<Hex> =>
    hex.parse(await ask('eth_call', { to, data }, tag));
  const countAt = async (tag: string): Promise<number> =>
    smallNumber.parse(await ask('eth_getTransactionCount', sender, tag));
  const claimedAt = async (node: Hex, tag: string): Promise<bigint> => {
    const answer = await call(contract, makeCall('claimed(address)', node), tag);
    // Before the contract was there nothing was claimed.
    return answer === '0x' ? 0n : new AbiWords(answer).big(0);
  };
  let rules: Hex | null = null;
  return {
    look: async (nodes) => {
      const id = smallNumber.parse(await ask('eth_chainId'));
      const kind = findTestChain(id);
      if (!kind.ok) throw new Error(kind.error);
      if (id !== chainId) throw new Error(`the chain's node is of chain ${id}, and not of ${chainId}`);
      const block = smallNumber.parse(await ask('eth_blockNumber'));
      const [tag, deep] = [toTag(block), toTag(Math.max(0, block - kind.value.depth))];
      const state = await call(contract, encodeState(), tag);
      if (state === '0x') throw new Error(`there is no contract at ${contract} on ${kind.value.name}`);
      rules ??= readAddress(await call(contract, makeCall('rules()'), tag));
      const homes = new Map<Hex, PaidFact>();
      for (const node of nodes) {
        const [claimed, claimedDeep, bound] = await Promise.all([
          claimedAt(node, tag),
          claimedAt(node, deep),
          call(contract, makeCall('walletOf(address)', node), tag).then(readAddress),
        ]);
        homes.set(node, { claimed, claimedDeep, bound: bound === ZERO_ADDRESS ? null : bound });
      }
      return {
        block,
        nonces: { now: await countAt(tag), pending: await countAt('pending') },
        final: readState(state).last,
        isPaused: new AbiWords(await call(rules, makeCall('isPaused()'), tag)).big(0) !== 0n,
        homes,
      };
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
      const { baseFeePerGas: baseFee = 0n } = feeSchema.parse(await ask('eth_getBlockByNumber', 'latest', false));
      return { baseFee, tip: hexNumber.parse(await ask('eth_maxPriorityFeePerGas')) };
    },
    send: async (raw) => void (await ask('eth_sendRawTransaction', raw)),
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

function toTag(number: number): string {
  return `0x${number.toString(16)}`;
}
