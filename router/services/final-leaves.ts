// Leaves of the newest final root: the file of its epoch is read once per isolate, since it never changes.
import type { Hex } from '../../schema/bytes.ts';
import { parseEpochFile } from '../../schema/epoch-file.ts';
import type { EpochLeaf } from '../../schema/epoch-leaf.ts';
import type { EpochShelf } from '../billing/epoch-shelf.ts';

/** A node's leaf in a published epoch; null where it has none there. Rejects where the file is not kept, or cannot be read. */
export type FindLeaf = (epoch: number, node: Hex) => Promise<EpochLeaf | null>;

export function makeFindLeaf(shelf: Pick<EpochShelf, 'readSame'>): FindLeaf {
  let known: { readonly epoch: number; readonly leaves: Promise<ReadonlyMap<Hex, EpochLeaf>> } | null = null;
  const read = async (epoch: number): Promise<ReadonlyMap<Hex, EpochLeaf>> => {
    const file = parseEpochFile((await shelf.readSame(epoch)) ?? '');
    if (!file.ok) throw new Error(file.error);
    return new Map(file.value.leaves.map((leaf) => [leaf.node, leaf]));
  };
  return async (epoch, node) => {
    if (known?.epoch !== epoch) known = { epoch, leaves: read(epoch) };
    const asked = known;
    try {
      return (await asked.leaves).get(node) ?? null;
    } catch (error) {
      if (known === asked) known = null;
      throw error;
    }
  };
}
