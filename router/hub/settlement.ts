// From a part's end to the accounts: decides the counts, keeps the settlement durably, delivers it until both accounts have taken it.
import type { Hex } from '../../schema/bytes.ts';
import type { LateReceipt } from '../../schema/frames-to-hub.ts';
import { checkReceiptOfTicket, JOB_TICKET, toMessageJson, USAGE_RECEIPT } from '../../schema/receipt.ts';
import type { JobTicket, UsageReceipt } from '../../schema/receipt.ts';
import type { SettlementJson } from '../../schema/settlement.ts';
import { describeUnsigned } from '../../schema/unsigned-part.ts';
import type { UnsignedPart } from '../../schema/unsigned-part.ts';
import type { DuePart, PartRows } from './part-rows.ts';
import { decidePart } from '../billing/count-part.ts';
import { countAsked } from '../billing/decide-charge.ts';
import { billPart } from '../billing/tally-job.ts';
import type { HubServices, ReceiptAnswer } from './hub-services.ts';
import { makeLog } from '../log.ts';
import { boundLost } from './bound-lost.ts';
import { closeSettlement } from './make-ticket.ts';
import type { JobOffer } from '../../schema/offer.ts';
import type { PartSummary } from './part.ts';
import type { EndRecord } from '../../schema/records.ts';

const log = makeLog('hub');

/** Parts delivered at once: one call for each account that they concern. */
const BATCH = 64;

export interface SettlementDoors {
  readonly rows: PartRows;
  readonly services: HubServices;
  /** Resolves when everything written so far is on disk. */
  readonly sync: () => Promise<void>;
  /** Tells the node, if it is connected, what became of its receipts. */
  readonly tellNode: (nodeId: string, answers: readonly ReceiptAnswer[]) => void;
  /** Asks the node, if it is connected, to sign for what arrived of parts that came without a receipt. */
  readonly askToSign: (nodeId: string, parts: readonly UnsignedPart[]) => void;
  /** Waits a moment between deliveries, so that parts which end close together share one. */
  readonly gather: () => Promise<void>;
  /** Deliveries failed: try again later. */
  readonly retryLater: () => void;
  readonly now: () => number;
  /** When this life of the hub began, ms since epoch: parts that an earlier one left open were lost before. */
  readonly startedAt: number;
}

/** A part as the hub opened it. */
export interface OpenedPart {
  readonly ticketHash: Hex;
  readonly ticket: JobTicket;
  readonly draft: SettlementJson;
  readonly offer: JobOffer;
}

export class HubSettlement {
  readonly #doors: SettlementDoors;
  #isDraining = false;

  constructor(doors: SettlementDoors) {
    this.#doors = doors;
  }

