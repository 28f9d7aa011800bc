// Lines that were closed from here and whose other end does not hang up: the platform waits for its goodbye and has no way to cut them, and an object
// holds 32,768 lines at most. So who leaves many standing opens no more.
import { MAX_LINGERING, MAX_LINGERING_OF_ADDRESS } from './door-limits.ts';

export class LingeringLines<T> {
  readonly #lines = new Map<T, string>();
  readonly #byAddress = new Map<string, number>();

  get size(): number {
    return this.#lines.size;
  }

  /** `from`: the address that it came from, empty where nobody knows. */
  add(line: T, from: string): void {
    this.forget(line);
    this.#lines.set(line, from);
    this.#byAddress.set(from, (this.#byAddress.get(from) ?? 0) + 1);
  }

  /** The line has ended. */
  forget(line: T): void {
    const from = this.#lines.get(line);
    if (from === undefined) return;
    this.#lines.delete(line);
    const left = (this.#byAddress.get(from) ?? 0) - 1;
    if (left > 0) this.#byAddress.set(from, left);
    else this.#byAddress.delete(from);
  }

  /** True where a dial from there that shows no token is one too many. */
  isFull(from: string): boolean {
    if (this.#lines.size >= MAX_LINGERING) return true;
    return from !== '' && (this.#byAddress.get(from) ?? 0) >= MAX_LINGERING_OF_ADDRESS;
  }
}
