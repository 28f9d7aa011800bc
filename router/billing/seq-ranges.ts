// Which numbers of one node's chain are used, as a few ranges, and how the newest of them join: receipts of several jobs overtake each other, so a link
// is checked when its second end arrives.
import type { Hex } from '../../schema/bytes.ts';
import type { PackedReader, PackedWriter } from './packed-bytes.ts';

/** A node that leaves more gaps behind loses the oldest: their numbers count as used. */
const MOST_RANGES = 256;
/** An agent leaves out so many numbers, or more, where another copy of its state may have signed them. */
const LEAP = 1000n;
/** Of the newest ranges it is known what they begin behind and end with. */
const MOST_EDGES = 8;
const HASH_BYTES = 32;

export interface Link {
  readonly seq: bigint;
  readonly receiptHash: Hex;
  readonly prevReceipt: Hex;
}

interface Range {
  readonly first: bigint;
  readonly last: bigint;
  /** What the first names as the one before it, and the hash of the last; null once it is not kept any more. */
  readonly begins: Hex | null;
  readonly ends: Hex | null;
}

export class SeqRanges {
  /** Ascending, never touching. */
  readonly #ranges: readonly Range[];

  constructor(ranges: readonly Range[] = []) {
    this.#ranges = ranges;
  }

  static of(numbers: readonly { readonly first: bigint; readonly last: bigint }[]): SeqRanges {
    return new SeqRanges(merge(numbers.map((range) => ({ ...range, begins: null, ends: null }))));
  }

  get size(): number {
    return this.#ranges.length;
  }

  isUsed(seq: bigint): boolean {
    return this.#ranges.some(({ first, last }) => first <= seq && seq <= last);
  }

  /** How many links of the chain do not fit this one. */
  countBreaks({ seq, receiptHash, prevReceipt }: Link): number {
    const before = this.#ranges.find(({ last }) => last === seq - 1n)?.ends;
    const after = this.#ranges.find(({ first }) => first === seq + 1n)?.begins;
    return (before && before !== prevReceipt ? 1 : 0) + (after && after !== receiptHash ? 1 : 0);
  }

  with({ seq, receiptHash, prevReceipt }: Link): SeqRanges {
    if (this.isUsed(seq)) return this;
    return new SeqRanges(merge([...this.#ranges, { first: seq, last: seq, begins: prevReceipt, ends: receiptHash }]));
  }

  /** The highest number, and how many below it are not used and were not left out on purpose. */
  count(): { readonly lastSeq: bigint; readonly missing: number } {
    const gaps = this.#ranges.map(({ first }, i) => first - (this.#ranges[i - 1]?.last ?? 0n) - 1n);
    const missing = gaps.filter((gap) => gap < LEAP).reduce((sum, gap) => sum + gap, 0n);
    return { lastSeq: this.#ranges.at(-1)?.last ?? 0n, missing: Number(missing) };
  }

  pack(writer: PackedWriter): void {
    writer.number(this.#ranges.length);
    let before = 0n;
    for (const [index, { first, last, begins, ends }] of this.#ranges.entries()) {
      writer.number(first - before);
      writer.number(last - first);
      before = last;
      const isKept = index >= this.#ranges.length - MOST_EDGES;
      for (const hash of [begins, ends]) {
        writer.number(hash && isKept ? 1 : 0);
        if (hash && isKept) writer.hex(hash, HASH_BYTES);
      }
    }
  }

  static unpack(reader: PackedReader): SeqRanges {
    const ranges: Range[] = [];
    let before = 0n;
    for (let left = reader.number(); left > 0; left--) {
      const first = before + reader.big();
      const last = first + reader.big();
      before = last;
      const begins = reader.number() === 1 ? reader.hex(HASH_BYTES) : null;
      const ends = reader.number() === 1 ? reader.hex(HASH_BYTES) : null;
      ranges.push({ first, last, begins, ends });
    }
    return new SeqRanges(ranges);
  }
}

function merge(ranges: readonly Range[]): Range[] {
  const merged: Range[] = [];
  for (const range of ranges.toSorted((a, b) => (a.first < b.first ? -1 : 1))) {
    const before = merged.at(-1);
    if (!before || range.first > before.last + 1n) merged.push(range);
    else if (range.last > before.last) merged[merged.length - 1] = { ...before, last: range.last, ends: range.ends };
  }
  const [lost] = merged.splice(0, Math.max(0, merged.length - MOST_RANGES));
  const [oldest] = merged;
  // What was left out so long ago counts as used: nothing can be claimed for it any more.
  if (lost && oldest) merged[0] = { ...oldest, first: lost.first, begins: null };
  return merged;
}
