// What parts of one account move together in the book: summed up by book and by home, with their receipts packed and what statistics read of
// them. Pieces made one after another are put together into one flush. Pure.
import type { SettlementJson } from '../../schema/settlement.ts';
import { toFact } from './pack-facts.ts';
import type { Fact } from './pack-facts.ts';
import { packSettlement } from './pack-settlement.ts';

/** Units by name; those of all books together sum to zero. */
export type Sums = Readonly<Record<string, number>>;

/** A part that is booked, and why its charge was lowered, if it was. */
export interface ChargedPart {
  /** With the charge and the earnings that are booked. */
  readonly settlement: SettlementJson;
  readonly memo: string | null;
}

export interface FlushPart {
  readonly fact: Fact;
  /** What it takes from the caller, units. */
  readonly charge: number;
  readonly memo: string | null;
  readonly packed: Uint8Array;
}

export interface Flush {
  readonly accountId: string;
  /** When the newest part ended, ms since epoch. */
  readonly at: number;
  readonly postings: Sums;
  /** Fees by home. */
  readonly homes: Sums;
  readonly parts: readonly FlushPart[];
}

/** A piece of one part: the caller pays the charge, the owner gets the earnings (at most the charge), the fees get the rest. */
export function buildPiece({ settlement, memo }: ChargedPart): Flush {
  const { accountId, ownerAccountId, nodeId, charge, earn, endedAt } = settlement;
  const fees = charge - earn;
  if (fees < 0) throw new RangeError('a part pays out no more than its charge');
  return {
    accountId,
    at: endedAt,
    postings: addSums({}, [
      [accountId, -charge],
      [`owner:${ownerAccountId}`, earn],
      ['fees', fees],
    ]),
    homes: addSums({}, [[nodeId, fees]]),
    parts: [{ fact: toFact(settlement), charge, memo, packed: packSettlement(settlement) }],
  };
}

/** Null where there is nothing. */
export function mergePieces(pieces: readonly Flush[]): Flush | null {
  const [first] = pieces;
  if (!first) return null;
  return {
    accountId: first.accountId,
    at: Math.max(...pieces.map(({ at }) => at)),
    postings: addSums(
      {},
      pieces.flatMap(({ postings }) => Object.entries(postings)),
    ),
    homes: addSums(
      {},
      pieces.flatMap(({ homes }) => Object.entries(homes)),
    ),
    parts: pieces.flatMap(({ parts }) => parts),
  };
}

function addSums(to: Record<string, number>, amounts: Iterable<readonly [string, number]>): Sums {
  for (const [name, amount] of amounts) if (amount !== 0) to[name] = (to[name] ?? 0) + amount;
  return to;
}
