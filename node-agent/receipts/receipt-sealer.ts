// When receipts are sealed, and that they are on disk before anyone sees them: those that end together share one seal, one append and one sync.
import type { Hex } from '../../schema/bytes.ts';
import type { UsageReceipt } from '../../schema/receipt.ts';
import { addressOfPrivateKey } from '../../schema/typed-data.ts';
import type { LogHead } from './log-records.ts';
import type { ReceiptLog } from './receipt-log.ts';
import { groupDrafts, SEAL_MOST, sealReceipts } from './seal-receipts.ts';
import type { ReceiptDraft } from './seal-receipts.ts';

/** While this many jobs run or more, receipts wait for one another. */
export const BUSY_JOBS = 6;
const WAIT_MS = 4;
/** Receipts of one append at most, of however many sockets. */
const APPEND_MOST = 4 * SEAL_MOST;
/** Receipts that the disk refused and that are tried again: more than can end before the home takes no more jobs. */
const UNSTORED_MAX = 1024;

export interface IssuedReceipt {
  readonly receipt: UsageReceipt;
  readonly receiptHash: Hex;
  /** False where no socket took it: it is offered late. */
  readonly isSent: boolean;
}

interface Waiting {
  readonly draft: ReceiptDraft;
  readonly resolve: (issued: IssuedReceipt) => void;
  readonly reject: (error: unknown) => void;
}

interface SealerDoors {
  readonly log: ReceiptLog;
  readonly privateKey: Uint8Array;
  /** ms that only grow. */
  readonly now: () => number;
  /** How many numbers are left out before the first receipt of this process; left out, none. */
  readonly drawGap?: () => bigint;
}

export class ReceiptSealer {
  readonly #doors: SealerDoors;
  readonly #node: Hex;
  #queue: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isSealing = false;
  readonly #unstored = new Map<Hex, ReceiptDraft>();
  #mustLeap = true;

  constructor(doors: SealerDoors) {
    this.#doors = doors;
    this.#node = addressOfPrivateKey(doors.privateKey);
  }

  /**
   * Numbers, seals, stores and sends a receipt; resolves when that is done. Rejects when the disk refuses: then no number was used up and nothing
   * was sent, and it is tried again when something else could be stored, or with `retry`.
   */
  issue(draft: ReceiptDraft, isBusy: boolean): Promise<IssuedReceipt> {
    const issued = new Promise<IssuedReceipt>((resolve, reject) => this.#queue.push({ draft, resolve, reject }));
    if (this.#isSealing) return issued;
    if (!isBusy || this.#queue.length >= SEAL_MOST) this.#begin();
    else this.#timer ??= setTimeout(() => this.#begin(), WAIT_MS);
    return issued;
  }

  /** True for work whose receipt the disk refused. */
  isUnstored(ticketHash: Hex): boolean {
    return this.#unstored.has(ticketHash);
  }

  /** Tries again what the disk refused; true where there was something. */
  retry(): boolean {
    const drafts = [...this.#unstored.values()];
    // Refused again, it is kept again.
    for (const draft of drafts) this.issue(draft, false).catch(() => undefined);
    return drafts.length > 0;
  }

  /** Numbers were left out already. */
  noteLeap(): void {
    this.#mustLeap = false;
  }

  /** In a later turn, so that what ended in this one goes together, and its `end` leaves first. */
  #begin(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isSealing = true;
    setImmediate(() => void this.#sealAll());
  }

  async #sealAll(): Promise<void> {
    let isStored = false;
    while (this.#queue.length > 0) isStored = await this.#sealSome(this.#queue.splice(0, APPEND_MOST));
    this.#isSealing = false;
    if (isStored) this.retry();
  }

  async #sealSome(waiting: readonly Waiting[]): Promise<boolean> {
    try {
      await this.#store(groupDrafts(waiting, ({ draft }) => draft));
      return true;
    } catch (error) {
      for (const { draft, reject } of waiting) {
        if (this.#unstored.size < UNSTORED_MAX) this.#unstored.set(draft.ticketHash, { ...draft, via: null });
        reject(error);
      }
      return false;
    }
  }

  /** If one of them cannot be stored, none of them counts. */
  async #store(groups: readonly (readonly Waiting[])[]): Promise<void> {
    const { log, privateKey, now } = this.#doors;
    const facts = { node: this.#node, privateKey, atMs: Date.now() };
    let head = this.#startFrom(log.head);
    const sealed = groups.map((group) => {
      const one = sealReceipts(
        group.map(({ draft }) => draft),
        head,
        facts,
      );
      head = one.head;
      return { group, ...one };
    });
    await log.store(
      sealed.flatMap(({ receipts }) => receipts),
      head,
    );
    this.#mustLeap = false;
    for (const { group, receipts, frame } of sealed) {
      const isSent = frame !== null && group[0]?.draft.via?.socket.sendReceipts(frame) === true;
      receipts.forEach(({ receipt, receiptHash }, i) => {
        this.#unstored.delete(receipt.ticketHash);
        if (isSent) log.waiting.noteOffer(receipt.ticketHash, now());
        group[i]?.resolve({ receipt, receiptHash, isSent });
      });
    }
  }

  /** Where numbers go on. Another copy of this state may have signed the next ones: two receipts of one number cost the bond, numbers cost nothing. */
  #startFrom(head: LogHead): LogHead {
    const gap = this.#mustLeap ? (this.#doors.drawGap?.() ?? 0n) : 0n;
    return { ...head, seq: head.seq + gap, seal: head.seal + gap };
  }
}
