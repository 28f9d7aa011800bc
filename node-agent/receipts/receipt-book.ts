// The node's receipts: what is under way, what waits for its answer and is offered until it has one, and what the router has signed for.
import type * as z from 'zod';
import type { Hex } from '../../schema/bytes.ts';
import type { Evidence } from '../../schema/evidence.ts';
import type { Handover } from '../../schema/handover.ts';
import { wordToJobId } from '../../schema/ids.ts';
import type { lateReceiptSchema, SignedReceipt } from '../../schema/frames-to-hub.ts';
import type { acceptedSchema } from '../../schema/frames-to-node.ts';
import {
  ACCEPTANCE,
  ACCEPTANCE_STATUS,
  makeMessageSigner,
  toMessageJson,
  USAGE_RECEIPT,
} from '../../schema/receipt.ts';
import type { Acceptance, MessageProof, MessageSigner } from '../../schema/receipt.ts';
import type { KnownPairs } from '../../schema/merkle.ts';
import { isUnderSeal, SEAL, SEAL_KIND, toSealedJson } from '../../schema/seal.ts';
import { addressOfPrivateKey } from '../../schema/typed-data.ts';
import type { Domain } from '../../schema/typed-data.ts';
import { makePrivateFolder } from '../home/private-folder.ts';
import type { Log } from '../log.ts';
import { Acceptances, nameParty } from './acceptances.ts';
import type { LogDisk } from './append-file.ts';
import { AGED_MS, OUTBOX_LIMITS } from './judge-outbox.ts';
import type { OutboxFacts } from './judge-outbox.ts';
import type { EarnedJournal, JournalEntry } from './earned-journal.ts';
import type { LogReceipt, SignedAcceptance } from './log-records.ts';
import { readOldFolder } from './old-folder.ts';
import { LOST_GAP, ReceiptLog } from './receipt-log.ts';
import { RouterLines } from './router-lines.ts';
import { ReceiptSealer } from './receipt-sealer.ts';
import type { IssuedReceipt } from './receipt-sealer.ts';
import type { ReceiptDraft } from './seal-receipts.ts';
import type { WaitingReceipt } from './waiting-receipts.ts';

export type AcceptedFrame = z.output<typeof acceptedSchema>;
type LateReceiptJson = z.input<typeof lateReceiptSchema>;
/** What became of one answer of an `accepted` frame. */
export type AcceptedOutcome = 'taken' | 'refused' | 'unknown' | 'bad-signature';

/**
 * An answer mostly takes milliseconds. Where this home broke a part off, the router answers only when another home has finished the job. So
 * the book offers a receipt again after the first of these times, then after twice as long each time, up to the last.
 */
const FIRST_QUIET_MS = 5000;
const LAST_QUIET_MS = 60_000;

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

/** What has been checked of one `accepted` frame: whose seal it is, for which router's receipts, and hashes on the way to its root. */
interface SeenFrame {
  readonly parties: Map<string, Hex>;
  readonly pairs: KnownPairs;
}

interface BookDoors {
  /** ms that only grow. */
  readonly now: () => number;
  readonly log: Log;
  readonly disk?: LogDisk;
  /** How many numbers are left out before the first receipt of this process, and where it goes on behind the router's; left out, none. */
  readonly drawGap?: () => bigint;
  /** Hears of every answer; left out, nobody does. */
  readonly journal?: Pick<EarnedJournal, 'note'>;
}

export class ReceiptBook {
  readonly #doors: BookDoors;
  readonly #node: Hex;
  readonly #log: ReceiptLog;
  readonly #sealer: ReceiptSealer;
  readonly #lines = new RouterLines();
  readonly #acceptances: Acceptances;
  readonly #signers = new Map<string, MessageSigner>();
  /** Tickets whose receipts are still to come. */
  readonly #underWay = new Set<Hex>();
  #restored: RestoredChain | null = null;
  #unpaid: UnpaidCount = { answered: 0, unpaid: 0, inARow: 0 };

