// What a router's epoch says of one node: all amounts are units since its first job, so that each epoch's leaf stands in place of every earlier one.
// Fields are never removed, reordered or reinterpreted: epoch-leaf.vectors.json pins every hash. Pure.
import * as z from 'zod';
import { toHex } from './bytes.ts';
import type { Hex } from './bytes.ts';
import { keccak256 } from './chosen-curve.ts';
import { hashFields, word } from './typed-data.ts';
import type { StructType } from './typed-data.ts';

const leafShape = {
  /** The node's session key. */
  node: word.address,
  /** Where its owner wants to be paid; zero where none is named. */
  wallet: word.address,
  /** Sum of all acceptances. Never falls. */
  earned: word.uint128,
  /** What of it is held back; falls when it is let go. */
  withheld: word.uint128,
  /** What is paid beyond what was earned. Never falls. */
  bonus: word.uint128,
  /** Acceptances. Never falls. */
  count: word.uint64,
  /** Root over the digests of all acceptances, in their order; the zero word before the first. */
  acceptancesRoot: word.bytes32,
  /** What its owner has turned into API credit. Never falls. What may be claimed is earned + bonus − withheld − spent, less what was claimed. */
  spent: word.uint128,
} as const;

export const epochLeafSchema = z.strictObject(leafShape);
export type EpochLeaf = z.output<typeof epochLeafSchema>;
/** Numbers of 64 bits and more as decimal texts. */
export type EpochLeafJson = z.input<typeof epochLeafSchema>;

/** ABI types in their order, for whoever encodes a leaf elsewhere. */
export const EPOCH_LEAF: StructType = {
  name: 'EpochLeaf',
  fields: [
    ['node', 'address'],
    ['wallet', 'address'],
    ['earned', 'uint128'],
    ['withheld', 'uint128'],
    ['bonus', 'uint128'],
    ['count', 'uint64'],
    ['acceptancesRoot', 'bytes32'],
    ['spent', 'uint128'],
  ],
};

/** keccak256(keccak256(abi.encode(leaf))), as OpenZeppelin's trees have it: no pair of hashes can be taken for a leaf. */
export function hashEpochLeaf(leaf: EpochLeaf): Hex {
  return toHex(keccak256(hashFields(EPOCH_LEAF, leaf)));
}

export function toLeafJson(leaf: EpochLeaf): EpochLeafJson {
  const { node, wallet, acceptancesRoot } = leaf;
  const [earned, withheld, bonus] = [String(leaf.earned), String(leaf.withheld), String(leaf.bonus)];
  return {
    node,
    wallet,
    earned,
    withheld,
    bonus,
    count: String(leaf.count),
    acceptancesRoot,
    spent: String(leaf.spent),
  };
}

/** What an owner may still turn into credit or claim of a leaf, with what was claimed before it: units. */
export function payableOf({ earned, bonus, withheld, spent }: EpochLeaf): bigint {
  const payable = earned + bonus - withheld - spent;
  return payable > 0n ? payable : 0n;
}

/** Why a leaf cannot follow another of its node; null where it can. */
export function findFallen(before: EpochLeaf, after: EpochLeaf): 'earned' | 'bonus' | 'count' | 'spent' | null {
  if (after.earned < before.earned) return 'earned';
  if (after.bonus < before.bonus) return 'bonus';
  if (after.count < before.count) return 'count';
  return after.spent < before.spent ? 'spent' : null;
}
