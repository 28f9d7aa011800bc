// What contracts say happened, as the books need it: claims that were paid, and credit that was bought by burning tokens. Pure.
import * as z from 'zod';
import type { Hex } from './bytes.ts';
import { AbiWords, makeTopic } from './abi-words.ts';
import { hexText, smallNumber } from './rpc-values.ts';

export const CLAIMED_TOPIC = makeTopic('Claimed(address,address,uint256)');
export const BOUGHT_TOPIC = makeTopic('CreditBought(uint256,bytes32,address,uint256)');

/** Where something happened; what it is known by. */
export interface EventPlace {
  readonly block: number;
  readonly blockHash: Hex;
  readonly tx: Hex;
  readonly logIndex: number;
}

/** Units beyond what a number holds are none that these contracts could have minted. */
export type ChainEvent = EventPlace &
  (
    | { readonly kind: 'claimed'; readonly node: Hex; readonly wallet: Hex; readonly units: number }
    | { readonly kind: 'bought'; readonly account: Hex; readonly payer: Hex; readonly units: number }
  );

const word = hexText.refine((text) => text.length === 66, 'must be a word of 32 bytes');

const logSchema = z.object({
  address: hexText,
  topics: z.array(word).max(4),
  data: hexText,
  blockNumber: smallNumber,
  blockHash: word,
  transactionHash: word,
  logIndex: smallNumber,
});
const logsSchema = z.array(logSchema);

/** Whose events they are: nobody else can say the same. */
export interface EventSources {
  readonly payouts: Hex;
  readonly credits: Hex;
}

/** What a node of the chain answers to `eth_getLogs`, in its order; other events are passed over. Throws where the answer is none, or has what no such event has. */
export function readChainEvents(answer: unknown, { payouts, credits }: EventSources): ChainEvent[] {
  return logsSchema.parse(answer).flatMap((log): ChainEvent[] => {
    const { address, topics, data, blockNumber: block, blockHash, transactionHash: tx, logIndex } = log;
    const place = { block, blockHash, tx, logIndex };
    const words = new AbiWords(
      `0x${topics
        .slice(1)
        .map((topic) => topic.slice(2))
        .join('')}${data.slice(2)}`,
    );
    if (address === payouts && topics[0] === CLAIMED_TOPIC)
      return [{ ...place, kind: 'claimed', node: words.address(0), wallet: words.address(1), units: words.number(2) }];
    if (address === credits && topics[0] === BOUGHT_TOPIC)
      return [
        { ...place, kind: 'bought', account: `0x${words.word(1)}`, payer: words.address(2), units: words.number(3) },
      ];
    return [];
  });
}

/** An event is one, however often it is read: the same call in another block is another event. */
export function eventIdOf(chainId: number, { blockHash, tx, logIndex }: EventPlace): string {
  return `${chainId}:${blockHash}:${tx}:${logIndex}`;
}