  private constructor(log: ReceiptLog, privateKey: Uint8Array, doors: BookDoors) {
    this.#doors = doors;
    this.#node = addressOfPrivateKey(privateKey);
    this.#log = log;
    const { now, drawGap } = doors;
    this.#sealer = new ReceiptSealer({ log, privateKey, now, ...(drawGap ? { drawGap } : {}) });
    this.#acceptances = new Acceptances(log, this.#lines, doors.log);
  }

  /** Opens `folder` (receipts/ in the state folder) and takes over what older agents left there. */
  static async open(folder: string, privateKey: Uint8Array, doors: BookDoors): Promise<ReceiptBook> {
    await makePrivateFolder(folder);
    const { log, disk } = doors;
    const receiptLog = await ReceiptLog.open({ folder, log, ...(disk ? { disk } : {}) });
    const old = await readOldFolder(folder, log);
    if (old) {
      await receiptLog.takeOver(old);
      await old.remove();
    }
    return new ReceiptBook(receiptLog, privateKey, doors);
  }

  /** Receipts without an answer from the router. */
  get unacknowledged(): number {
    return this.#log.waiting.size;
  }

  /** The same, with what they are worth. */
  measure(): OutboxFacts {
    const { size: receipts, units } = this.#log.waiting;
    if (units <= OUTBOX_LIMITS.agedUnits / 2n) return { receipts, units, agedUnits: 0n };
    const before = this.#doors.now() - AGED_MS;
    let agedUnits = 0n;
    for (const { amount, firstOfferedAt } of this.#log.waiting.all())
      if (firstOfferedAt !== null && firstOfferedAt < before) agedUnits += amount;
    return { receipts, units, agedUnits };
  }

  /** What the router has acknowledged in all, by its newest signed acceptance; null before the first. */
  get earned(): SignedAcceptance | null {
    return this.#log.earned;
  }

  /** Pairs of what the router has signed that cannot both be honest. */
  get evidence(): readonly Evidence[] {
    return this.#log.evidence;
  }

  /** Numbers of the newest receipt and of the newest seal of receipts. */
  get numbers(): { readonly seq: bigint; readonly seal: bigint } {
    return this.#log.head;
  }

  get unpaid(): UnpaidCount {
    return this.#unpaid;
  }

  /** Set where the state folder turned out to be older than the router's knowledge, since the start. */
  get restored(): RestoredChain | null {
    return this.#restored;
  }

  /**
   * The router tells the newest receipt that it has of this home. If it is this key's own and newer than all here, both chains go on behind it, so
   * that no number is signed twice; null where there is nothing to mend. A router cannot push the chains beyond what this key has signed.
   */
  goOnFrom({ receipt, signature, sealed = null }: SignedReceipt, domain: Domain): RestoredChain | null {
    const { head } = this.#log;
    const seal = sealed?.seal.number ?? 0n;
    if (receipt.seq <= head.seq && seal <= head.seal) return null;
    const signer = this.signerOf(domain);
    if (!signer.isProvenBy(USAGE_RECEIPT, receipt, { signature, sealed, address: this.#node })) return null;
    const isNewer = receipt.seq > head.seq;
    const gap = LOST_GAP + (this.#doors.drawGap?.() ?? 0n);
    const chain = isNewer ? { seq: receipt.seq + gap, receiptHash: signer.hash(USAGE_RECEIPT, receipt) } : head;
    const newest = seal > head.seal ? seal : head.seal;
    const sealHash = sealed && seal > head.seal ? signer.hash(SEAL, sealed.seal) : head.sealHash;
    const next = { seq: chain.seq, receiptHash: chain.receiptHash, seal: newest + gap, sealHash };
    this.#restored = { here: head.seq, router: receipt.seq, next: next.seq + 1n };
    // Unsaved it costs nothing: the next welcome tells it again.
    this.#log.goOn(next);
    if (isNewer) this.#sealer.noteLeap();
    return this.#restored;
  }

  /** The router's key was rotated: `handovers` show whose work it answers for beside its own. */
  learnRouter(router: Hex, domain: Domain, handovers: readonly Handover[]): void {
    this.#lines.learn(this.signerOf(domain), router, handovers);
  }

  /** A router's address, and those of its keys before. */
  lineOf(router: Hex): readonly Hex[] {
    return this.#lines.lineOf(router);
  }

  /** True for a ticket whose receipt waits here for its answer, had it, or is still to come. `issuedAt`: of the ticket, ms since epoch. */
  has(ticketHash: Hex, issuedAt = Number.POSITIVE_INFINITY): boolean {
    return (
      this.#underWay.has(ticketHash) ||
      this.#log.waiting.find(ticketHash) !== undefined ||
      this.#log.seen.has(ticketHash, issuedAt) ||
      this.#sealer.isUnstored(ticketHash)
    );
  }

  /** Work under a ticket has begun, and whoever did it will issue the receipt: nobody else may until `end`. */
  begin(ticketHash: Hex): void {
    this.#underWay.add(ticketHash);
  }

  end(ticketHash: Hex): void {
    this.#underWay.delete(ticketHash);
  }

  /** The one signer of a domain: it remembers the router's key and its seals, so that checking gets cheap. */
  signerOf(domain: Domain): MessageSigner {
    const name = `${domain.chainId}:${domain.verifyingContract}`;
    const signer = this.#signers.get(name) ?? makeMessageSigner(domain);
    this.#signers.set(name, signer);
    return signer;
  }

  /**
   * Numbers, seals and stores a receipt, and sends it where its socket still is; with `isBusy` it waits a moment for others. Rejects when the disk
   * refuses: then no number was used up and nothing was sent.
   */
  issue(draft: ReceiptDraft, isBusy = false): Promise<IssuedReceipt> {
    return this.#sealer.issue(draft, isBusy);
  }

  /** The disk may have room again for receipts that it refused; true where there are such. */
  retry(): boolean {
    return this.#sealer.retry();
  }

  /**
   * Receipts to offer a router, `most` of them: those that no connection has carried, and those that have waited long enough for their answer.
   * Marks them as offered.
   */
  takeLate(router: Hex, most = Number.POSITIVE_INFINITY): LateReceiptJson[] {
    const now = this.#doors.now();
    const late: LateReceiptJson[] = [];
    for (const waiting of this.#listLate(router, now)) {
      if (late.length >= most) break;
      this.#log.waiting.noteOffer(waiting.ticketHash, now);
      const entry = this.#log.load(waiting);
      if (entry) late.push(toLateJson(entry));
      else this.#doors.log.warn('a stored receipt cannot be read', { number: String(waiting.seq) });
    }
    return late;
  }

  /** A new connection has been offered nothing yet. */
  forgetOffers(): void {
    for (const waiting of this.#log.waiting.all()) waiting.offers = 0;
  }

  /**
   * Takes the router's answers to receipts, in their order. One leaves when its acceptance is under the router's own seal, which is checked once for
   * all of them, or when it is refused.
   */
  accept({ seal, signature, answers }: AcceptedFrame): AcceptedOutcome[] {
    const seen: SeenFrame = { parties: new Map(), pairs: new Map() };
    const gone = new Set<Hex>();
    const outcomes = answers.map(({ ticketHash, acceptance, proof, reason }) => {
      const waiting = this.#log.waiting.find(ticketHash);
      if (!waiting || gone.has(ticketHash)) return 'unknown';
      const sealed = seal && { seal, proof };
      const by = acceptance && signature && this.#findSigner(acceptance, waiting, { signature, sealed }, seen);
      if (acceptance && !by) return 'bad-signature';
      gone.add(ticketHash);
      this.#doors.journal?.note(toJournal(waiting, acceptance, reason));
      if (!acceptance || !signature || !by) {
        this.#countUnpaid(true);
        return 'refused';
      }
      this.#acceptances.take({ router: by, domain: waiting.domain, acceptance, signature, sealed });
      this.#countUnpaid(acceptance.status === ACCEPTANCE_STATUS.unpaid);
      return 'taken';
    });
    this.#log.remove([...gone]);
    return outcomes;
  }

  /** Resolves when everything that was begun is on disk. */
  settled(): Promise<void> {
    return this.#log.settled();
  }

  /** Who has signed this acceptance of this receipt: the router that it is for, or one that it has handed over to; null for nobody of those. */
  #findSigner(
    acceptance: Acceptance,
    { receiptHash, router, domain }: WaitingReceipt,
    { signature, sealed }: MessageProof,
    seen: SeenFrame,
  ): Hex | null {
    if (acceptance.receiptHash !== receiptHash || acceptance.node !== this.#node) return null;
    const signer = this.signerOf(domain);
    const addresses = this.#lines.signersFor(router);
    // Signed for itself before there were seals, and told again.
    if (!sealed)
      return addresses.find((address) => signer.isSignedBy(ACCEPTANCE, acceptance, { signature, address })) ?? null;
    const { seal } = sealed;
    if (seal.kind !== SEAL_KIND.acceptances || seal.node !== this.#node) return null;
    const party = nameParty(router, domain);
    const known = seen.parties.get(party);
    const by = known ?? addresses.find((address) => signer.isSealSignedBy(seal, signature, address));
    if (!by) return null;
    if (!known) this.#acceptances.judge(by, domain, { seal, signature });
    seen.parties.set(party, by);
    return isUnderSeal(signer.hash(ACCEPTANCE, acceptance), sealed, seen.pairs) ? by : null;
  }

  #countUnpaid(isUnpaid: boolean): void {
    const { answered, unpaid, inARow } = this.#unpaid;
    this.#unpaid = { answered: answered + 1, unpaid: unpaid + Number(isUnpaid), inARow: isUnpaid ? inARow + 1 : 0 };
  }

  /** Those whose time has come, oldest first. */
  #listLate(router: Hex, now: number): WaitingReceipt[] {
    const line = this.#lines.lineOf(router);
    const due = [...this.#log.waiting.all()].filter(
      (waiting) => line.includes(waiting.router) && now >= waiting.offeredAt + quietMs(waiting.offers),
    );
    return due.sort((a, b) => (a.seq < b.seq ? -1 : 1));
  }
}

function toJournal(
  { jobId, part, model, seq, router, promptTokens, outputTokens, amount }: WaitingReceipt,
  acceptance: Acceptance | null,
  reason: string | null,
): Omit<JournalEntry, 'at'> {
  return {
    job: wordToJobId(jobId),
    part,
    model: model.slice(2),
    seq: String(seq),
    router,
    signed: { promptTokens, outputTokens, amount: String(amount) },
    accepted: acceptance && {
      promptTokens: acceptance.promptTokens,
      outputTokens: acceptance.outputTokens,
      amount: String(acceptance.amount),
      status: acceptance.status,
      epoch: acceptance.epoch,
      count: Number(acceptance.count),
      total: String(acceptance.cumulativeAmount),
    },
    reason,
  };
}

function toLateJson({
  ticket,
  ticketSignature,
  ticketSeal,
  receipt,
  signature,
  receiptSeal,
}: LogReceipt): LateReceiptJson {
  return {
    ticket: toMessageJson(ticket),
    ticketSignature,
    ticketSeal: ticketSeal && toSealedJson(ticketSeal),
    receipt: toMessageJson(receipt),
    signature,
    receiptSeal: receiptSeal && toSealedJson(receiptSeal),
  };
}

/** How long to wait for an answer after this many offers, in ms; 0 before the first. */
function quietMs(offers: number): number {
  return offers === 0 ? 0 : Math.min(LAST_QUIET_MS, FIRST_QUIET_MS * 2 ** (offers - 1));
}
