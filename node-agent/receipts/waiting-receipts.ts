// The receipts without an answer, in memory: small, since thousands may wait; the whole of each stands in its line of the log.
import type { Hex } from '../../schema/bytes.ts';
import type { Domain } from '../../schema/typed-data.ts';
import type { LogReceipt } from './log-records.ts';

export interface WaitingReceipt {
  readonly ticketHash: Hex;
  readonly receiptHash: Hex;
  readonly seq: bigint;
  readonly router: Hex;
  readonly domain: Domain;
  /** What it claims, units. */
  readonly amount: bigint;
  /** What of it is told with its answer. */
  readonly jobId: Hex;
  readonly part: number;
  readonly model: Hex;
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** Of its ticket, ms since epoch by the router. */
  readonly issuedAt: number;
  /** Where its line stands. */
  at: number;
  readonly length: number;
  /** When it was last handed to a socket, by the book's clock in ms, how often it was to this connection's, and when for the first time. */
  offeredAt: number;
  offers: number;
  firstOfferedAt: number | null;
}

export class WaitingReceipts {
  readonly #receipts = new Map<Hex, WaitingReceipt>();
  /** Routers and domains are few: each is kept once. */
  readonly #parties = new Map<string, { router: Hex; domain: Domain }>();
  #bytes = 0;
  #units = 0n;

  get size(): number {
    return this.#receipts.size;
  }

  /** Of their lines. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What they claim together. */
  get units(): bigint {
    return this.#units;
  }

  has(ticketHash: Hex): boolean {
    return this.#receipts.has(ticketHash);
  }

  find(ticketHash: Hex): WaitingReceipt | undefined {
    return this.#receipts.get(ticketHash);
  }

  all(): IterableIterator<WaitingReceipt> {
    return this.#receipts.values();
  }

  add(entry: LogReceipt, at: number, length: number): void {
    const { receipt, receiptHash, ticket } = entry;
    const { ticketHash, seq, amount, promptTokens, outputTokens } = receipt;
    const about = { jobId: ticket.jobId, part: ticket.part, model: ticket.modelId, promptTokens, outputTokens };
    this.remove(ticketHash);
    const place = { at, length, offeredAt: 0, offers: 0, firstOfferedAt: null };
    const numbers = { ticketHash, receiptHash, seq, amount, issuedAt: Number(ticket.issuedAtMs) };
    this.#receipts.set(ticketHash, { ...numbers, ...about, ...this.#partyOf(entry), ...place });
    this.#bytes += length;
    this.#units += amount;
  }

  remove(ticketHash: Hex): void {
    const waiting = this.#receipts.get(ticketHash);
    if (!waiting) return;
    this.#receipts.delete(ticketHash);
    this.#bytes -= waiting.length;
    this.#units -= waiting.amount;
  }

  /** A socket has carried it. */
  noteOffer(ticketHash: Hex, now: number): void {
    const waiting = this.#receipts.get(ticketHash);
    if (!waiting) return;
    waiting.offeredAt = now;
    waiting.offers += 1;
    waiting.firstOfferedAt ??= now;
  }

  #partyOf({ router, domain }: LogReceipt): { router: Hex; domain: Domain } {
    const name = `${router} ${domain.chainId} ${domain.verifyingContract}`;
    const party = this.#parties.get(name) ?? { router, domain };
    this.#parties.set(name, party);
    return party;
  }
}
