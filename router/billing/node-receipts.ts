// One node's receipts: which are proven, what each earns, and what the router accepts of them with its running total. What its object keeps of them
// stands in NodeBook and NodeChain.
import type { Hex } from '../../schema/bytes.ts';
import type { ReceiptSide } from '../../schema/evidence.ts';
import { wordToJobId } from '../../schema/ids.ts';
import type { LateReceipt } from '../../schema/frames-to-hub.ts';
import { fromMessageJson, JOB_TICKET, toMessageJson, USAGE_RECEIPT } from '../../schema/receipt.ts';
import type { JobTicket, MessageSigner } from '../../schema/receipt.ts';
import { MAX_LEAVES } from '../../schema/merkle.ts';
import { fromSealedJson, toSealedJson } from '../../schema/seal.ts';
import type { SettlementBatch, SettlementJson } from '../../schema/settlement.ts';
import { describeUnsigned } from '../../schema/unsigned-part.ts';
import type { UnsignedPart } from '../../schema/unsigned-part.ts';
import { buildLateEntry } from './build-entry.ts';
import { checkReceipt, checkTicket, LATE_MS } from './check-receipt.ts';
import { decideEarn, isCertain, isDecided } from './decide-earn.ts';
import { decideLost, judgeReceipt } from './judge-receipt.ts';
import type { Decision } from './judge-receipt.ts';
import { judgeUntraced } from './judge-untraced.ts';
import type { Asker } from './judge-untraced.ts';
import { answerAgain, failedByHome, isLost, pay, refuse, tellAccepted } from './answer-receipt.ts';
import { BARE, completeAll, NO_PROOF, tellPaid } from './answer-receipt.ts';
import type { Completion, KnownFate, LateAnswer, Paid } from './answer-receipt.ts';
import type { Ledger } from './ledger.ts';
import { namesOf, signAcceptances } from './sign-acceptances.ts';
import type { Proven, ProvenPart, Taken } from './sign-acceptances.ts';
import type { NodeBook } from './node-book.ts';
import type { Proof } from './pack-receipts.ts';
import type { NodeChain } from './node-chain.ts';
import type { NodeEpochs } from './node-epochs.ts';
import { makeLog } from '../log.ts';
import type { LogFacts } from '../log.ts';
import type { Outbox } from './outbox.ts';
import type { Domain } from '../../schema/typed-data.ts';

const log = makeLog('billing');

/** Parts that a node is asked at once to sign for. */
const UNSIGNED_MAX = 32;
/** Parts that are looked up in the book at one alarm. */
const DECIDED_MAX = 64;
/** How soon the book is asked what became of a part: about as long after its end as the end is past, within these. */
const FIRST_ASK_MS = 1000;
const LAST_ASK_MS = 5 * 60_000;
const NOBODY_WENT_ON = 'the part broke off by its home’s doing and nobody went on with it';

export interface NodeReceiptsDoors {
  readonly signer: MessageSigner;
  readonly domain: Domain;
  readonly routerKey: Uint8Array;
  /** The router's addresses: the key that signs now, and those before it. */
  readonly routers: readonly Hex[];
  readonly ledger: Pick<Ledger, 'apply' | 'findFate'>;
  /** The flushes that parts of a job are in, by its caller's object. Rejects when it cannot be asked. */
  readonly findFlushes: (accountId: string, jobId: string) => Promise<readonly number[]>;
  readonly traceWaitMs: number;
}

/** What its object keeps. */
export interface NodeStores {
  readonly nodeId: string | undefined;
  readonly storage: DurableObjectStorage;
  readonly outbox: Outbox;
  readonly book: NodeBook;
  readonly chain: NodeChain;
  readonly epochs: NodeEpochs;
}

export class NodeReceipts {
  readonly #nodeId: string | undefined;
  readonly #storage: DurableObjectStorage;
  readonly #signer: MessageSigner;
  readonly #doors: NodeReceiptsDoors;
  readonly #outbox: Outbox;
  readonly #book: NodeBook;
  readonly #chain: NodeChain;
  readonly #epochs: NodeEpochs;
  /** When the book is asked next about parts that wait; forgotten with the object's memory. */
  readonly #askAt = new Map<Hex, number>();

