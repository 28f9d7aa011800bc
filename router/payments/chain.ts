// The door to a chain: whether a payment has been settled there. Asked where nobody heard the facilitator's answer, before anything is sent again.
import * as z from 'zod';
import { makeCall, makeTopic, makeWord } from '../../schema/abi-words.ts';
import type { Hex } from '../../schema/bytes.ts';
import { PERMIT2_ADDRESS } from '../../schema/x402.ts';
import { hexNumber } from '../../schema/rpc-values.ts';
import { callContract, makeAskChain } from '../chain/json-rpc.ts';
import type { AskChain } from '../chain/json-rpc.ts';
import type { Scheme, X402Config } from './make-terms.ts';

/** A payment is good for little more than an hour: so many blocks reach further back on chains of a second a block. */
const LOOK_BACK_BLOCKS = 9_000n;

export interface SettlementAsked {
  readonly scheme: Scheme;
  readonly payer: Hex;
  readonly nonce: Hex;
  /** Units that were to be moved. */
  readonly amount: number;
}

/** `void`: it can never be settled any more, since its nonce was used otherwise. */
export type OnChain =
  { readonly kind: 'unused' } | { readonly kind: 'settled'; readonly transaction: string } | { readonly kind: 'void' };

export interface Chain {
  /** Rejects where the chain cannot be asked. */
  readonly find: (asked: SettlementAsked) => Promise<OnChain>;
}

const logSchema = z.array(z.object({ transactionHash: z.string(), data: z.string() }));
const transactionSchema = z.object({ input: z.string() }).nullish();

export function makeChain({ url, config }: { readonly url: string; readonly config: X402Config }): Chain {
  const ask = makeAskChain(url);
  return {
    find: async (asked) => {
      if (!(await isUsed(ask, config, asked))) return { kind: 'unused' };
      const latest = hexNumber.parse(await ask('eth_blockNumber'));
      const from = latest > LOOK_BACK_BLOCKS ? latest - LOOK_BACK_BLOCKS : 0n;
      for (const transaction of await findTransfers(ask, { config, asked, fromBlock: `0x${from.toString(16)}` })) {
        const found = transactionSchema.parse(await ask('eth_getTransactionByHash', transaction));
        // A transfer of as much to us may be another payment's: each names its nonce.
        if (found?.input.toLowerCase().includes(asked.nonce.slice(2))) return { kind: 'settled', transaction };
      }
      return { kind: 'void' };
    },
  };
}

async function isUsed(
  ask: AskChain,
  { asset }: X402Config,
  { scheme, payer, nonce }: SettlementAsked,
): Promise<boolean> {
  if (scheme === 'exact') {
    const data = makeCall('authorizationState(address,bytes32)', payer, nonce);
    return hexNumber.parse(await callContract(ask, asset, data)) !== 0n;
  }
  // Permit2 keeps a bit for each nonce: the last byte says which of a word.
  const place = BigInt(nonce);
  const data = makeCall('nonceBitmap(address,uint256)', payer, place >> 8n);
  const bits = hexNumber.parse(await callContract(ask, PERMIT2_ADDRESS, data));
  return ((bits >> (place & 255n)) & 1n) === 1n;
}

/** Transactions that moved as much from who pays to us, the newest first. */
async function findTransfers(
  ask: AskChain,
  {
    config,
    asked,
    fromBlock,
  }: { readonly config: X402Config; readonly asked: SettlementAsked; readonly fromBlock: string },
): Promise<string[]> {
  const topics = [
    makeTopic('Transfer(address,address,uint256)'),
    ...[asked.payer, config.payTo].map((one) => `0x${makeWord(one)}`),
  ];
  const filter = { address: config.asset, topics, fromBlock, toBlock: 'latest' };
  const logs = logSchema.parse(await ask('eth_getLogs', filter));
  return logs
    .filter(({ data }) => BigInt(data) === BigInt(asked.amount))
    .map(({ transactionHash }) => transactionHash)
    .toReversed();
}
