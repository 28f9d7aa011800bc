// Whether what a router says of this home in a closed epoch is under the root that it published, and is what it told the home before. Pure.
import * as z from 'zod';
import { epochLeafSchema, findFallen, hashEpochLeaf } from '../../schema/epoch-leaf.ts';
import type { EpochLeaf } from '../../schema/epoch-leaf.ts';
import type { Hex } from '../../schema/bytes.ts';
import { foldProof } from '../../schema/merkle.ts';
import { word } from '../../schema/typed-data.ts';
import { tellMany } from '../tell-time.ts';
import type { JournalEntry } from './earned-journal.ts';

/** A proof of a tree of a billion leaves. */
const MOST_HASHES = 30;

/** As `GET /node/v1/epochs/last` answers. */
export const toldEpochSchema = z.object({
  epoch: z.number().int().min(0),
  epoch_seconds: z.number().int().min(1),
  root: word.bytes32,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  leaf: epochLeafSchema.nullable(),
  proof: z.array(word.bytes32).max(MOST_HASHES),
  kept: z
    .object({ reason: z.string().max(100), account_micro: z.number().nullable(), book_micro: z.number().nullable() })
    .nullable(),
});
export type ToldEpoch = z.output<typeof toldEpochSchema>;
export type ToldEpochJson = z.input<typeof toldEpochSchema>;

interface Known {
  /** This home's address. */
  readonly node: Hex;
  /** Its leaf in an earlier epoch; null for none that is kept here. */
  readonly before: EpochLeaf | null;
  /** The newest acceptance that the router signed in this epoch or before; null for none that is known here. */
  readonly accepted: JournalEntry['accepted'];
}

/** Everything that does not hold, in sentences for the owner; none where all does. */
export function checkEpoch({ leaf, proof, root, kept }: ToldEpoch, { node, before, accepted }: Known): string[] {
  const differences: string[] = [];
  if (!leaf) {
    if (before) differences.push('this home has no leaf in it, and had one before');
    if (accepted && !kept)
      differences.push(
        `this home has no leaf in it, and the router has signed for ${tellMany(Number(accepted.count), 'receipt')} of it`,
      );
    return [...differences, ...tellKept(kept)];
  }
  if (leaf.node !== node) differences.push(`the leaf is of another home: ${leaf.node}`);
  if (foldProof(hashEpochLeaf(leaf), proof) !== root) differences.push('the leaf is not under the published root');
  const fallen = before && findFallen(before, leaf);
  if (before && fallen) differences.push(`${fallen} fell from ${before[fallen]} to ${leaf[fallen]}`);
  // Of these the leaf is an earlier one.
  const isEarlier = kept?.reason === 'account-away' || kept?.reason === 'account-fell';
  if (accepted && !isEarlier) differences.push(...compare(leaf, accepted));
  return [...differences, ...tellKept(kept)];
}

function compare({ count, earned }: EpochLeaf, accepted: NonNullable<Known['accepted']>): string[] {
  const total = BigInt(accepted.total);
  const signed = `the router has signed for ${tellMany(Number(accepted.count), 'receipt')} and ${accepted.total} units`;
  if (count < BigInt(accepted.count) || earned < total)
    return [`the leaf has ${tellMany(Number(count), 'receipt')} and ${earned} units, and ${signed}`];
  if (count === BigInt(accepted.count) && earned !== total)
    return [`the leaf has ${earned} units for ${tellMany(Number(count), 'receipt')}, and ${signed}`];
  return [];
}

function tellKept(kept: ToldEpoch['kept']): string[] {
  if (!kept) return [];
  return [
    `not all of it can be claimed (${kept.reason}): the home's account has ${kept.account_micro ?? '?'} units, the book ${kept.book_micro ?? '?'}`,
  ];
}
