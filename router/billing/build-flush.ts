// What parts of one account move together in the book: summed up by book and by home, with their receipts packed and what statistics read of
// them. Those made one after another are put together into one flush. Pure.
import { concatBytes } from '../../schema/bytes.ts';
import type { SettlementJson } from '../../schema/settlement.ts';
import { payableOf } from './decide-earn.ts';
import { addEarnings, addUsage, shareJob, toEarningRow, toUsageRow } from './build-usage.ts';
import type { EarningRow, JobShare, UsageRow } from './build-usage.ts';
import { allGranted, drawFrom } from './credit-books.ts';
import { toFact } from './pack-facts.ts';
import type { Block, Fact } from './pack-facts.ts';
import { countBoughtFee, toBoughtName } from './plan-bonus.ts';
import { packSettlements, unpackSettlements } from './pack-settlement.ts';

/** Units by name; those of all books together sum to zero. */
export type Sums = Readonly<Record<string, number>>;

/** A part that is booked, and why its charge was lowered, if it was. */
export interface ChargedPart {
  /** With the charge and the earnings that are booked: at most the charge. */
  readonly settlement: SettlementJson;
  readonly memo: string | null;
  /** What of its job it stands for in the totals; a part of a job of its own where left out. */
  readonly share?: JobShare;
}

export interface FlushPart {
  readonly fact: Fact;
  /** What it takes from the caller, units. */
  readonly charge: number;
  readonly memo: string | null;
}

export interface Flush {
  readonly accountId: string;
  /** When the newest part ended, ms since epoch. */
  readonly at: number;
  readonly postings: Sums;
  /** Fees by home, and of these what bought credit paid (plan-bonus.ts). */
  readonly homes: Sums;
  /** The parts in the totals of their days. */
  readonly usage: readonly UsageRow[];
  readonly earnings: readonly EarningRow[];
  readonly parts: readonly FlushPart[];
  /** The parts' receipts, in their order, block behind block (pack-settlement.ts). */
  readonly packed: Uint8Array<ArrayBuffer>;
  readonly blocks: readonly Block[];
}

/** The account's own name for it: when it was begun, ms since epoch. No two flushes of an account have the same. */
export interface NumberedFlush extends Flush {
  readonly number: number;
}

/** A piece of a flush as its account keeps it: its packed receipts stand beside it. Before version 0.2 it had no totals of its days. */
type Totals = 'usage' | 'earnings';
export type KeptPiece = Omit<Flush, 'packed' | Totals> & Partial<Pick<Flush, Totals>>;

/**
 * Of each part the caller pays the charge, the owner gets the earnings, the fees get the rest. Of a part whose caller and home belong together no more
 * is told as brought in by the home than its bought credit pays the owner: nothing else of it is ever paid out. Null where there is nothing.
 */
export function buildFlush(parts: readonly ChargedPart[]): Flush | null {
  const [first] = parts;
  if (!first) return null;
  const settlements = parts.map(({ settlement }) => settlement);
  const packed = packSettlements(settlements);
  return {
    accountId: first.settlement.accountId,
    at: Math.max(...settlements.map(({ endedAt }) => endedAt)),
    postings: addSums(
      settlements.flatMap(({ accountId, ownerAccountId, charge, earn, paidFrom }) => [
        ...drawFrom(accountId, paidFrom ?? allGranted(charge)).map(({ book, amount }) => [book, amount] as const),
        [`owner:${ownerAccountId}`, earn],
        ['fees', charge - earn],
      ]),
    ),
    homes: addSums(
      settlements.flatMap((one) => [
        [one.nodeId, broughtBy(one)],
        [toBoughtName(one.nodeId), countBoughtFee(one)],
      ]),
    ),
    ...sumUpParts(parts),
    parts: parts.map(({ settlement, memo }) => ({ fact: toFact(settlement), charge: settlement.charge, memo })),
    packed,
    blocks: [[parts.length, packed.length]],
  };
}

/** A kept piece, by its JSON, with its receipts. Throws where either cannot be read. */
export function readPiece(text: string, packed: Uint8Array<ArrayBuffer>): Flush {
  const piece = JSON.parse(text) as KeptPiece;
  const { usage, earnings } = piece;
  if (usage && earnings) return { ...piece, usage, earnings, packed };
  return { ...piece, packed, ...sumUpParts(unpackSettlements(packed).map((settlement) => ({ settlement }))) };
}

/** Null where there is nothing. */
export function mergeFlushes(pieces: readonly Flush[]): Flush | null {
  const [first] = pieces;
  if (!first) return null;
  return {
    accountId: first.accountId,
    at: Math.max(...pieces.map(({ at }) => at)),
    postings: addSums(pieces.flatMap(({ postings }) => Object.entries(postings))),
    homes: addSums(pieces.flatMap(({ homes }) => Object.entries(homes))),
    usage: addUsage(pieces.flatMap(({ usage }) => usage)),
    earnings: addEarnings(pieces.flatMap(({ earnings }) => earnings)),
    parts: pieces.flatMap(({ parts }) => parts),
    packed: concatBytes(pieces.map(({ packed }) => packed)),
    blocks: pieces.flatMap(({ blocks }) => blocks),
  };
}

/** What parts add to the totals of their days. */
function sumUpParts(parts: readonly Pick<ChargedPart, 'settlement' | 'share'>[]): Pick<Flush, 'usage' | 'earnings'> {
  const shared = parts.flatMap(({ settlement, share }) => {
    const own = share ?? shareJob([settlement], settlement.isFinal ? 1 : 0)[0];
    return own ? [{ settlement, share: own }] : [];
  });
  return {
    usage: addUsage(shared.map(({ settlement, share }) => toUsageRow(settlement, share))),
    earnings: addEarnings(shared.map(({ settlement, share }) => toEarningRow(settlement, share))),
  };
}

/** Units that a part's home may be paid from later. */
function broughtBy(settlement: SettlementJson): number {
  return Math.max(0, payableOf(settlement) - settlement.earn);
}

function addSums(amounts: readonly (readonly [string, number])[]): Sums {
  const sums: Record<string, number> = {};
  for (const [name, amount] of amounts) if (amount !== 0) sums[name] = (sums[name] ?? 0) + amount;
  return sums;
}
