// The salted hash of everything a node sent. Short answers, which most are, are hashed at once at their end: the platform's own hash is far faster.
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, toHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';

/** Past this the events are hashed on the way and no longer kept. */
const KEPT_BYTES = 256 * 1024;

export class ResponseDigest {
  readonly #salt: Uint8Array;
  #parts: Uint8Array[] = [];
  #keptBytes = 0;
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
    if (this.#keptBytes > KEPT_BYTES) this.#spill();
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
