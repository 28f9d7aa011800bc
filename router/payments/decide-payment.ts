// The life of one x402 payment: what its object does next, and what it makes of what it hears. Pure. What is about to be sent is written down before it
// is sent; where that was not followed by an answer the chain is asked, and only what it has not is sent again, with the same amount.
import type { Hex } from '../../schema/bytes.ts';
import type { Requirements } from '../../schema/x402.ts';
import type { OnChain } from './chain.ts';
import type { Settled } from './facilitator.ts';
import type { Scheme } from './make-terms.ts';

export type Phase = 'running' | 'sending' | 'settled' | 'lost';

export interface PaymentState {
  /** The one-time account that it pays for. */
  readonly id: string;
  readonly scheme: Scheme;
  readonly network: string;
  readonly payer: Hex;
  readonly nonce: Hex;
  /** Units at most. */
  readonly authorised: number;
  readonly deadlineMs: number;
  /** As it was signed and sent. */
  readonly sent: object;
  /** What it was verified against; settled is the charge. */
  readonly requirements: Requirements;
  readonly jobs: readonly string[];
  /** Of the body that it came with: who sends both again is who paid. */
  readonly bodyHash: string;
  readonly beganAt: number;
  /** When the answer ended, as its edge said; null where it runs, or its edge is gone. */
  readonly endedAt: number | null;
  /** Whether something of it may be booked yet. */
  readonly isPatient: boolean;
  readonly phase: Phase;
  /** Units that the call came to; null while it runs. It never changes. */
  readonly charge: number | null;
  /** Times that it was sent, or was about to be. */
  readonly tries: number;
  /** When it is looked after next. */
  readonly nextAt: number;
  readonly transaction: string | null;
  readonly reason: string | null;
  /** Since when the chain says that its nonce was used for something else. */
  readonly voidSince: number | null;
  readonly doneAt: number | null;
  /** The phase that the book was told last. */
  readonly told: Phase | null;
}

/** Each step is followed by another look, but for waiting. */
export type PaymentStep =
  | { readonly do: 'wait'; readonly until: number }
  | { readonly do: 'tell' }
  /** Ends the account. `isPatient`: a job that was never booked is waited for. */
  | { readonly do: 'close'; readonly isPatient: boolean }
  | { readonly do: 'send' }
  | { readonly do: 'ask-chain' }
  | { readonly do: 'forget' };

/** A job is booked within moments of its answer, or within so long where its hub was restarted meanwhile. */
const PATIENCE_MS = 120_000;
/** An edge that is gone says nothing of the end: holds tell whether its jobs live, and after this long nobody is waited for. */
const LONGEST_MS = 70 * 60_000;
const FIRST_LOOK_MS = 100;
const LAST_LOOK_MS = 10_000;
const LAST_RETRY_MS = 300_000;
/** Chains tell of what has happened a little later at one place than at another. */
const SURE_MS = 600_000;
/** Its receipts are found by its account for so long; what it came to stands in the book for ever. */
export const KEPT_MS = 62 * 86_400_000;

export interface PaymentTimes {
  /** A running call is looked after so often where nobody says that it has ended, ms. */
  readonly lookMs: number;
  /** What was sent without an answer is looked after again so soon, ms. */
  readonly retryMs: number;
}

/** Where nobody says when an answer has ended. */
export const LOOK_MS = 60_000;

/** `isHeard`: what is `sending` was not sent in this life of the object, so nobody waits for its answer. */
export function decidePayment(state: PaymentState, now: number): PaymentStep {
  if (state.told !== state.phase && state.nextAt <= now) return { do: 'tell' };
  if (state.nextAt > now) return { do: 'wait', until: state.nextAt };
  if (state.phase === 'running') {
    const { beganAt, endedAt, isPatient } = state;
    const isLate = now - beganAt > LONGEST_MS || (endedAt !== null && now - endedAt > PATIENCE_MS);
    return { do: 'close', isPatient: isPatient && !isLate };
  }
  if (state.phase === 'sending') return state.tries === 0 ? { do: 'send' } : { do: 'ask-chain' };
  const keptUntil = Math.max(state.deadlineMs, (state.doneAt ?? 0) + KEPT_MS);
  return now < keptUntil ? { do: 'wait', until: keptUntil } : { do: 'forget' };
}

/** The account said whether it is still open, and else what was charged. */
export function noteClosed(
  state: PaymentState,
  closed: { readonly isOpen: boolean; readonly charged: number },
  { now, times }: { readonly now: number; readonly times: PaymentTimes },
): PaymentState {
  if (closed.isOpen) {
    const sinceMs = now - (state.endedAt ?? now - times.lookMs);
    const waitMs = Math.max(FIRST_LOOK_MS, Math.min(LAST_LOOK_MS, sinceMs));
    return { ...state, nextAt: now + (state.endedAt === null ? times.lookMs : waitMs) };
  }
  const charge = closed.charged;
  // Nothing is sent for nothing: what was allowed ends by itself.
  if (charge === 0) return { ...state, phase: 'settled', charge, doneAt: now, nextAt: now };
  return { ...state, phase: 'sending', charge, nextAt: now };
}

/** To be written before it is sent: what is found so later may have been sent. */
export function noteSending(
  state: PaymentState,
  { now, times }: { readonly now: number; readonly times: PaymentTimes },
): PaymentState {
  return { ...state, tries: state.tries + 1, nextAt: now + times.retryMs };
}

export function noteSettled(
  state: PaymentState,
  settled: Settled,
  { now, times }: { readonly now: number; readonly times: PaymentTimes },
): PaymentState {
  if (settled.kind === 'settled')
    return { ...state, phase: 'settled', transaction: settled.transaction, reason: null, doneAt: now, nextAt: now };
  const reason = settled.kind === 'away' ? 'facilitator_away' : settled.reason;
  return { ...state, reason, nextAt: now + retryMs(state, times) };
}

/** What the chain says goes before what a facilitator said. Gives `isDue` where it has to be sent again. */
export function noteChain(
  state: PaymentState,
  found: OnChain,
  { now, times }: { readonly now: number; readonly times: PaymentTimes },
): { readonly state: PaymentState; readonly isDue: boolean } {
  if (found.kind === 'settled') {
    const { transaction } = found;
    return { state: { ...state, phase: 'settled', transaction, reason: null, doneAt: now, nextAt: now }, isDue: false };
  }
  if (found.kind === 'void') {
    const voidSince = state.voidSince ?? now;
    if (now - voidSince >= SURE_MS) return { state: lose(state, 'nonce_used_otherwise', now), isDue: false };
    return { state: { ...state, voidSince, nextAt: now + retryMs(state, times) }, isDue: false };
  }
  if (now > state.deadlineMs + SURE_MS) return { state: lose(state, state.reason ?? 'never_sent', now), isDue: false };
  if (now > state.deadlineMs) return { state: { ...state, nextAt: state.deadlineMs + SURE_MS + 1 }, isDue: false };
  return { state: { ...state, voidSince: null }, isDue: true };
}

function lose(state: PaymentState, reason: string, now: number): PaymentState {
  return { ...state, phase: 'lost', reason, doneAt: now, nextAt: now };
}

function retryMs({ tries }: PaymentState, times: PaymentTimes): number {
  return Math.min(LAST_RETRY_MS, times.retryMs * 2 ** Math.max(0, Math.min(tries - 1, 10)));
}