  /** Decides a part and returns once the decision is on disk. A part that owes nothing is only forgotten. */
  async settle(opened: OpenedPart, summary: PartSummary): Promise<EndRecord> {
    const { rows, services, sync } = this.#doors;
    if (summary.outcome === 'failed-before-token') {
      // The caller owes nothing and is not told; the node's account is, so that a receipt for it is answered and not paid.
      const kept = this.#fittingReceipt(opened, summary);
      const nothing = { promptTokens: 0, outputTokens: 0, difference: null, charge: 0, earn: 0 };
      const owed = complete(opened.draft, { ...nothing, summary, receipt: kept, now: this.#doors.now() });
      rows.markDue(opened.ticketHash, { ...owed, isFinal: false });
      this.#doors.retryLater();
      void this.drain();
      const told = { finish: 'stop', ttftMs: null, receiptHash: null } as const;
      return { ...told, promptTokens: 0, outputTokens: 0, thinkingTokens: 0, bill: billPart(owed) };
    }
    const receipt = this.#fittingReceipt(opened, summary);
    const { thinkingTokens, ...decided } = decidePart({
      offer: opened.offer,
      outcome: summary.outcome,
      frameTokens: summary.frameTokens,
      frameThinkingTokens: summary.frameThinkingTokens,
      lateTokens: summary.lateTokens,
      content: summary.content,
      receipt,
    });
    const settlement = closeSettlement(
      complete(opened.draft, { ...decided, summary, receipt, now: this.#doors.now() }),
      opened.offer,
    );
    rows.markDue(opened.ticketHash, settlement);
    // The alarm is what guarantees delivery; draining at once is what makes it quick.
    this.#doors.retryLater();
    await sync();
    void this.drain();
    return {
      finish: summary.finish,
      promptTokens: countAsked(settlement),
      outputTokens: settlement.outputTokens,
      thinkingTokens,
      bill: billPart(settlement),
      ttftMs: summary.ttftMs,
      receiptHash: receipt ? services.signer.hash(USAGE_RECEIPT, receipt) : null,
    };
  }

  /** The node's receipt if it is of this ticket and of the bytes that were relayed; the signature is checked by the node's account. */
  #fittingReceipt(opened: OpenedPart, summary: PartSummary): UsageReceipt | null {
    const receipt = summary.signed?.receipt;
    if (!receipt) return null;
    const isOfBytes = receipt.responseHash === summary.responseHash;
    const fault =
      checkReceiptOfTicket(this.#doors.services.signer, opened, receipt) ??
      (isOfBytes ? null : 'receipt-of-other-bytes');
    if (!fault) return receipt;
    const { requestId, jobId, part } = opened.offer;
    const { nodeId } = opened.draft;
    log.warn('receipt-unfit', { requestId, jobId, part, nodeId, ticketHash: opened.ticketHash, reason: fault });
    return null;
  }

  /** A receipt offered after a reconnect. Null when nothing can be said yet and the node should keep it. */
  async takeLate(nodeId: string, late: LateReceipt, isLive: (ticketHash: Hex) => boolean): Promise<void> {
    const { rows, services, tellNode } = this.#doors;
    const ticketHash = services.signer.hash(JOB_TICKET, late.ticket);
    const row = rows.find(ticketHash);
    if (!row) {
      const answer = await services.acceptLate(nodeId, late).catch((error: unknown) => {
        // The node keeps its receipt and offers it again.
        log.warn('node-account-away', { nodeId, ticketHash, error });
        return null;
      });
      if (!answer) return;
      const acceptance = answer.acceptance && toMessageJson(answer.acceptance);
      return tellNode(nodeId, [{ ...answer, ticketHash, acceptance }]);
    }
    if (isLive(ticketHash)) return;
    const isFitting = checkReceiptOfTicket(services.signer, { ticket: late.ticket, ticketHash }, late.receipt) === null;
    if (isFitting && row.settlement.receipt === null) this.#addReceipt(ticketHash, row, late);
    await this.drain();
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
  sweep(isLive: (ticketHash: string) => boolean): void {
    const now = this.#doors.now();
    for (const { ticketHash, draft } of this.#doors.rows.expired(now)) {
      if (!isLive(ticketHash)) this.#doors.rows.markDue(ticketHash, { ...this.#lose(ticketHash, draft), endedAt: now });
    }
  }

  /**
   * A part whose hub crashed is settled as the network's fault: the caller pays nothing. A part already decided without a receipt
   * keeps its decision and gains the receipt.
   */
  #addReceipt(ticketHash: Hex, row: { isDue: boolean; settlement: SettlementJson }, late: LateReceipt): void {
    const { receipt, signature: receiptSignature } = late;
    const settlement = row.isDue ? row.settlement : this.#lose(ticketHash, row.settlement, receipt);
    this.#doors.rows.markDue(ticketHash, { ...settlement, receipt: toMessageJson(receipt), receiptSignature });
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

  /** Delivers everything that is due, in batches; stops and asks to be called again when an account cannot be reached. */
  async drain(): Promise<void> {
    if (this.#isDraining) return;
    this.#isDraining = true;
    try {
      for (;;) {
        const due = this.#doors.rows.due(BATCH);
        if (due.length === 0) return;
        if (!(await this.#deliver(due))) {
          log.warn('settlements-wait', { count: due.length });
          return this.#doors.retryLater();
        }
        await this.#doors.gather();
      }
    } finally {
      this.#isDraining = false;
    }
  }

  /** Hands parts to their nodes' accounts, then to their callers', and forgets those that both took; false when one was not taken. */
  async #deliver(due: readonly DuePart[]): Promise<boolean> {
    const { services, rows, tellNode, askToSign } = this.#doors;
    const accepted = await handOver(due, 'nodeId', async (nodeId, group) => {
      const answers = await services.acceptSettlements(nodeId, group.map(toSettlement));
      return group.flatMap((part, i) => (answers[i] ? [{ ...part, settlement: answers[i] }] : []));
    });
    // What failed before the first token concerns no caller.
    const owed = accepted.filter(({ settlement }) => settlement.outcome !== 'failed-before-token');
    const charged = await handOver(owed, 'accountId', async (accountId, group) => {
      const taken = await services.settleCaller(accountId, group.map(toSettlement));
      return group.filter((_, i) => taken[i]);
    });
    const done = [...charged, ...accepted.filter((part) => !owed.includes(part))];
    for (const { ticketHash } of done) rows.forget(ticketHash);
    // A node that came back before this was delivered has not been asked for it.
    const bare = new Set(due.flatMap((part) => (part.settlement.receipt ? [] : [part.ticketHash])));
    for (const [nodeId, group] of groupBy(done, 'nodeId')) {
      const unsigned = group.flatMap((part) => (bare.has(part.ticketHash) ? toUnsigned(part) : []));
      if (unsigned.length > 0) askToSign(nodeId, unsigned);
    }
    for (const [nodeId, group] of groupBy(done, 'nodeId')) {
      const answers = group.flatMap((part) => (part.settlement.receipt ? [toAnswer(part)] : []));
      if (answers.length > 0) tellNode(nodeId, answers);
    }
    return done.length === due.length;
  }
}

/** Calls once for each group; a group whose call fails is left out. */
async function handOver(
  parts: readonly DuePart[],
  by: 'nodeId' | 'accountId',
  call: (key: string, group: readonly DuePart[]) => Promise<DuePart[]>,
): Promise<DuePart[]> {
  const calls = [...groupBy(parts, by)].map(([key, group]) =>
    call(key, group).catch((error: unknown): DuePart[] => {
      log.warn('account-away', { [by]: key, count: group.length, error });
      return [];
    }),
  );
  return (await Promise.all(calls)).flat();
}

function groupBy(parts: readonly DuePart[], by: 'nodeId' | 'accountId'): Map<string, DuePart[]> {
  const groups = new Map<string, DuePart[]>();
  for (const part of parts) {
    const key = part.settlement[by];
    const group = groups.get(key);
    if (group) group.push(part);
    else groups.set(key, [part]);
  }
  return groups;
}

function toSettlement(part: DuePart): SettlementJson {
  return part.settlement;
}

/** None once a receipt has been accepted, as where one came late before this delivery was repeated. */
function toUnsigned({ settlement }: DuePart): UnsignedPart[] {
  const unsigned = describeUnsigned(settlement);
  return unsigned ? [unsigned] : [];
}

function toAnswer({ ticketHash, settlement }: DuePart): ReceiptAnswer {
  const { acceptance, acceptanceSignature } = settlement;
  return {
    ticketHash: ticketHash as Hex,
    acceptance,
    signature: acceptanceSignature as Hex | null,
    reason: acceptance ? null : 'not accepted',
  };
}

interface Completion {
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly difference: SettlementJson['difference'];
  readonly charge: number;
  readonly earn: number;
  readonly resumedTokens?: number;
  readonly summary: PartSummary;
  readonly receipt: UsageReceipt | null;
  readonly now: number;
}

function complete(draft: SettlementJson, { summary, receipt, now, ...decided }: Completion): SettlementJson {
  const isComplete = summary.outcome === 'complete';
  return {
    ...draft,
    ...decided,
    outcome: summary.outcome,
    ttftMs: summary.ttftMs,
    durationMs: summary.durationMs,
    endedAt: now,
    // A part that was cut short may have sent more than arrived here.
    responseHash: isComplete ? summary.responseHash : null,
    ...(!isComplete && !receipt && decided.outputTokens > 0 && { relayedHash: summary.responseHash }),
    receipt: receipt ? toMessageJson(receipt) : null,
    receiptSignature: receipt ? (summary.signed?.signature ?? null) : null,
  };
}
