// Digests of the messages that were hashed last, by the message itself: each is hashed for its signature, for itself and for what points at it, in turns
// with those of other jobs. Messages are values, never changed once made.
import type { StructType } from './typed-data.ts';

/** Few enough to look through them all: that takes a hundredth of a hash. */
const KEPT = 64;

export class RecentDigests {
  readonly #messages: (object | null)[] = Array.from({ length: KEPT }, () => null);
  readonly #structs: (StructType | null)[] = Array.from({ length: KEPT }, () => null);
  readonly #digests: Uint8Array[] = [];
  #next = 0;

  get(struct: StructType, message: object): Uint8Array | null {
    const at = this.#messages.indexOf(message);
    return at >= 0 && this.#structs[at] === struct ? (this.#digests[at] ?? null) : null;
  }

  set(struct: StructType, message: object, digest: Uint8Array): void {
    this.#messages[this.#next] = message;
    this.#structs[this.#next] = struct;
    this.#digests[this.#next] = digest;
    this.#next = (this.#next + 1) % KEPT;
  }
}
