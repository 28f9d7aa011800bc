// The node's receipts: gives each its place in the chain, makes it durable before anyone sees it, and lets it go when it is accepted.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type * as z from 'zod';
import type { Hex } from '../../schema/bytes.ts';
import type { lateReceiptSchema, SignedReceipt } from '../../schema/frames-to-hub.ts';
import type { acceptedSchema } from '../../schema/frames-to-node.ts';
import {
  ACCEPTANCE,
  ACCEPTANCE_STATUS,
  makeMessageSigner,
  toMessageJson,
  USAGE_RECEIPT,
} from '../../schema/receipt.ts';
import type { JobTicket, MessageSigner } from '../../schema/receipt.ts';
import { addressOfPrivateKey } from '../../schema/typed-data.ts';
import type { Domain } from '../../schema/typed-data.ts';
import { makePrivateFolder } from '../home/durable-file.ts';
import { describeError } from '../log.ts';
import type { Log } from '../log.ts';
import { AcceptanceFile } from './acceptance-file.ts';
import { ReceiptChain } from './chain.ts';
import type { ChainHead } from './chain.ts';
import { Outbox } from './outbox.ts';
import type { WaitingReceipt } from './outbox.ts';
import { signReceipt } from './sign-receipt.ts';
import type { IssuedReceipt, WorkDone } from './sign-receipt.ts';

/** What a receipt is made from: the work, its ticket, and the router that gave it. */
export interface ReceiptDraft {
  readonly router: Hex;
  readonly domain: Domain;
  readonly signer: MessageSigner;
  readonly ticket: JobTicket;
  readonly ticketHash: Hex;
  readonly ticketSignature: Hex;
  readonly work: WorkDone;
  /** True when it goes out on the socket at once; false when it waits for the next connection. */
  readonly isSentNow: boolean;
}

export type AcceptedFrame = z.output<typeof acceptedSchema>;
type LateReceiptJson = z.input<typeof lateReceiptSchema>;
/** What became of an `accepted` frame. */
export type AcceptedOutcome = 'taken' | 'refused' | 'unknown' | 'bad-signature';

/** Acknowledged receipts wait this long for others, since the head of the chain is synced once for all that leave together. */
const GATHER_MS = 250;
/**
 * An answer mostly takes milliseconds. Where this home broke a part off, the router answers only when another home has finished the job. So
 * the book offers a receipt again after the first of these times, then after twice as long each time, up to the last.
 */
const FIRST_QUIET_MS = 5000;
const LAST_QUIET_MS = 60_000;

/**
 * Numbers left out behind the router's newest receipt, where this home's own chain is older: more than can be on their way to it, so that none is
 * signed twice.
 */
const RESTORED_GAP = 1000n;

/** A chain that went on behind the router's newest receipt. */
export interface RestoredChain {
  /** The newest number that was known here, the router's, and the next that is signed. */
  readonly here: bigint;
  readonly router: bigint;
  readonly next: bigint;
}

/** Receipts answered with nothing since the start, and how many of them came last without a paid one between. */
export interface UnpaidCount {
  readonly answered: number;
  readonly unpaid: number;
  readonly inARow: number;
}

interface Waiting {
  readonly draft: ReceiptDraft;
  readonly resolve: (issued: IssuedReceipt) => void;
  readonly reject: (error: unknown) => void;
}

interface BookDoors {
  readonly privateKey: Uint8Array;
  /** ms that only grow. */
  readonly now: () => number;
  readonly log: Log;
  readonly chain: ReceiptChain;
  readonly outbox: Outbox;
  readonly latest: AcceptanceFile;
  readonly head: ChainHead;
}

