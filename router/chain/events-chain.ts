// The door to what happened on the chain: claims and bought credit of a range of blocks, with when it was and what it cost. By plain JSON-RPC.
import * as z from 'zod';
import type { Hex } from '../../schema/bytes.ts';
import { BOUGHT_TOPIC, CLAIMED_TOPIC, readChainEvents } from '../../schema/chain-events.ts';
import type { ChainEvent } from '../../schema/chain-events.ts';
import { AbiWords, makeCall } from '../../schema/abi-words.ts';
import { hexNumber, hexText, smallNumber, toTag } from '../../schema/rpc-values.ts';
import type { BlockName } from './decide-post.ts';
import { callContract, ChainRefusal, checkChain, makeAskChain } from './json-rpc.ts';
import type { AskChain } from './json-rpc.ts';

/** An event with its moment and its transaction. */
export type DatedEvent = ChainEvent & {
  /** Of its block, ms since epoch. */
  readonly at: number;
  /** Who sent the transaction and paid its gas, and what for all of it, wei. */
  readonly sender: Hex;
  readonly gasWei: string;
  /** How many of these events are the same transaction's: they share its gas. */
  readonly shares: number;
  /** A claim that was burned for credit at once. */
  readonly isCredited: boolean;
};

export interface EventsChain {
  /** The newest block that lies deep, and the hash of the block with the cursor's number. Rejects where the chain cannot be asked or is another. */
  readonly look: (cursor: BlockName | null) => Promise<{ readonly deep: number; readonly cursorHash: string | null }>;
  /**
   * What happened from one block to another, in its order, and the last block's name. Null where the node refuses so many at once, or so much happened.
   * Rejects where the chain cannot be asked, or moved meanwhile.
   */
  readonly read: (
    from: number,
    to: number,
  ) => Promise<{ readonly events: DatedEvent[]; readonly end: BlockName } | null>;
}

export interface EventsPlace {
  readonly url: string;
  readonly chainId: number;
  /** Address of Payouts. */
  readonly contract: Hex;
}

/** Events of one range at most: each transaction is asked for. */
const MOST_EVENTS = 200;

const blockSchema = z.object({ number: smallNumber, hash: hexText, timestamp: smallNumber }).nullable();
const receiptSchema = z.object({ blockHash: hexText, from: hexText, gasUsed: hexNumber, effectiveGasPrice: hexNumber });

export function makeEventsChain({ url, chainId, contract }: EventsPlace): EventsChain {
  const ask = makeAskChain(url);
  const payouts = contract.toLowerCase() as Hex;
  const blockAt = async (number: number): Promise<z.output<typeof blockSchema>> =>
    blockSchema.parse(await ask('eth_getBlockByNumber', toTag(number), false));
  let credits: Hex | null = null;
  const findCredits = async (): Promise<Hex> =>
    new AbiWords(await callContract(ask, payouts, makeCall('credits()'))).address(0);
  const readLogs = async (from: number, to: number): Promise<ChainEvent[] | null> => {
    credits ??= await findCredits();
    const topics = [[CLAIMED_TOPIC, BOUGHT_TOPIC]];
    const wanted = { address: [payouts, credits], topics, fromBlock: toTag(from), toBlock: toTag(to) };
    try {
      return readChainEvents(await ask('eth_getLogs', wanted), { payouts, credits });
    } catch (error) {
      if (error instanceof ChainRefusal && to > from) return null;
      throw error;
    }
  };
  return {
    look: async (cursor) => {
      const { depth } = await checkChain(ask, chainId);
      return {
        deep: smallNumber.parse(await ask('eth_blockNumber')) - depth,
        cursorHash: cursor && ((await blockAt(cursor.number))?.hash ?? null),
      };
    },
    read: async (from, to) => {
      const events = await readLogs(from, to);
      if (!events || (events.length > MOST_EVENTS && to > from)) return null;
      const dated = await dateEvents(events, { ask, blockAt });
      const end = await blockAt(to);
      if (!end) throw new Error('the chain moved meanwhile');
      return { events: dated, end: { number: end.number, hash: end.hash } };
    },
  };
}

type Doors = {
  readonly ask: AskChain;
  readonly blockAt: (number: number) => Promise<z.output<typeof blockSchema>>;
};

/** Each block and each transaction is asked for once. Rejects where one is another now than the event said. */
async function dateEvents(events: readonly ChainEvent[], { ask, blockAt }: Doors): Promise<DatedEvent[]> {
  const times = new Map<Hex, number>();
  const receipts = new Map<Hex, z.output<typeof receiptSchema>>();
  for (const { block, blockHash, tx } of events) {
    if (!times.has(blockHash)) {
      const found = await blockAt(block);
      if (found?.hash !== blockHash) throw new Error('the chain moved meanwhile');
      times.set(blockHash, found.timestamp);
    }
    if (!receipts.has(tx)) receipts.set(tx, receiptSchema.parse(await ask('eth_getTransactionReceipt', tx)));
  }
  return events.map((event) => {
    const { from: sender, gasUsed, effectiveGasPrice, blockHash } = need(receipts.get(event.tx));
    if (blockHash !== event.blockHash) throw new Error('the chain moved meanwhile');
    return {
      ...event,
      at: 1000 * need(times.get(event.blockHash)),
      sender,
      gasWei: String(gasUsed * effectiveGasPrice),
      shares: events.filter(({ tx, kind }) => tx === event.tx && kind === event.kind).length,
      isCredited: event.kind === 'claimed' && events.some((other) => isBoughtWith(other, event)),
    };
  });
}

/** As Payouts does it: the claim, what is burned of it, the credit. */
function isBoughtWith(other: ChainEvent, claim: Extract<ChainEvent, { kind: 'claimed' }>): boolean {
  if (other.kind !== 'bought' || other.tx !== claim.tx) return false;
  return other.logIndex === claim.logIndex + 2 && other.payer === claim.wallet && other.units === claim.units;
}

function need<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('it was asked for');
  return value;
}
