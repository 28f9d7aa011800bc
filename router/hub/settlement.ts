// From a part's end to the accounts: decides the counts, keeps the settlement durably, waits a moment for the home's receipt, and delivers both until
// both accounts have taken them.
import type { Hex } from '../../schema/bytes.ts';
import type { LateReceipt, SignedReceipt, Work } from '../../schema/frames-to-hub.ts';
import { checkReceiptOfTicket } from '../../schema/check-bundle.ts';
import { JOB_TICKET, toMessageJson, USAGE_RECEIPT } from '../../schema/receipt.ts';
import type { JobTicket, UsageReceipt } from '../../schema/receipt.ts';
import { toSealedJson } from '../../schema/seal.ts';
import type { Sealed } from '../../schema/seal.ts';
import type { SettlementJson } from '../../schema/settlement.ts';
import { describeUnsigned } from '../../schema/unsigned-part.ts';
import type { UnsignedPart } from '../../schema/unsigned-part.ts';
import { BatchLines } from './batch-lines.ts';
import type { Journal } from './journal.ts';
import type { DuePart } from './journal-rows.ts';
import { decidePart } from '../billing/count-part.ts';
import { countAsked } from '../billing/decide-charge.ts';
import { judgeEnergy } from '../billing/judge-energy.ts';
import { billPart } from '../billing/tally-job.ts';
import type { HubServices, ReceiptAnswer } from './hub-services.ts';
import { makeLog } from '../log.ts';
import { boundLost } from './bound-lost.ts';
import { chooseBatch } from './choose-batch.ts';
import { completeSettlement, withReceipt } from './complete-settlement.ts';
import { closeSettlement } from './make-ticket.ts';
import type { JobOffer } from '../../schema/offer.ts';
import type { PartSummary } from './part-doors.ts';
import type { EndRecord } from '../../schema/records.ts';

const log = makeLog('hub');

/** Between two turns where more are due than are settled in one, ms. */
const BREATH_MS = 5;

export interface SettlementDoors {
  readonly hub: string;
  readonly rows: Journal;
  readonly services: HubServices;
  /** Of batches; never given twice. */
  readonly nextNumber: () => number;
  /** Signs the tickets that wait: no settlement is without its ticket's signature. */
  readonly sealTickets: () => void;
  /** True while a part has not been decided. */
  readonly isLive: (ticketHash: Hex) => boolean;
  /** Tells the node, if it is connected, what became of its receipts. */
  readonly tellNode: (nodeId: string, answers: readonly ReceiptAnswer[]) => void;
  /** Asks the node, if it is connected, to sign for what arrived of parts that came without a receipt. */
  readonly askToSign: (nodeId: string, parts: readonly UnsignedPart[]) => void;
  /** A receipt whose part was delivered without it: it takes the way of late ones. */
  readonly offerLate: (nodeId: string, late: LateReceipt) => void;
  readonly pause: (ms: number) => Promise<void>;
  readonly later: (ms: number, run: () => void) => void;
  /** Deliveries failed: try again later. */
  readonly retryLater: () => void;
  readonly now: () => number;
  /** When this life of the hub began, ms since epoch: parts that an earlier one left open were lost before. */
  readonly startedAt: number;
}

/** A part as the hub opened it. The draft is complete once its ticket is signed. */
export interface OpenedPart {
  readonly ticketHash: Hex;
  readonly ticket: JobTicket;
  readonly offer: JobOffer;
  draft: SettlementJson;
  /** Null until its ticket is under a seal. */
  ticketProof: { readonly signature: Hex; readonly sealed: Sealed } | null;
}

/** A decided part whose home has yet to send its receipt. */
interface Awaited {
  readonly settlement: SettlementJson;
  /** When it is delivered without, ms since epoch. */
  readonly untilAt: number;
}

export class HubSettlement {
  readonly #doors: SettlementDoors;
  readonly #nodes: BatchLines<SettlementJson | null>;
  readonly #callers: BatchLines<boolean>;
  /** In the order in which they ended. */
  readonly #awaited = new Map<Hex, Awaited>();
  /** Receipts that came before their parts were decided. */
  readonly #early = new Map<Hex, SignedReceipt>();
  #isDraining = false;
  #isRung = false;

