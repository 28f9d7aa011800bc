// The seals of acceptances that one epoch of a node has so far, as its newest row keeps them: their running tree. Pure.
import type { Hex } from '../../schema/bytes.ts';
import { addLeaf, EMPTY_TREE } from '../../schema/running-tree.ts';
import type { RunningTree } from '../../schema/running-tree.ts';
import type { PackedReader, PackedWriter } from './packed-bytes.ts';

export interface EpochTally {
  readonly epoch: number;
  /** Its leaves are the roots of the epoch's seals, in their order. */
  readonly tree: RunningTree;
}

/** Before the first acceptance. */
export const NO_TALLY: EpochTally = { epoch: 0, tree: EMPTY_TREE };

const HASH_BYTES = 32;

/** The tally with one seal more; of a later epoch it begins anew. */
export function addSeal(tally: EpochTally, epoch: number, root: Hex): EpochTally {
  return { epoch, tree: addLeaf(tally.epoch === epoch ? tally.tree : EMPTY_TREE, root) };
}

export function packTally(writer: PackedWriter, { epoch, tree }: EpochTally): void {
  writer.number(epoch);
  packTree(writer, tree);
}

export function unpackTally(reader: PackedReader): EpochTally {
  const epoch = reader.number();
  return { epoch, tree: unpackTree(reader) };
}

export function packTree(writer: PackedWriter, { leaves, peaks }: RunningTree): void {
  writer.number(leaves);
  for (const peak of peaks) writer.hex(peak, HASH_BYTES);
}

export function unpackTree(reader: PackedReader): RunningTree {
  const leaves = reader.number();
  const peaks: Hex[] = [];
  for (let left = leaves; left > 0; left = Math.floor(left / 2)) if (left % 2 === 1) peaks.push(reader.hex(HASH_BYTES));
  return { leaves, peaks };
}
