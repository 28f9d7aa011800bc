// What to do after asking whether a link was approved (RFC 8628). Pure.
import type { Refused } from './router-questions.ts';

export type LinkStep =
  | { readonly kind: 'wait'; readonly waitMs: number }
  /** It will not come any more: a new code is needed. */
  | { readonly kind: 'over'; readonly sentence: string };

/** As the RFC says: 5 s more at each word to slow down, and from then on. */
const SLOWER_MS = 5000;
/** A router that is away is asked again no sooner. */
const AWAY_MS = 3000;

export function decideLink(refused: Refused, intervalMs: number): LinkStep {
  switch (refused.code) {
    case 'authorization_pending':
      return { kind: 'wait', waitMs: intervalMs };
    case 'slow_down':
      return { kind: 'wait', waitMs: intervalMs + SLOWER_MS };
    case 'access_denied':
      return { kind: 'over', sentence: 'The request was denied on the page.' };
    case 'expired_token':
      return { kind: 'over', sentence: EXPIRED };
    default:
      return isPassing(refused.status)
        ? { kind: 'wait', waitMs: Math.max(intervalMs, AWAY_MS) }
        : { kind: 'over', sentence: refused.sentence };
  }
}

export const EXPIRED = 'The code has expired before anybody approved it.';

function isPassing(status: number | null): boolean {
  return status === null || status >= 500 || status === 429 || status === 408;
}