  constructor(doors: SettlementDoors) {
    this.#doors = doors;
    const { hub, services, nextNumber, now } = doors;
    const { retryMs } = services.timings;
    const shared = { hub, nextNumber, now, retryMs };
    this.#nodes = new BatchLines<SettlementJson | null>({
      ...shared,
      send: (nodeId, batch) => services.acceptSettlements(nodeId, batch),
      isTaken: (answer) => answer !== null,
      onAway: (nodeId, parts, error) => log.warn('account-away', { nodeId, count: parts.length, error }),
    });
    this.#callers = new BatchLines<boolean>({
      ...shared,
      send: (accountId, batch) => services.settleCaller(accountId, batch),
      isTaken: (answer) => answer,
      onAway: (accountId, parts, error) => log.warn('account-away', { accountId, count: parts.length, error }),
    });
    // What an earlier life of this hub decided and did not deliver.
    for (const part of doors.rows.due()) this.#nodes.add(part.settlement.nodeId, part);
  }

  /** Decides a part and returns once the decision is on disk; its receipt is not waited for. A part that owes nothing is told at once. */
  async settle(opened: OpenedPart, summary: PartSummary): Promise<EndRecord> {
    const { rows, services, sealTickets } = this.#doors;
    sealTickets();
    const work = this.#fittingWork(opened, summary);
    const early = this.#early.get(opened.ticketHash) ?? null;
    this.#early.delete(opened.ticketHash);
    const signed = work ? early : null;
    if (summary.outcome === 'failed-before-token') {
      // The caller owes nothing and is not told; the node's account is, so that a receipt for it is answered and not paid.
      const nothing = { promptTokens: 0, outputTokens: 0, difference: null, charge: 0, earn: 0 };
      const owed = completeSettlement(opened.draft, { ...nothing, summary, signed, now: this.#doors.now() });
      this.#keep(opened.ticketHash, { ...owed, isFinal: false }, work !== null && !signed);
      const told = { finish: 'stop', ttftMs: null, receiptHash: null } as const;
      return { ...told, promptTokens: 0, outputTokens: 0, thinkingTokens: 0, bill: billPart(owed) };
    }
    const { thinkingTokens, ...decided } = decidePart({
      offer: opened.offer,
      outcome: summary.outcome,
      frameTokens: summary.frameTokens,
      frameThinkingTokens: summary.frameThinkingTokens,
      lateTokens: summary.lateTokens,
      content: summary.content,
      receipt: work,
      feeBps: opened.draft.feeBps,
    });
    const settlement = closeSettlement(
      completeSettlement(opened.draft, { ...decided, summary, signed, now: this.#doors.now() }),
      opened.offer,
    );
    this.#markDue(opened.ticketHash, settlement);
    const written = rows.commit();
    this.#send(opened.ticketHash, settlement, work !== null && !signed);
    await written;
    return {
      finish: summary.finish,
      promptTokens: countAsked(settlement),
      outputTokens: settlement.outputTokens,
      thinkingTokens,
      bill: billPart(settlement),
      energy: work && judgeEnergy(work, settlement),
      ttftMs: summary.ttftMs,
      receiptHash: signed ? services.signer.hash(USAGE_RECEIPT, signed.receipt) : null,
    };
  }

  /** From now on it is delivered: at once, or with the receipt that is on its way. */
  #keep(ticketHash: Hex, settlement: SettlementJson, isAwaited: boolean): void {
    this.#markDue(ticketHash, settlement);
    this.#send(ticketHash, settlement, isAwaited);
  }

  #markDue(ticketHash: Hex, settlement: SettlementJson): void {
    this.#doors.rows.markDue(ticketHash, settlement);
    // The alarm is what guarantees delivery; draining soon is what makes it quick.
    this.#doors.retryLater();
  }

  #send(ticketHash: Hex, settlement: SettlementJson, isAwaited: boolean): void {
    const { services, now } = this.#doors;
    if (!isAwaited) return this.#deliver(ticketHash, settlement);
    this.#awaited.set(ticketHash, { settlement, untilAt: now() + services.timings.receiptWaitMs });
    this.#ring();
  }

  /** What is being written is not delivered before: an account would pay a home for what its hub forgets in a crash and nobody is charged for. */
  #deliver(ticketHash: Hex, settlement: SettlementJson): void {
    this.#awaited.delete(ticketHash);
    void this.#doors.rows.committed().then(() => {
      this.#nodes.add(settlement.nodeId, { ticketHash, settlement });
      return this.drain();
    });
  }

  /** Delivers without a receipt what has waited long enough for it. */
  #ring(): void {
    if (this.#isRung) return;
    this.#isRung = true;
    const { later, now, services } = this.#doors;
    later(services.timings.receiptWaitMs, () => {
      this.#isRung = false;
      const due = [...this.#awaited].filter(([, { untilAt }]) => untilAt <= now());
      for (const [ticketHash, { settlement }] of due) this.#deliver(ticketHash, settlement);
      if (this.#awaited.size > 0) this.#ring();
    });
  }

  /** A receipt that its home has sealed: its part is delivered with it, where that has not happened yet. */
  takeReceipt({ ticketHash, ticket, draft, ticketProof }: OpenedPart, signed: SignedReceipt): void {
    const awaited = this.#awaited.get(ticketHash);
    if (awaited) {
      const settlement = withReceipt(awaited.settlement, signed);
      this.#doors.rows.complete(ticketHash, settlement);
      return this.#deliver(ticketHash, settlement);
    }
    if (this.#doors.isLive(ticketHash)) return void this.#early.set(ticketHash, signed);
    if (!ticketProof) return;
    const { receipt, signature, sealed: receiptSeal = null } = signed;
    const { signature: ticketSignature, sealed: ticketSeal } = ticketProof;
    this.#doors.offerLate(draft.nodeId, { ticket, ticketSignature, ticketSeal, receipt, signature, receiptSeal });
  }

  /** No receipt comes any more by the way that it was awaited on: the home's connection is gone. */
  leaveBare(ticketHashes: readonly Hex[]): void {
    for (const ticketHash of ticketHashes) {
      this.#early.delete(ticketHash);
      const awaited = this.#awaited.get(ticketHash);
      if (awaited) this.#deliver(ticketHash, awaited.settlement);
    }
  }

  /** What the home says of its work if that is of this ticket and of the bytes that were relayed: then its receipt will be. */
  #fittingWork(opened: OpenedPart, { work, responseHash }: PartSummary): Work | null {
    if (!work) return null;
    const { ticketHash, ticket } = opened;
    const receipt: UsageReceipt = { ...work, ticketHash, node: ticket.node, seq: 0n, prevReceipt: ticketHash };
    const fault =
      checkReceiptOfTicket(this.#doors.services.signer, opened, receipt) ??
      (work.responseHash === responseHash ? null : 'receipt-of-other-bytes');
    if (!fault) return work;
    const { requestId, jobId, part } = opened.offer;
    const { nodeId } = opened.draft;
    log.warn('receipt-unfit', { requestId, jobId, part, nodeId, ticketHash, reason: fault });
    return null;
  }

  /** A receipt offered after a reconnect. Null when nothing can be said yet and the node should keep it. */
  async takeLate(nodeId: string, late: LateReceipt): Promise<void> {
    const { hub, rows, services, tellNode, isLive } = this.#doors;
    const ticketHash = services.signer.hash(JOB_TICKET, late.ticket);
    const row = rows.find(ticketHash);
    if (!row) {
      const answer = await services.acceptLate(nodeId, late, hub).catch((error: unknown) => {
        // The node keeps its receipt and offers it again.
        log.warn('node-account-away', { nodeId, ticketHash, error });
        return null;
      });
      if (!answer) return;
      const acceptance = answer.acceptance && toMessageJson(answer.acceptance);
      const { signature, sealed, reason } = answer;
      return tellNode(nodeId, [{ ticketHash, acceptance, signature, sealed: sealed && toSealedJson(sealed), reason }]);
    }
    if (isLive(ticketHash)) return;
    const isFitting = checkReceiptOfTicket(services.signer, { ticket: late.ticket, ticketHash }, late.receipt) === null;
    // What is due already is on its way as it is: its home offers the receipt again.
    if (isFitting) this.#addReceipt(ticketHash, row, late);
  }

  /** A node came: it is asked to sign for what it delivered and lost. What cannot be asked for now is at its next connection. */
  async askUnsigned(nodeId: string): Promise<void> {
    const parts = await this.#doors.services.findUnsigned(nodeId).catch((error: unknown) => {
      log.warn('node-account-away', { nodeId, error });
      return [];
    });
    if (parts.length > 0) this.#doors.askToSign(nodeId, parts);
  }

  /** Parts that died with an earlier memory of this hub and got no receipt: their holds are released. */
  sweep(): void {
    const { rows, isLive, now } = this.#doors;
    for (const { ticketHash, draft } of rows.expired(now())) {
      if (!isLive(ticketHash as Hex))
        this.#keep(ticketHash as Hex, { ...this.#lose(ticketHash, draft), endedAt: now() }, false);
    }
  }

  /**
   * A part whose hub crashed is settled as the network's fault: the caller pays nothing. A part already decided without a receipt
   * keeps its decision and gains the receipt, while it waits for one.
   */
  #addReceipt(ticketHash: Hex, row: { isDue: boolean; settlement: SettlementJson }, late: LateReceipt): void {
    const { receipt, signature, receiptSeal } = late;
    const signed = { receipt, signature, sealed: receiptSeal ?? null };
    const awaited = this.#awaited.get(ticketHash);
    if (awaited) return this.#deliver(ticketHash, withReceipt(awaited.settlement, signed));
    if (!row.isDue) this.#keep(ticketHash, withReceipt(this.#lose(ticketHash, row.settlement, receipt), signed), false);
  }

  /** What is known of a part that its hub lost: what it can have delivered at most, and of that what its home says. */
  #lose(ticketHash: string, draft: SettlementJson, receipt?: UsageReceipt): SettlementJson {
    const { rows, startedAt } = this.#doors;
    const lostAtMost = boundLost(draft, rows.findProgress(ticketHash), startedAt);
    const lost = { ...draft, outcome: 'failed-by-network', charge: 0, earn: 0, lostAtMost } as const;
    if (!receipt) return lost;
    const outputTokens = Math.min(receipt.outputTokens, lostAtMost.outputTokens);
    const promptTokens = Math.min(receipt.promptTokens, lostAtMost.promptTokens);
    return { ...lost, outputTokens, promptTokens, durationMs: receipt.durationMs };
  }

  /**
   * Tells the callers' accounts which of their jobs have a part here that is open or not yet delivered: their credit stays held. Parts that
   * are younger than the time between two tellings are left out, so that a short job costs no call.
   */
  async renewHolds(): Promise<void> {
    const { rows, services, now } = this.#doors;
    const jobs = rows.jobsByAccount(now() - services.timings.holdRenewMs / 2);
    const calls = [...jobs].map(([accountId, jobIds]) =>
      services
        .renewHolds(accountId, jobIds)
        // The next telling says the same; a hold outlasts two that are lost.
        .catch((error: unknown) => log.warn('account-away', { accountId, count: jobIds.length, error })),
    );
    await Promise.all(calls);
  }

  /** Delivers what is due, a batch to each account at a time; what is not taken is tried again later. */
  async drain(): Promise<void> {
    if (this.#isDraining) return;
    this.#isDraining = true;
    const { services, now, pause, retryLater } = this.#doors;
    try {
      for (;;) {
        const isAny = this.#nodes.isDue(now()) || this.#callers.isDue(now());
        if (!isAny) break;
        const most = chooseBatch(Math.max(this.#nodes.size, this.#callers.size));
        const isMore = (await this.#deliverDue(most)) >= most;
        await pause(isMore ? BREATH_MS : services.timings.deliverEveryMs);
      }
      const count = this.#nodes.size + this.#callers.size;
      if (count === 0) return;
      log.warn('settlements-wait', { count });
      retryLater();
    } finally {
      this.#isDraining = false;
    }
  }

  /** Hands parts to their nodes' accounts, then to their callers', and forgets those that both took; gives how many were handed to anybody. */
  async #deliverDue(most: number): Promise<number> {
    const accepted = await this.#nodes.send(most);
    const done: DuePart[] = [];
    for (const { part, answer } of accepted) {
      if (!answer) continue;
      const settled = { ...part, settlement: answer };
      // What failed before the first token concerns no caller.
      if (answer.outcome === 'failed-before-token') done.push(settled);
      else this.#callers.add(answer.accountId, settled);
    }
    const charged = await this.#callers.send(most);
    done.push(...charged.map(({ part }) => part));
    for (const { ticketHash } of done) this.#doors.rows.forget(ticketHash);
    this.#tellNodes(done);
    return Math.max(accepted.length, charged.length);
  }

  #tellNodes(done: readonly DuePart[]): void {
    const { tellNode, askToSign } = this.#doors;
    for (const [nodeId, group] of groupByNode(done)) {
      // A node that came back before this was delivered has not been asked for it.
      const unsigned = group.flatMap(({ settlement }) => describeUnsigned(settlement) ?? []);
      if (unsigned.length > 0) askToSign(nodeId, unsigned);
      const answers = group.flatMap((part) => (part.settlement.receipt ? [toAnswer(part)] : []));
      if (answers.length > 0) tellNode(nodeId, answers);
    }
  }
}

function groupByNode(parts: readonly DuePart[]): Map<string, DuePart[]> {
  const groups = new Map<string, DuePart[]>();
  for (const part of parts) {
    const { nodeId } = part.settlement;
    const group = groups.get(nodeId);
    if (group) group.push(part);
    else groups.set(nodeId, [part]);
  }
  return groups;
}

function toAnswer({ ticketHash, settlement }: DuePart): ReceiptAnswer {
  const { acceptance, acceptanceSignature, acceptanceSeal } = settlement;
  return {
    ticketHash: ticketHash as Hex,
    acceptance,
    signature: acceptanceSignature as Hex | null,
    sealed: acceptanceSeal ?? null,
    reason: acceptance ? null : 'not accepted',
  };
}
