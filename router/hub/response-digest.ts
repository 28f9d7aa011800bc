// The salted hash of everything a node sent. Bytes are copied into a block that is hashed when it is full: nothing that
// came over the socket is kept for the hash, however long the answer.
import type { Hex } from '../../schema/bytes.ts';
import { openSha256 } from '../auth/digest.ts';
import type { Sha256 } from '../auth/digest.ts';

/** A short answer fits into the first block, which grows only where more comes. */
const FIRST_BYTES = 1024;
const BLOCK_BYTES = 16 * 1024;

export class ResponseDigest {
  #block: Uint8Array;
  #length: number;
  #hash: Sha256 | null = null;
  relayedBytes = 0;

  constructor(salt: Uint8Array) {
    this.#block = new Uint8Array(FIRST_BYTES);
    this.#block.set(salt);
    this.#length = salt.length;
  }

  /** Takes event bytes in the order they were sent; `isRelayed` is false for those that came after a cancel. */
  add(events: Uint8Array, isRelayed: boolean): void {
    if (isRelayed) this.relayedBytes += events.length;
    if (this.#length + events.length > this.#block.length) this.#makeRoom(events.length);
    if (events.length > this.#block.length) return void this.#hash?.update(events);
    this.#block.set(events, this.#length);
    this.#length += events.length;
  }

  /** sha256(salt ‖ all event bytes), lower-case hex. */
  async finish(): Promise<Hex> {
    return `0x${this.#spill().digest('hex')}`;
  }

  /** Behind it there is room for so many bytes, or all that came has been hashed. */
  #makeRoom(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed > BLOCK_BYTES) return void this.#spill();
    const block = new Uint8Array(Math.min(BLOCK_BYTES, Math.max(needed, 2 * this.#block.length)));
    block.set(this.#block.subarray(0, this.#length));
    this.#block = block;
  }

  #spill(): Sha256 {
    this.#hash ??= openSha256();
    this.#hash.update(this.#block.subarray(0, this.#length));
    this.#length = 0;
    return this.#hash;
  }
}
