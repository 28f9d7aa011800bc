// When the router pays the gas of a home's claim, and what its transaction to the chain does next. Pure. Claims pay the wallet that a leaf names whoever sends
// them, and a second one pays nothing: so what is on its way may be replaced by anything that claims as much, and only gas is at stake.
import type { Hex } from '../../schema/bytes.ts';
import type { Fees } from './sign-transaction.ts';

export interface ClaimAsk {
  readonly node: Hex;
  /** ms since epoch. */
  readonly askedAt: number;
}

/** What the chain has of a home, and what a final root holds of it: units. */
export interface ClaimFact {
  readonly payable: bigint;
  readonly claimed: bigint;
  /** So deep that it does not change any more. */
  readonly claimedDeep: bigint;
  /** Where it is paid; null for nowhere. */
  readonly wallet: Hex | null;
  /** When the router last paid the gas of a claim of it, ms since epoch; null for never. */
  readonly sponsoredAt: number | null;
}

export interface SentClaims extends Fees {
  readonly nonce: number;
  readonly hash: Hex;
  readonly raw: Hex;
  readonly gas: bigint;
  readonly nodes: readonly Hex[];
  /** The newest block when it was written down. */
  readonly block: number;
  /** When it was written down, and when it was sent last, ms since epoch. */
  readonly at: number;
  readonly sentAt: number;
}

export type ClaimVerdict =
  /** All is paid; `isDeep`: for good. */
  | { readonly is: 'paid'; readonly isDeep: boolean }
  | { readonly is: 'no-wallet' }
  | { readonly is: 'due' }
  /** `why`: others may come to share its gas, or it is too little to be sent so soon after the last. */
  | { readonly is: 'waiting'; readonly dueAt: number; readonly why: 'batch' | 'little' };

/** A token, in units: from so much on a claim is worth its gas whenever it is asked for. */
export const WORTH_UNITS = 1_000_000n;
/** Less is claimed for once in so many epochs; the first claim of a home at once. */
const EPOCHS_BETWEEN = 7;
/** Others that ask within this share of an epoch are paid with the same transaction: of a day an hour, and of a home's first claim a minute. */
const [BATCH_SHARE, FIRST_SHARE] = [24, 1440];
/** Homes of one transaction. */
export const MOST_CLAIMS = 10;

export function judgeAsk(ask: ClaimAsk, fact: ClaimFact, seconds: number, clock: number): ClaimVerdict {
  const { payable, claimed, claimedDeep, wallet, sponsoredAt } = fact;
  if (payable <= claimed) return { is: 'paid', isDeep: payable <= claimedDeep };
  if (wallet === null) return { is: 'no-wallet' };
  const share = claimed === 0n && sponsoredAt === null ? FIRST_SHARE : BATCH_SHARE;
  const batchAt = ask.askedAt + Math.ceil((seconds * 1000) / share);
  const isWorth = sponsoredAt === null || payable - claimed >= WORTH_UNITS;
  const worthAt = isWorth ? 0 : sponsoredAt + EPOCHS_BETWEEN * seconds * 1000;
  const dueAt = Math.max(batchAt, worthAt);
  if (dueAt <= clock) return { is: 'due' };
  return { is: 'waiting', dueAt, why: worthAt > batchAt ? 'little' : 'batch' };
}

export interface JudgedAsk extends ClaimAsk {
  readonly verdict: ClaimVerdict;
}

/** Who is claimed for now, the oldest first: all that may be, once one of them is due or they fill a transaction. */
export function chooseClaims(asks: readonly JudgedAsk[]): readonly Hex[] {
  const may = asks.filter(
    ({ verdict }) => verdict.is === 'due' || (verdict.is === 'waiting' && verdict.why === 'batch'),
  );
  const isDue = may.length >= MOST_CLAIMS || may.some(({ verdict }) => verdict.is === 'due');
  const sorted = may.toSorted((a, b) => a.askedAt - b.askedAt);
  return isDue ? sorted.slice(0, MOST_CLAIMS).map(({ node }) => node) : [];
}

/** Of the sponsor's key. */
export interface ClaimNonces {
  readonly now: number;
  readonly pending: number;
}

export type ClaimStep =
  | { readonly do: 'wait' }
  | { readonly do: 'resend'; readonly sent: SentClaims }
  /** `over`: in whose place. */
  | {
      readonly do: 'send';
      readonly nonce: number;
      readonly nodes: readonly Hex[];
      readonly over: SentClaims | null;
    };

const RESEND_MS = 15_000;
const STUCK_BLOCKS = 5;
const STUCK_MS = 120_000;

/** `sent`: the newest that was written down for the lowest nonce that is in no block; null for none. */
export function decideClaims(
  { sent, nonces, block }: { readonly sent: SentClaims | null; readonly nonces: ClaimNonces; readonly block: number },
  nodes: readonly Hex[],
  clock: number,
): ClaimStep {
  // What waits for numbers that nothing on its way has is not on its way: a reorg took one of them, or a node counted what nobody sent.
  if (!sent || sent.nonce > nonces.pending) {
    const nonce = Math.max(nonces.now, nonces.pending);
    return nodes.length > 0 ? { do: 'send', nonce, nodes, over: null } : { do: 'wait' };
  }
  const isStuck = block - sent.block >= STUCK_BLOCKS || Math.abs(clock - sent.at) >= STUCK_MS;
  // What it claims may have been claimed by somebody else: its nonce has to be used all the same.
  if (isStuck) return { do: 'send', nonce: sent.nonce, nodes: nodes.length > 0 ? nodes : sent.nodes, over: sent };
  return Math.abs(clock - sent.sentAt) >= RESEND_MS ? { do: 'resend', sent } : { do: 'wait' };
}
