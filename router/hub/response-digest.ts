// The salted hash of everything a node sent, and the relayed events while they are few enough to count exactly at the end.
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, toHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';

/** Past this the events are hashed on the way and no longer kept. */
export const KEPT_BYTES = 256 * 1024;

export class ResponseDigest {
  readonly #salt: Uint8Array;
  #parts: Uint8Array[] = [];
  #keptBytes = 0;
  #relayedParts = 0;
  #running: ReturnType<typeof sha256.create> | null = null;
  relayedBytes = 0;

  constructor(salt: Uint8Array) {
    this.#salt = salt;
  }

  /** Takes event bytes in the order they were sent; `isRelayed` is false for those that came after a cancel. */
  add(events: Uint8Array, isRelayed: boolean): void {
    if (isRelayed) this.relayedBytes += events.length;
    if (this.#running) {
      this.#running.update(events);
      return;
    }
    this.#parts.push(events);
    this.#keptBytes += events.length;
    if (isRelayed) this.#relayedParts = this.#parts.length;
    if (this.#keptBytes > KEPT_BYTES) this.#spill();
  }

  /** The relayed events, or null when they were too many to keep. */
  relayedEvents(): Uint8Array | null {
    return this.#running ? null : concatBytes(this.#parts.slice(0, this.#relayedParts));
  }

  /** sha256(salt ‖ all event bytes), lower-case hex. */
  async finish(): Promise<Hex> {
    if (this.#running) return toHex(this.#running.digest());
    const bytes = concatBytes([this.#salt, ...this.#parts]);
    return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
  }

  #spill(): void {
    this.#running = sha256.create();
    this.#running.update(this.#salt);
    for (const part of this.#parts) this.#running.update(part);
    this.#parts = [];
  }
}
