// Tickets whose receipts have had their answer: no second receipt is signed for one, however often a hub asks. So many are remembered; of those before it
// is known only until when they were issued, and none of that time is signed for again.
import { decodeBase64, encodeBase64 } from '../../schema/base64.ts';
import { concatBytes, fromHex, toHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';

/** A router asks for nothing that is older than a day; a home that answers more than these in a day signs for none of the oldest again. */
const SEEN_MOST = 8192;
/** Of a hash: nobody finds two with the same beginning. */
const PREFIX_BYTES = 16;
const ENTRY_BYTES = PREFIX_BYTES + 8;
const PREFIX_CHARS = 2 + 2 * PREFIX_BYTES;

/** As they stand in the log. */
export interface PackedTickets {
  /** Tickets issued until then count as seen, ms since epoch. */
  readonly horizonAt: number;
  readonly packed: string;
}

export class SeenTickets {
  readonly #most: number;
  /** By the beginning of its hash: when it was issued, ms since epoch by the router. */
  readonly #tickets = new Map<string, number>();
  /** Before the first that was dropped none is known by its time. */
  #horizonAt = -1;

  constructor(most = SEEN_MOST) {
    this.#most = most;
  }

  get size(): number {
    return this.#tickets.size;
  }

  /** True where a receipt was signed for it, or may have been. */
  has(ticketHash: Hex, issuedAt: number): boolean {
    return issuedAt <= this.#horizonAt || this.#tickets.has(ticketHash.slice(0, PREFIX_CHARS));
  }

  add(ticketHash: Hex, issuedAt: number): void {
    this.#put(ticketHash.slice(0, PREFIX_CHARS), issuedAt);
  }

  pack(): PackedTickets {
    const bytes = concatBytes([...this.#tickets].flatMap(([prefix, issuedAt]) => [fromHex(prefix), toBytes(issuedAt)]));
    return { horizonAt: this.#horizonAt, packed: encodeBase64(bytes) };
  }

  /** Takes back what was packed; throws RangeError on what was not. */
  take({ horizonAt, packed }: PackedTickets): void {
    const bytes = decodeBase64(packed);
    if (bytes.length % ENTRY_BYTES !== 0) throw new RangeError('no packed tickets');
    this.#horizonAt = Math.max(this.#horizonAt, horizonAt);
    for (let at = 0; at < bytes.length; at += ENTRY_BYTES) {
      const entry = bytes.subarray(at, at + ENTRY_BYTES);
      this.#put(toHex(entry.subarray(0, PREFIX_BYTES)), Number(BigInt(toHex(entry.subarray(PREFIX_BYTES)))));
    }
  }

  #put(prefix: string, issuedAt: number): void {
    this.#tickets.set(prefix, issuedAt);
    if (this.#tickets.size <= this.#most) return;
    this.#dropOldest();
  }

  /** The one that was issued first, whenever it was answered: one from a router whose clock is ahead must not stand for all until then. */
  #dropOldest(): void {
    let oldest: readonly [prefix: string, issuedAt: number] | null = null;
    for (const entry of this.#tickets) if (oldest === null || entry[1] < oldest[1]) oldest = entry;
    if (oldest === null) return;
    this.#tickets.delete(oldest[0]);
    this.#horizonAt = Math.max(this.#horizonAt, oldest[1]);
  }
}

function toBytes(at: number): Uint8Array {
  return fromHex(`0x${at.toString(16).padStart(16, '0')}`);
}
