// Which rows hold the tickets of the batches that were written in this life of an object: nearly every settlement is of a ticket that no row has yet, and to
// look for it in all that came since it was issued costs more than all else of its acceptance.
import type { Hex } from '../../schema/bytes.ts';

/** Tickets that are remembered at most, at about 150 bytes each, and how long: a settlement comes soon after its ticket, ms. */
export const RECENT_TICKETS = 16_384;
export const RECENT_MS = 300_000;

/** Rows are numbered by the time at which they were written. */
export const IDS_PER_MS = 1000;

export class RecentTickets {
  readonly #rows: { readonly id: number; readonly tickets: readonly Hex[] }[] = [];
  readonly #ids = new Map<Hex, number>();
  #fromId: number;

  /** `fromId`: above the ids of all rows that are there. */
  constructor(fromId: number) {
    this.#fromId = fromId;
  }

  /** Of every row from this id on it is known what tickets it has. */
  get fromId(): number {
    return this.#fromId;
  }

  /** The row that has a ticket; null for one that no row from `fromId` on has. */
  find(ticketHash: Hex): number | null {
    return this.#ids.get(ticketHash) ?? null;
  }

  /** A row was written; its id is the highest. */
  add(id: number, tickets: readonly Hex[]): void {
    this.#rows.push({ id, tickets });
    for (const ticket of tickets) this.#ids.set(ticket, id);
    const isOld = (): boolean => (this.#rows[0]?.id ?? id) < id - RECENT_MS * IDS_PER_MS;
    while (this.#ids.size > RECENT_TICKETS || isOld()) this.#forget();
  }

  /** Rows up to this one are gone. */
  drop(untilId: number): void {
    for (let first = this.#rows[0]; first && first.id <= untilId; first = this.#rows[0]) this.#forget();
  }

  #forget(): void {
    const first = this.#rows.shift();
    if (!first) return;
    for (const ticket of first.tickets) if (this.#ids.get(ticket) === first.id) this.#ids.delete(ticket);
    this.#fromId = first.id + 1;
  }
}
