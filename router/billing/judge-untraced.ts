// A receipt of whose part nothing is known: when that is final, and what its home is told then. Pure.
import type { LateReceipt } from '../../schema/frames-to-hub.ts';
import { chainOfHub } from '../../schema/seal.ts';

const GIVEN_UP =
  'its hub knows nothing of the part: it gave the job up, or lost its memory in the moment after the job began; nobody is charged for it';
const NO_TRACE = 'no hub has told anything of the part; nobody is charged for it';

/** Who asks, and how long a part's own hub may take to tell of it. */
export interface Asker {
  /** The hub at which the receipt was offered, and which has no trace of the part; undefined where that is not known. */
  readonly hub: string | undefined;
  /** ms since epoch. */
  readonly now: number;
  readonly traceWaitMs: number;
}

/**
 * Why a receipt is refused for good while its node's account knows nothing of the part; null while its hub may still tell of it. A hub forgets no
 * part before that account has it, so that the word of the ticket's own hub is final at once; at another one the part is waited for. Nothing is paid on
 * a home's word alone: who can make a hub lose parts, or gives jobs to itself, gains nothing by it. `late` is under the router's own ticket seal.
 */
export function judgeUntraced(late: LateReceipt, { hub, now, traceWaitMs }: Asker): string | null {
  const { ticket, ticketSeal, receipt, receiptSeal } = late;
  if (hub !== undefined && ticketSeal?.seal.node === chainOfHub(hub)) return GIVEN_UP;
  const signedAt = receiptSeal ? Number(receiptSeal.seal.atMs) : Number(ticket.issuedAtMs) + receipt.durationMs;
  return now >= signedAt + traceWaitMs ? NO_TRACE : null;
}
