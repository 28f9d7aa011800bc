// What a node's object tells its owner of its earnings: sums as of now, and part by part what was accepted in the last week.
import type { Hex } from '../../schema/bytes.ts';
import type { Relation } from '../../schema/credit.ts';
import type { ListedReceipt } from './accepted-receipts.ts';
import type { NodeBook } from './node-book.ts';
import type { NodeEpochs, NodePurse } from './node-epochs.ts';

/** Units; sums since the node's first job. */
export interface NodeEarned {
  readonly count: number;
  readonly total: number;
  /** Receipts that wait for their jobs' ends, and what they may come to at most. */
  readonly waiting: { readonly count: number; readonly units: number };
  readonly spent: number;
  readonly withheld: number;
  /** Paid by the chain, a newcomer's bonus included, as far as the books were told. */
  readonly claimed: number;
  /** The last epoch that was closed; null for none. */
  readonly closedEpoch: number | null;
  /** The epoch that an acceptance of now counts in. */
  readonly openEpoch: number;
}

/** One accepted part. Amounts in units: what the receipt signed for is the charge, of which the owner's share is accepted. */
export interface EarnedPart {
  readonly at: number;
  /** Null where an earlier version accepted it. */
  readonly jobId: string | null;
  readonly part: number | null;
  readonly model: string | null;
  /** How its caller and the home belong together, where they do. */
  readonly related: Relation | null;
  readonly epoch: number;
  /** Of the acceptance, and of the receipt. */
  readonly count: number;
  readonly seq: string;
  /** Units that all acceptances until then come to, with this one. */
  readonly total: number;
  readonly receiptHash: Hex;
  readonly signed: { readonly promptTokens: number; readonly outputTokens: number; readonly amount: string };
  readonly accepted: { readonly promptTokens: number; readonly outputTokens: number; readonly amount: number };
  /** ACCEPTANCE_STATUS of schema/receipt.ts. */
  readonly status: number;
  readonly isLate: boolean;
}

export interface EarnedPage {
  readonly parts: EarnedPart[];
  /** Null for no more. */
  readonly next: number | null;
}

/** Parts of one page, and those of the batch that fills it. */
const PAGE_PARTS = 500;
const BATCHES_AT_ONCE = 8;

export class NodeEarnings {
  readonly #book: NodeBook;
  readonly #epochs: NodeEpochs;
  readonly #purse: NodePurse;

  constructor(doors: { readonly book: NodeBook; readonly epochs: NodeEpochs; readonly purse: NodePurse }) {
    this.#book = doors.book;
    this.#epochs = doors.epochs;
    this.#purse = doors.purse;
  }

  sum(): NodeEarned {
    const { count, cumulative: total } = this.#book.head;
    return {
      count,
      total,
      waiting: this.#book.measureWaiting(),
      spent: this.#purse.spent(),
      withheld: this.#purse.withheld(),
      claimed: this.#purse.claimed(),
      closedEpoch: this.#epochs.closed,
      openEpoch: this.#epochs.epochAt(Date.now()),
    };
  }

  /** `before`: the `next` of an earlier page; null for the newest. */
  list(before: number | null): EarnedPage {
    const parts: EarnedPart[] = [];
    let next: number | null = before ?? Number.MAX_SAFE_INTEGER;
    while (next !== null && parts.length < PAGE_PARTS) {
      const listed = this.#book.listBefore(next, BATCHES_AT_ONCE);
      parts.push(...listed.receipts.map(toPart));
      next = listed.next;
    }
    return { parts: parts.toSorted((a, b) => b.count - a.count), next };
  }
}

function toPart({ at, about, isLate, receiptHash, seq, earn, proof }: ListedReceipt): EarnedPart {
  const { receipt, acceptance } = proof;
  return {
    at,
    jobId: about?.jobId ?? null,
    part: about?.part ?? null,
    model: about?.model ?? null,
    related: about?.related ?? null,
    epoch: acceptance.epoch,
    count: Number(acceptance.count),
    seq: String(seq),
    total: Number(acceptance.cumulativeAmount),
    receiptHash,
    signed: { promptTokens: receipt.promptTokens, outputTokens: receipt.outputTokens, amount: receipt.amount },
    accepted: { promptTokens: acceptance.promptTokens, outputTokens: acceptance.outputTokens, amount: earn },
    status: acceptance.status,
    isLate,
  };
}