export class ReceiptBook {
  readonly #privateKey: Uint8Array;
  readonly #now: () => number;
  readonly #log: Log;
  readonly #chain: ReceiptChain;
  readonly #outbox: Outbox;
  readonly #latest: AcceptanceFile;
  readonly #signers = new Map<string, MessageSigner>();
  /** The newest receipt that was numbered, and the newest that is on disk. */
  #head: ChainHead;
  #durableHead: ChainHead;
  #queue: Waiting[] = [];
  #isIssuing = false;
  #removals: Promise<void> = Promise.resolve();
  #toRemove: WaitingReceipt[] = [];
  /** Receipts with an answer whose files are still there. */
  readonly #answered = new Set<Hex>();
  /** Tickets whose receipts are still to come. */
  readonly #underWay = new Set<Hex>();
  #restored: RestoredChain | null = null;
  #unpaid: UnpaidCount = { answered: 0, unpaid: 0, inARow: 0 };

  private constructor(doors: BookDoors) {
    this.#privateKey = doors.privateKey;
    this.#now = doors.now;
    this.#log = doors.log;
    this.#chain = doors.chain;
    this.#outbox = doors.outbox;
    this.#latest = doors.latest;
    this.#head = doors.head;
    this.#durableHead = doors.head;
  }

  /** Opens `folder` (receipts/ in the state folder). `unreadable` names outbox files that were set aside. */
  static async open(
    folder: string,
    privateKey: Uint8Array,
    { now, log }: { readonly now: () => number; readonly log: Log },
  ): Promise<{ book: ReceiptBook; unreadable: string[] }> {
    await makePrivateFolder(folder);
    const chain = await ReceiptChain.open(folder);
    const { outbox, unreadable, lastSeq } = await Outbox.open(join(folder, 'outbox'));
    const latest = await AcceptanceFile.open(folder, log);
    const head = findHead(chain.saved, outbox.newest(), lastSeq);
    return { book: new ReceiptBook({ privateKey, now, log, chain, outbox, latest, head }), unreadable };
  }

