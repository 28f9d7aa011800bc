// The door through which transactions of one key go to one contract: what a call costs, how far the key's numbers are, and the sending. By plain JSON-RPC.
import * as z from 'zod';
import type { Hex } from '../../schema/bytes.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { hexNumber, smallNumber } from '../../schema/rpc-values.ts';
import { ChainRefusal } from './json-rpc.ts';
import type { AskChain } from './json-rpc.ts';
import type { GasPrices } from './plan-fees.ts';

export interface TransactionDoor {
  /** Gas of a call; errors: why the contract would refuse it now. Rejects where it cannot be asked. */
  readonly estimate: (data: Hex) => Promise<Result<bigint, string>>;
  readonly prices: () => Promise<GasPrices>;
  /** Transactions of the key as of a block, by its tag; `pending`: with those that wait. */
  readonly countAt: (tag: string) => Promise<number>;
  /** Rejects where it was refused or nothing was heard: neither says that it is not on its way. */
  readonly send: (raw: Hex) => Promise<void>;
}

const blockSchema = z.object({ baseFeePerGas: hexNumber.optional() });

/** `sender`: address of the key that pays. */
export function openTransactionDoor(ask: AskChain, contract: Hex, sender: Hex): TransactionDoor {
  return {
    estimate: async (data) => {
      try {
        return ok(hexNumber.parse(await ask('eth_estimateGas', { from: sender, to: contract, data })));
      } catch (error) {
        if (error instanceof ChainRefusal) return err(error.message);
        throw error;
      }
    },
    prices: async () => {
      const { baseFeePerGas: baseFee = 0n } = blockSchema.parse(await ask('eth_getBlockByNumber', 'latest', false));
      return { baseFee, tip: hexNumber.parse(await ask('eth_maxPriorityFeePerGas')) };
    },
    countAt: async (tag) => smallNumber.parse(await ask('eth_getTransactionCount', sender, tag)),
    send: async (raw) => void (await ask('eth_sendRawTransaction', raw)),
  };
}
