// What this isolate last read about keys: found ones for a minute, missing ones for seconds, never more than a fixed number; and which headers gave them.
import { BoundedMap } from '../../schema/bounded-map.ts';
import type { KeyRow } from './judge-key.ts';

/** Also the bound on how long a revoked key may still pass here (a call that holds credit is refused at once by its account). */
export const FOUND_MS = 60_000;
export const MISSING_MS = 5_000;
const MAX_KEYS = 10_000;

interface Entry {
  readonly row: KeyRow | null;
  readonly untilAt: number;
}

/** Longer headers are no key's. */
const MAX_HEADER_CHARS = 100;

export class KeyCache {
  readonly #entries: BoundedMap<string, Entry>;
  /**
   * The hash of each header that brought a key which was found: checking its form and its tag and hashing it costs more than all else of a known key.
   * Of wrong keys nothing is kept here, so that nobody who has none can push out those who have; what may be done with a key is judged anew each time.
   */
  readonly #headers: BoundedMap<string, string>;

  constructor(limit: number = MAX_KEYS) {
    this.#entries = new BoundedMap(limit);
    this.#headers = new BoundedMap(limit);
  }

  /** The row of a key that came in just this header before; undefined where the header has to be checked anew. */
  recall(header: string, now: number): KeyRow | undefined {
    const hash = this.#headers.get(header);
    if (hash === undefined) return undefined;
    const row = this.get(hash, now);
    if (row) return row;
    // A key's text is not remembered longer than what is known of it.
    this.#headers.delete(header);
    return undefined;
  }

  /** Remembers the header that brought a key of this hash; nothing where no such key was found. */
  noteHeader(header: string, hash: string): void {
    if (header.length <= MAX_HEADER_CHARS && this.#entries.get(hash)?.row) this.#headers.set(header, hash);
  }

  /** The row, null for a key known to be missing, undefined when the store must be asked. */
  get(hash: string, now: number): KeyRow | null | undefined {
    const entry = this.#entries.get(hash);
    if (!entry) return undefined;
    if (entry.untilAt > now) return entry.row;
    this.#entries.delete(hash);
    return undefined;
  }

  /** Keeps what was read at `now`; the oldest entry leaves when the cache is full. */
  set(hash: string, row: KeyRow | null, now: number): void {
    this.#entries.set(hash, { row, untilAt: now + (row ? FOUND_MS : MISSING_MS) });
  }

  /** Forgets one key, so that this isolate sees its revocation at once. */
  forgetKey(keyId: string): void {
    for (const [hash, entry] of this.#entries) if (entry.row?.keyId === keyId) this.#entries.delete(hash);
  }

  /** Forgets every key of an account. */
  forgetAccount(accountId: string): void {
    for (const [hash, entry] of this.#entries) if (entry.row?.accountId === accountId) this.#entries.delete(hash);
  }

  get size(): number {
    return this.#entries.size;
  }
}
