// The last acceptance of each of the last epochs, with what proves it: a root of such an epoch that holds less of this home leaves something out, and this is
// what shows it to the chain. The newest acceptance alone would not do: it may count in an epoch that has no root yet.
import type { SignedAcceptance } from './log-records.ts';

/** A root comes within so many epochs, or whoever posts them has stopped. */
const MOST_ENDS = 32;

export class EpochEnds {
  #ends: SignedAcceptance[] = [];

  /** The oldest first. */
  get all(): readonly SignedAcceptance[] {
    return this.#ends;
  }

  /** `next` follows `last`: true where `last` is the end of its epoch, and is kept as that. */
  pass(last: SignedAcceptance | null, next: SignedAcceptance): boolean {
    if (!last || last.acceptance.epoch >= next.acceptance.epoch) return false;
    this.take(last);
    return true;
  }

  take(end: SignedAcceptance): void {
    const others = this.#ends.filter(({ acceptance }) => acceptance.epoch !== end.acceptance.epoch);
    this.#ends = [...others, end].slice(-MOST_ENDS);
  }
}