  constructor({ nodeId, storage, outbox, book, chain, epochs }: NodeStores, doors: NodeReceiptsDoors) {
    this.#nodeId = nodeId;
    this.#storage = storage;
    this.#signer = doors.signer;
    this.#doors = doors;
    this.#outbox = outbox;
    this.#book = book;
    this.#chain = chain;
    this.#epochs = epochs;
  }

  /** One part as `acceptAll` takes it. Throws where it cannot be taken. */
  accept(settlement: SettlementJson): SettlementJson {
    const [accepted] = completeAll([settlement], this.#acceptBatch([settlement]));
    if (!accepted) throw new Error('the settlement was not taken');
    return accepted;
  }

  /**
   * What completes settlements (`completeAll`): each with a proven receipt gets the signed acceptance and what the home earns by it; without one (none came, or it
   * proved nothing) no receipt, no acceptance and earn 0 until the node offers it. So it is too where only the caller's account can tell what
   * is paid for it: the receipt is kept, and accepted when the book knows. One seal covers the acceptances of a batch, one row keeps them.
   * Idempotent by ticket, and so by batch: a second delivery gets the first answers. Null for one that cannot be taken, which must not hold up the others.
   */
  acceptAll({ settlements }: Pick<SettlementBatch, 'settlements'>): (Completion | null)[] {
    const answers: (Completion | null)[] = [];
    for (let at = 0; at < settlements.length; at += MAX_LEAVES)
      answers.push(...this.#acceptBatch(settlements.slice(at, at + MAX_LEAVES)));
    return answers;
  }

  #acceptBatch(settlements: readonly SettlementJson[]): (Completion | null)[] {
    const taken: Taken[] = [];
    const looked = settlements.map((settlement) => {
      try {
        const found = this.#look(settlement, taken);
        if ('proven' in found) taken.push(found);
        return found;
      } catch (error) {
        const { nodeId, jobId, part } = settlement;
        log.error('settlement-not-taken', { nodeId, jobId, part, error });
        return null;
      }
    });
    const paid = this.#take(taken, null);
    return looked.map((found) => {
      if (!found || !('proven' in found)) return found;
      const one = paid[taken.indexOf(found)];
      return one ? tellPaid(one) : null;
    });
  }

  /** What is known of a part, or that its receipt is to be accepted. `before`: those that are accepted with it, ahead of it. */
  #look(settlement: SettlementJson, before: readonly Taken[]): Completion | Taken {
    const ticket = fromMessageJson(JOB_TICKET, settlement.ticket);
    const ticketHash = this.#signer.hash(JOB_TICKET, ticket);
    const known = this.#book.findAccepted(ticketHash, ticket);
    if (known) return { ...known.proof, earn: known.isLate ? 0 : known.earn };
    if (this.#book.findOpen(ticketHash)) return BARE;
    // The same part twice in a batch.
    if (before.some(({ proven }) => proven.ticketHash === ticketHash))
      throw new Error('a ticket stands twice in a batch');
    const now = Date.now();
    const { receipt, receiptSignature: signature, receiptSeal } = settlement;
    const proven =
      receipt && signature
        ? this.#prove(ticket, {
            ticketHash,
            receipt: fromMessageJson(USAGE_RECEIPT, receipt),
            receiptJson: receipt,
            signature: signature as Hex,
            sealed: receiptSeal ? fromSealedJson(receiptSeal) : null,
          })
        : null;
    if (receipt && !proven) this.#countRefused(ticket, 'not-proven');
    if (proven && isCertain(settlement))
      return this.#judge({ ...proven, ticket, ...namesOf(settlement) }, settlement, before);
    this.#book.sweep(now);
    const kept = proven ? settlement : { ...settlement, ...NO_PROOF };
    this.#book.keepOpen(ticketHash, kept, Math.max(settlement.endedAt, Number(ticket.expiresAtMs)) + LATE_MS);
    if (proven) this.#outbox.ringBy(now + FIRST_ASK_MS);
    return BARE;
  }

  /**
   * A receipt whose acceptance never reached its node, after its part was settled without it. What the hub settled decides, or what its
   * hub had written down where a crash lost the counts; the fees pay, no caller is charged. Null while no settlement is known (its hub keeps
   * every part it has opened and will still settle it, and a node's word alone is never paid), and while its job is not known to have
   * ended: the receipt is kept then, and the node offers it again to hear what became of it. `hub`: the one that asks, and has no trace of the part.
   */
  async acceptLate(late: LateReceipt, hub?: string): Promise<LateAnswer | null> {
    const now = Date.now();
    const { ticket, receipt, signature, receiptSeal: sealed = null } = late;
    const ticketHash = this.#signer.hash(JOB_TICKET, ticket);
    const known = this.#book.findAccepted(ticketHash, ticket);
    if (known) {
      this.#noteSecond(known.proof, ticketHash, late);
      return answerAgain(this.#signer, known.proof, receipt);
    }
    const open = this.#book.findOpen(ticketHash);
    const fault = checkTicket(this.#signer, late, { isKnown: open !== null, routers: this.#doors.routers, now });
    if (fault) return refuse(fault);
    if (!open) return this.#answerUntraced(late, { hub, now, traceWaitMs: this.#doors.traceWaitMs });
    const proven = this.#prove(ticket, { ticketHash, receipt, receiptJson: toMessageJson(receipt), signature, sealed });
    if (!proven) {
      this.#countRefused(ticket, 'not-proven');
      return refuse('the receipt does not fit its ticket or was not signed by its node');
    }
    if (open.responseHash && open.responseHash !== receipt.responseHash) {
      this.#countRefused(ticket, 'other-bytes');
      return refuse('the receipt is for other bytes than were relayed');
    }
    if (isCertain(open)) return this.#takeLate({ ...proven, ticket, ...namesOf(open) }, open, { open, now });
    const fate = await this.#findFate(open);
    // Another offer of it may have been taken while the book was asked.
    const meanwhile = this.#book.findAccepted(ticketHash, ticket);
    if (meanwhile) return answerAgain(this.#signer, meanwhile.proof, receipt);
    if (fate) return this.#decide(open, { ...proven, ticket, ...namesOf(open) }, fate);
    if (!open.receipt) this.#book.keepReceipt(ticketHash, { receipt: proven.receiptJson, signature, sealed });
    this.#chain.save(new Set());
    this.#outbox.ringBy(now + FIRST_ASK_MS);
    return null;
  }

  /**
   * Parts that delivered something, were settled and have no receipt: a home that was killed may sign for what arrived of it. Those that a
   * receipt can still claim, the newest UNSIGNED_MAX at most; parts whose job is not decided are among them, those that failed by
   * their home are not.
   */
  async unsigned(): Promise<UnsignedPart[]> {
    const open = this.#book.findUnsigned(Date.now(), UNSIGNED_MAX);
    const parts = await Promise.all(
      open.map(async (settlement) => {
        const isOver = settlement.outcome === 'interrupted-by-node' && failedByHome(await this.#findFate(settlement));
        return isOver ? null : describeUnsigned(settlement);
      }),
    );
    return parts.filter((part) => part !== null);
  }

  /** Accepts the receipts that wait for their jobs' ends, as far as the book knows of them. */
  async decideSigned(): Promise<void> {
    const now = Date.now();
    const due = this.#book.findSigned().filter((signed) => this.#dueAt(signed) <= now);
    for (const { ticketHash, endedAt } of due.slice(0, DECIDED_MAX)) {
      this.#askAt.set(ticketHash, now + Math.min(LAST_ASK_MS, Math.max(FIRST_ASK_MS, now - endedAt)));
      const open = this.#book.findOpen(ticketHash);
      const fate = open && (await this.#findFate(open));
      if (!fate || !this.#book.findOpen(ticketHash)?.receipt) continue;
      const proven = this.#readSigned(ticketHash, open);
      if (proven) this.#decide(open, proven, fate);
    }
  }

  /** A receipt that was proven when it was kept. */
  #readSigned(ticketHash: Hex, open: SettlementJson): ProvenPart | null {
    const { receipt: receiptJson, receiptSignature, receiptSeal } = open;
    if (!receiptJson || !receiptSignature) return null;
    const receipt = fromMessageJson(USAGE_RECEIPT, receiptJson);
    const receiptHash = this.#signer.hash(USAGE_RECEIPT, receipt);
    const ticket = fromMessageJson(JOB_TICKET, open.ticket);
    const sealed = receiptSeal ? fromSealedJson(receiptSeal) : null;
    const signature = receiptSignature as Hex;
    return { ticketHash, ticket, ...namesOf(open), receipt, receiptJson, receiptHash, signature, sealed };
  }

  /** What a part earns whose job has ended, and the answer to its node. */
  #decide(open: SettlementJson, proven: ProvenPart, fate: KnownFate): LateAnswer {
    const { ticketHash } = proven;
    this.#askAt.delete(ticketHash);
    if (open.outcome === 'interrupted-by-node' && failedByHome(fate)) {
      this.#book.keepReceipt(ticketHash, null);
      return refuse(NOBODY_WENT_ON);
    }
    const decision = isLost(open) ? decideLost(proven, open.lostAtMost, open.feeBps) : open;
    const { outputTokens, earn: worth } = decision;
    const part = { worth, outputTokens, ownerAccountId: open.ownerAccountId };
    const purse = {
      brought: fate.brought,
      drawn: this.#book.drawn(),
      reserved: this.#book.reserved(ticketHash),
    };
    const earn = decideEarn(part, fate, purse);
    return this.#takeLate(proven, { ...decision, earn }, { open, now: Date.now() });
  }

  #takeLate(
    proven: ProvenPart,
    decision: Decision,
    late: { readonly open: SettlementJson; readonly now: number },
  ): LateAnswer {
    const [paid] = this.#take([this.#judge(proven, decision, [])], late);
    if (!paid) throw new Error('a receipt was taken and not signed');
    return tellAccepted(paid.proof);
  }

  /** As the book has it; null while the job is not known to have ended, and when the book cannot be asked: nothing is decided by that. */
  async #findFate(settlement: SettlementJson): Promise<KnownFate | null> {
    const { accountId, jobId, part, nodeId } = settlement;
    try {
      const flushes = await this.#doors.findFlushes(accountId, jobId);
      const fate = await this.#doors.ledger.findFate({ accountId, jobId, part, nodeId, flushes });
      const { part: booked } = fate;
      return booked && isDecided(settlement, fate, Date.now()) ? { ...fate, part: booked } : null;
    } catch (error) {
      log.warn('book-away', { nodeId: this.#nodeId, jobId, part, error });
      return null;
    }
  }

  #dueAt({ ticketHash, endedAt }: { readonly ticketHash: Hex; readonly endedAt: number }): number {
    return this.#askAt.get(ticketHash) ?? endedAt + FIRST_ASK_MS;
  }

  /** Asks for an alarm when the book is to be asked about the first part that waits. */
  ringForSigned(now: number): void {
    const times = this.#book.findSigned().map((signed) => this.#dueAt(signed));
    if (times.length > 0) this.#outbox.ringBy(Math.max(now, Math.min(...times)));
  }

  #answerUntraced(late: LateReceipt, asker: Asker): LateAnswer | null {
    const reason = judgeUntraced(late, asker);
    if (reason === null) return null;
    log.warn('receipt-untraced', { ...this.#aboutTicket(late.ticket), hub: asker.hub });
    return refuse(reason);
  }

  #prove(ticket: JobTicket, signed: Omit<Proven, 'receiptHash'>): Proven | null {
    const receiptHash = checkReceipt(this.#signer, { ticket, ...signed });
    if (!receiptHash.ok) return null;
    // Whatever becomes of it: its number is used.
    const { receiptJson, signature, sealed } = signed;
    this.#chain.note({ receipt: receiptJson, signature, sealed: sealed && toSealedJson(sealed) });
    if (sealed && this.#book.noteSeal({ seal: sealed.seal, signature }))
      log.warn('receipt-seals-contradict', this.#aboutTicket(ticket));
    const proven = { ...signed, receiptHash: receiptHash.value };
    this.#holdAgainstNumber(ticket, proven);
    return proven;
  }

  /** A number that is used by another receipt: both are kept against the node, as far as the first is still here. */
  #holdAgainstNumber(ticket: JobTicket, { receipt, signature, sealed }: Proven): void {
    const first = this.#book.isSeqUsed(receipt.seq) ? this.#book.findNumber(receipt.seq) : null;
    if (first) this.#noteContradiction(ticket, toSide(first), { receipt, signature, sealed });
  }

  /** Another receipt than the one that was accepted for its ticket, where its node has signed it. */
  #noteSecond(
    first: Proof | null,
    ticketHash: Hex,
    { ticket, receipt, signature, receiptSeal: sealed = null }: LateReceipt,
  ): void {
    if (!first || first.acceptance.receiptHash === this.#signer.hash(USAGE_RECEIPT, receipt)) return;
    if (checkReceipt(this.#signer, { ticket, ticketHash, receipt, signature, sealed }).ok)
      this.#noteContradiction(ticket, toSide(first), { receipt, signature, sealed });
  }

  #noteContradiction(ticket: JobTicket, one: ReceiptSide, other: ReceiptSide): void {
    const { domain } = this.#doors;
    if (this.#book.noteContradiction(one, other, { signer: this.#signer, domain }))
      log.warn('receipts-contradict', this.#aboutTicket(ticket));
  }

  /** What a receipt earns; a second one of its number, also within a batch, nothing. */
  #judge(proven: ProvenPart, decision: Decision, before: readonly Taken[]): Taken {
    const { seq } = proven.receipt;
    const isEquivocation = this.#book.isSeqUsed(seq) || before.some((taken) => taken.proven.receipt.seq === seq);
    return { proven, verdict: judgeReceipt(proven, decision, isEquivocation), isEquivocation };
  }

  /** Signs and writes acceptances; for a part settled before (`late`) the event that pays it stands in the same transaction. */
  #take(taken: readonly Taken[], late: { readonly open: SettlementJson; readonly now: number } | null): Paid[] {
    if (taken.length === 0) {
      this.#chain.save(new Set());
      return [];
    }
    const links = taken.map(({ proven }) => ({ ...proven.receipt, receiptHash: proven.receiptHash }));
    const breaks = this.#book.countBreaks(links);
    const now = Date.now();
    const epoch = this.#epochs.epochAt(now);
    const { proofs, head } = signAcceptances(
      taken,
      { head: this.#book.head, breaks, isLate: late !== null, now, epoch },
      { signer: this.#signer, key: this.#doors.routerKey },
    );
    this.#storage.transactionSync(() => {
      const [paid] = proofs;
      if (late && paid) this.#outbox.add(buildLateEntry(pay(late.open, paid), late.now), 0);
      this.#chain.save(new Set(links.map(({ seq }) => String(seq))));
      this.#epochs.enter(epoch);
      this.#book.accept(proofs, head);
    });
    if (late) this.#outbox.ring(late.now);
    for (const { proven, isEquivocation } of taken) {
      if (!isEquivocation) continue;
      log.warn('receipt-equivocates', this.#aboutTicket(proven.ticket));
      this.#holdAgainstNumber(proven.ticket, proven);
    }
    if (breaks > 0 && taken[0])
      log.warn('receipt-chain-broken', { ...this.#aboutTicket(taken[0].proven.ticket), count: breaks });
    return proofs;
  }

  #countRefused(ticket: JobTicket, reason: string): void {
    this.#book.countRefused();
    log.warn('receipt-refused', { ...this.#aboutTicket(ticket), reason });
  }

  #aboutTicket({ jobId, part }: JobTicket): LogFacts {
    return { nodeId: this.#nodeId, jobId: wordToJobId(jobId), part };
  }
}

function toSide({ receipt, receiptSignature: signature, receiptSeal }: Proof): ReceiptSide {
  const sealed = receiptSeal && fromSealedJson(receiptSeal);
  return { receipt: fromMessageJson(USAGE_RECEIPT, receipt), signature, sealed };
}
