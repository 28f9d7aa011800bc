// Receipts that the router has not acknowledged, one JSON file each. The one door to those files; loaded at start, removed on acceptance.
import { unlinkSync } from 'node:fs';
import { readdir, readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { Hex } from '../../schema/bytes.ts';
import { jobTicketSchema, toMessageJson, usageReceiptSchema } from '../../schema/receipt.ts';
import { word } from '../../schema/typed-data.ts';
import type { Domain } from '../../schema/typed-data.ts';
import { makePrivateFolder, syncFolder, writeDurably } from '../home/durable-file.ts';

/** A receipt on disk with everything that proves it: the ticket with its signature, and under which domain and router. */
const outboxEntrySchema = z.object({
  router: word.address,
  domain: z.object({ chainId: z.number().int(), verifyingContract: word.address }),
  receiptHash: word.bytes32,
  ticket: jobTicketSchema,
  ticketSignature: word.signature,
  receipt: usageReceiptSchema,
  signature: word.signature,
});
type OutboxEntry = z.output<typeof outboxEntrySchema>;

/** An entry in memory: small, since hundreds may wait; the whole of it stands in its file. */
export interface WaitingReceipt {
  readonly ticketHash: Hex;
  readonly receiptHash: Hex;
  readonly seq: bigint;
  readonly router: Hex;
  readonly domain: Domain;
  readonly file: string;
  /** When it was last handed to a socket, ms since epoch, and how often it was to this connection's. */
  offeredAt: number;
  offers: number;
}

const NAME = /^(\d{1,20})-0x[0-9a-f]{64}\.json(\.unreadable)?$/;

export class Outbox {
  readonly #folder: string;
  readonly #waiting = new Map<Hex, WaitingReceipt>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Opens the folder and loads what waits. `unreadable` names files that were set aside; their numbers still count. */
  static async open(folder: string): Promise<{ outbox: Outbox; unreadable: string[]; lastSeq: bigint }> {
    await makePrivateFolder(folder);
    const outbox = new Outbox(folder);
    const unreadable: string[] = [];
    let lastSeq = 0n;
    for (const file of await readdir(folder)) {
      if (file.endsWith('.tmp')) await unlink(join(folder, file));
      const [, seq, suffix] = NAME.exec(file) ?? [];
      if (seq === undefined) continue;
      if (BigInt(seq) > lastSeq) lastSeq = BigInt(seq);
      if (suffix !== undefined) continue;
      const entry = await outbox.#read(file);
      if (entry) outbox.#remember(entry, file);
      else unreadable.push(file);
    }
    return { outbox, unreadable, lastSeq };
  }

  get size(): number {
    return this.#waiting.size;
  }

  has(ticketHash: Hex): boolean {
    return this.#waiting.has(ticketHash);
  }

  find(ticketHash: Hex): WaitingReceipt | undefined {
    return this.#waiting.get(ticketHash);
  }

  all(): IterableIterator<WaitingReceipt> {
    return this.#waiting.values();
  }

  /** The receipt with the highest number. */
  newest(): WaitingReceipt | undefined {
    let newest: WaitingReceipt | undefined;
    for (const one of this.#waiting.values()) if (!newest || one.seq > newest.seq) newest = one;
    return newest;
  }

  /** What waits for one router, oldest first. */
  waitingFor(router: Hex): WaitingReceipt[] {
    return [...this.#waiting.values()].filter((one) => one.router === router).sort((a, b) => (a.seq < b.seq ? -1 : 1));
  }

  /** Writes a receipt; it is durable once `sync` has resolved. `sentAt`: when a socket takes it, null where none does now. */
  async add(entry: OutboxEntry, sentAt: number | null): Promise<void> {
    const file = `${entry.receipt.seq}-${entry.receipt.ticketHash}.json`;
    const json = { ...entry, ticket: toMessageJson(entry.ticket), receipt: toMessageJson(entry.receipt) };
    await writeDurably(join(this.#folder, file), JSON.stringify(json));
    const waiting = this.#remember(entry, file);
    if (sentAt === null) return;
    waiting.offeredAt = sentAt;
    waiting.offers = 1;
  }

  sync(): Promise<void> {
    return syncFolder(this.#folder);
  }

  /** The whole entry, or null when its file is gone or damaged. */
  async load(ticketHash: Hex): Promise<OutboxEntry | null> {
    const waiting = this.#waiting.get(ticketHash);
    return waiting ? this.#read(waiting.file) : null;
  }

  /** Lets an acknowledged receipt go. Call only after the chain's head is durable past its number. */
  remove(ticketHash: Hex): void {
    const waiting = this.#waiting.get(ticketHash);
    if (!waiting) return;
    this.#waiting.delete(ticketHash);
    unlinkSync(join(this.#folder, waiting.file));
  }

  /** Removes a receipt that nobody was given. If its file cannot be removed, only its number is lost. */
  discard(ticketHash: Hex): void {
    try {
      this.remove(ticketHash);
    } catch {
      // The number of every file counts as used.
    }
  }

  #remember(entry: OutboxEntry, file: string): WaitingReceipt {
    const { ticketHash, seq } = entry.receipt;
    const waiting = {
      ticketHash,
      receiptHash: entry.receiptHash,
      seq,
      router: entry.router,
      domain: entry.domain,
      file,
      offeredAt: 0,
      offers: 0,
    };
    this.#waiting.set(ticketHash, waiting);
    return waiting;
  }

  async #read(file: string): Promise<OutboxEntry | null> {
    try {
      return outboxEntrySchema.parse(JSON.parse(await readFile(join(this.#folder, file), 'utf8')));
    } catch {
      await rename(join(this.#folder, file), join(this.#folder, `${file}.unreadable`)).catch(() => undefined);
      return null;
    }
  }
}
