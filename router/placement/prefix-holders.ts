// Which homes of a hub were last sent which beginnings of prompts, and may still hold them. Memory only, bounded; a term of the score, never a pin.
import { BoundedMap } from '../../schema/bounded-map.ts';
import { PREFIX_BLOCK_TOKENS } from './hash-prefixes.ts';

const MAX_BLOCKS = 20_000;
const HOLDERS_A_BLOCK = 4;

export class PrefixHolders {
  /** Block name → homes, the latest last. In the order of use: the longest unused comes first. */
  readonly #holders = new BoundedMap<string, string[]>(MAX_BLOCKS);

  get size(): number {
    return this.#holders.size;
  }

  /** Records that a home was sent a prompt that begins with these blocks. */
  note(nodeId: string, prefixes: readonly string[]): void {
    for (const name of prefixes) {
      const others = (this.#holders.get(name) ?? []).filter((one) => one !== nodeId);
      this.#holders.set(name, [...others, nodeId].slice(-HOLDERS_A_BLOCK));
    }
  }

  /** How many of a prompt's tokens the home is expected to still hold: all up to the first block that it is no longer known to have. */
  expectCachedTokens(nodeId: string, prefixes: readonly string[]): number {
    let blocks = 0;
    while (blocks < prefixes.length && this.#holders.get(prefixes[blocks] ?? '')?.includes(nodeId)) blocks += 1;
    return blocks * PREFIX_BLOCK_TOKENS;
  }

  /** The same of every home that is expected to hold any of them, looked up once for all homes of an ask. */
  expectCached(prefixes: readonly string[]): ReadonlyMap<string, number> {
    const first = this.#holders.get(prefixes[0] ?? '') ?? [];
    return new Map(first.map((nodeId) => [nodeId, this.expectCachedTokens(nodeId, prefixes)]));
  }

  /** The home left, or lost its model: it holds nothing any more. */
  forget(nodeId: string): void {
    for (const [name, nodes] of this.#holders) {
      const at = nodes.indexOf(nodeId);
      // In place: a block that is set anew would count as used.
      if (at >= 0) nodes.splice(at, 1);
      if (nodes.length === 0) this.#holders.delete(name);
    }
  }
}
