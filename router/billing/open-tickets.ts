// Which tickets may have an open settlement, in memory: hardly any has one, and each settlement asks. One that is known here may be gone.
import type { Hex } from '../../schema/bytes.ts';

/** Tickets that are remembered, at about 150 bytes each; where there are more every one may be open. */
export const OPEN_TICKETS = 1024;

export class OpenTickets {
  #known: Set<Hex> | null;

  /** `tickets`: those that are open, OPEN_TICKETS + 1 of them if there are more. */
  constructor(tickets: Iterable<Hex>) {
    this.#known = new Set(tickets);
    this.#bound();
  }

  /** False for one that is not open for sure. */
  mayHave(ticketHash: Hex): boolean {
    return this.#known?.has(ticketHash) ?? true;
  }

  add(ticketHash: Hex): void {
    this.#known?.add(ticketHash);
    this.#bound();
  }

  #bound(): void {
    if (this.#known && this.#known.size > OPEN_TICKETS) this.#known = null;
  }
}