  /** Receipts without an answer from the router. */
  get unacknowledged(): number {
    return Math.max(0, this.#outbox.size - this.#answered.size);
  }

  /** What the router has acknowledged in all, by its newest signed acceptance; null before the first. */
  get earned(): { readonly count: bigint; readonly cumulativeAmount: bigint } | null {
    return this.#latest.acceptance;
  }

  get unpaid(): UnpaidCount {
    return this.#unpaid;
  }

  /** Set where the state folder turned out to be older than the router's knowledge, since the start. */
  get restored(): RestoredChain | null {
    return this.#restored;
  }

  /**
   * The router tells the newest receipt that it has of this home. If it is this key's own and newer than all here, the chain goes on behind it, so
   * that no number is signed twice; null where there is nothing to mend. A router cannot push the chain beyond what this key has signed.
   */
  goOnFrom({ receipt, signature }: SignedReceipt, domain: Domain): RestoredChain | null {
    if (receipt.seq <= this.#head.seq) return null;
    const signer = this.signerOf(domain);
    const address = addressOfPrivateKey(this.#privateKey);
    if (!signer.isSignedBy(USAGE_RECEIPT, receipt, { signature, address })) return null;
    const head = { seq: receipt.seq + RESTORED_GAP, receiptHash: signer.hash(USAGE_RECEIPT, receipt) };
    this.#restored = { here: this.#head.seq, router: receipt.seq, next: head.seq + 1n };
    this.#head = head;
    this.#durableHead = head;
    // Unsaved it costs nothing: the next welcome tells it again.
    void this.#chain.save(head).catch((error: unknown) => {
      this.#log.warn('the head of the receipts’ chain cannot be stored', { reason: describeError(error) });
    });
    return this.#restored;
  }

  /** True for a ticket whose receipt waits here for its answer, or is still to come. */
  has(ticketHash: Hex): boolean {
    return this.#underWay.has(ticketHash) || this.#outbox.has(ticketHash);
  }

  /** Work under a ticket has begun, and whoever did it will issue the receipt: nobody else may until `end`. */
  begin(ticketHash: Hex): void {
    this.#underWay.add(ticketHash);
  }

  end(ticketHash: Hex): void {
    this.#underWay.delete(ticketHash);
  }

  /** The one signer of a domain: it remembers the router's key, so that checking gets cheap. */
  signerOf(domain: Domain): MessageSigner {
    const name = `${domain.chainId}:${domain.verifyingContract}`;
    const signer = this.#signers.get(name) ?? makeMessageSigner(domain);
    this.#signers.set(name, signer);
    return signer;
  }

  /**
   * Numbers, signs and stores a receipt; resolves once it is durable, so that it may be sent.
   * Rejects when the disk refuses: then nothing was used up and nothing may be sent.
   */
  issue(draft: ReceiptDraft): Promise<IssuedReceipt> {
    const issued = new Promise<IssuedReceipt>((resolve, reject) => this.#queue.push({ draft, resolve, reject }));
    if (!this.#isIssuing) void this.#issueAll();
    return issued;
  }

  /**
   * Receipts to offer a router, `most` of them: those that no connection has carried, and those that have waited long enough for their answer.
   * Marks them as offered.
   */
  async takeLate(router: Hex, most = Number.POSITIVE_INFINITY): Promise<LateReceiptJson[]> {
    const now = this.#now();
    const late: LateReceiptJson[] = [];
    for (const waiting of this.#outbox.waitingFor(router)) {
      if (late.length >= most) break;
      if (now < waiting.offeredAt + quietMs(waiting.offers) || this.#answered.has(waiting.ticketHash)) continue;
      waiting.offeredAt = now;
      waiting.offers += 1;
      const entry = await this.#outbox.load(waiting.ticketHash);
      if (!entry) {
        this.#log.warn('a stored receipt cannot be read and was set aside', { file: waiting.file });
        continue;
      }
      const { ticketSignature, signature } = entry;
      late.push({
        ticket: toMessageJson(entry.ticket),
        ticketSignature,
        receipt: toMessageJson(entry.receipt),
        signature,
      });
    }
    return late;
  }

  /** A new connection has been offered nothing yet. */
  forgetOffers(): void {
    for (const waiting of this.#outbox.all()) waiting.offers = 0;
  }

  /** Takes answers that came together, as `accept` would one by one; where one signature covers all of them, only it is checked. */
  acceptAll(frames: readonly AcceptedFrame[]): AcceptedOutcome[] {
    const isCovered = frames.length > 1 && this.#isCoveredByLast(frames);
    return frames.map((frame) => this.accept(frame, isCovered));
  }

  /** Takes the router's answer to a receipt. The receipt leaves the outbox when the acceptance is the router's own, or a refusal. */
  accept(frame: AcceptedFrame, isCovered = false): AcceptedOutcome {
    const waiting = this.#outbox.find(frame.ticketHash);
    if (!waiting || this.#answered.has(frame.ticketHash)) return 'unknown';
    if (!frame.acceptance || !frame.signature) {
      this.#removeSoon(waiting);
      return 'refused';
    }
    const { acceptance, signature } = frame;
    if (acceptance.receiptHash !== waiting.receiptHash) return 'bad-signature';
    const signed = { signature, address: waiting.router };
    if (!isCovered && !this.signerOf(waiting.domain).isSignedBy(ACCEPTANCE, acceptance, signed)) return 'bad-signature';
    this.#latest.take({ acceptance, signature, router: waiting.router });
    this.#countUnpaid(acceptance.status === ACCEPTANCE_STATUS.unpaid);
    this.#removeSoon(waiting);
    return 'taken';
  }

  /** Resolves when all removals that were begun are on disk. */
  async settled(): Promise<void> {
    await this.#removals;
    await this.#latest.settled();
  }

  /**
   * True when one signature covers all answers: each adds its own amount to the running total, no number is missing since the newest
   * acceptance, and the router signed the last. Only the last is kept then.
   */
  #isCoveredByLast(frames: readonly AcceptedFrame[]): boolean {
    const newest = this.#latest.newest;
    const last = frames.at(-1);
    const lastWaiting = last && this.#outbox.find(last.ticketHash);
    if (!newest || !lastWaiting || !last.acceptance || !last.signature) return false;
    let { count, cumulativeAmount } = newest.acceptance;
    for (const { ticketHash, acceptance } of frames) {
      if (!acceptance || this.#outbox.find(ticketHash)?.router !== newest.router) return false;
      count += 1n;
      cumulativeAmount += acceptance.amount;
      if (acceptance.count !== count || acceptance.cumulativeAmount !== cumulativeAmount) return false;
    }
    const signed = { signature: last.signature, address: newest.router };
    return this.signerOf(lastWaiting.domain).isSignedBy(ACCEPTANCE, last.acceptance, signed);
  }

  #countUnpaid(isUnpaid: boolean): void {
    const { answered, unpaid, inARow } = this.#unpaid;
    this.#unpaid = { answered: answered + 1, unpaid: unpaid + Number(isUnpaid), inARow: isUnpaid ? inARow + 1 : 0 };
  }

  async #issueAll(): Promise<void> {
    this.#isIssuing = true;
    while (this.#queue.length > 0) await this.#issueBatch(this.#queue.splice(0));
    this.#isIssuing = false;
  }

  /** Receipts that end together share one sync of the folder. If one of them cannot be stored, none of them counts. */
  async #issueBatch(batch: readonly Waiting[]): Promise<void> {
    const issued = batch.map(({ draft }) => this.#sign(draft));
    try {
      await Promise.all(issued.map((one, i) => this.#store(one, batch[i]?.draft)));
      await this.#outbox.sync();
      this.#durableHead = this.#head;
      batch.forEach((waiting, i) => {
        const one = issued[i];
        if (one) waiting.resolve(one);
      });
    } catch (error) {
      this.#head = this.#durableHead;
      for (const one of issued) this.#outbox.discard(one.receipt.ticketHash);
      for (const waiting of batch) waiting.reject(error);
    }
  }

  #sign(draft: ReceiptDraft): IssuedReceipt {
    const place = { seq: this.#head.seq + 1n, prevReceipt: this.#head.receiptHash };
    const { ticket, ticketHash, work } = draft;
    const issued = signReceipt(draft.signer, this.#privateKey, { ticket, ticketHash, work, place });
    this.#head = { seq: place.seq, receiptHash: issued.receiptHash };
    return issued;
  }

  async #store(issued: IssuedReceipt, draft: ReceiptDraft | undefined): Promise<void> {
    if (!draft) return;
    const { router, domain, ticket, ticketSignature } = draft;
    const { receipt, receiptHash, signature } = issued;
    const entry = { router, domain, ticket, ticketSignature, receipt, receiptHash, signature };
    await this.#outbox.add(entry, draft.isSentNow ? this.#now() : null);
  }

  #removeSoon(waiting: WaitingReceipt): void {
    this.#toRemove.push(waiting);
    this.#answered.add(waiting.ticketHash);
    if (this.#toRemove.length > 1) return;
    this.#removals = this.#removals.then(() => sleep(GATHER_MS)).then(() => this.#removeAll());
  }

  /** The head must be durable first: the outbox file was the only proof that its number is used. */
  async #removeAll(): Promise<void> {
    const going = this.#toRemove.splice(0);
    try {
      await this.#chain.save(this.#durableHead);
      for (const { ticketHash } of going) {
        this.#outbox.remove(ticketHash);
        this.#answered.delete(ticketHash);
      }
    } catch (error) {
      // The files stay, so after the next start these receipts are offered again and acknowledged again.
      this.#log.warn('receipts that were accepted cannot leave the outbox: is the disk full?', {
        count: going.length,
        reason: describeError(error),
      });
    }
  }
}

/** How long to wait for an answer after this many offers, in ms; 0 before the first. */
function quietMs(offers: number): number {
  return offers === 0 ? 0 : Math.min(LAST_QUIET_MS, FIRST_QUIET_MS * 2 ** (offers - 1));
}

/** Where the chain goes on: after the saved head or the newest waiting receipt, whichever is later, and past every number that a file has used. */
function findHead(saved: ChainHead, newest: WaitingReceipt | undefined, lastSeq: bigint): ChainHead {
  const head = newest && newest.seq > saved.seq ? { seq: newest.seq, receiptHash: newest.receiptHash } : saved;
  return lastSeq > head.seq ? { seq: lastSeq, receiptHash: head.receiptHash } : head;
}
