// When a server that is busy says to come back. Pure.
import type { AnswerHeaders } from './http-answer.ts';

/** Whoever says more says no more than this, ms. */
const MOST_MS = 3_600_000;

/**
 * Ms until the server wants to be asked again; null where it does not say. `retry-after-ms` (OpenAI's and what imitates it) is finer than `retry-after`,
 * which holds seconds or a date. A date counts from the server's own clock where it tells it, else from `now`, ms since epoch.
 */
export function readRetryAfter(headers: AnswerHeaders, now: number): number | null {
  const { 'retry-after-ms': fine, 'retry-after': coarse, date } = headers;
  if (typeof fine === 'string' && NUMBER.test(fine)) return bound(Number(fine));
  if (coarse === undefined) return null;
  if (NUMBER.test(coarse)) return bound(1000 * Number(coarse));
  const at = DATE.test(coarse) ? Date.parse(coarse) : NaN;
  if (Number.isNaN(at)) return null;
  const saidAt = Date.parse(date ?? '');
  return bound(at - (Number.isNaN(saidAt) ? now : saidAt));
}

/** What else may be parsed as a date (`-3`) is none of HTTP's. */
const DATE = /^\s*[A-Z][a-z]{2,8},? /;
const NUMBER = /^\s*\d+(?:\.\d+)?\s*$/;

function bound(ms: number): number {
  return Math.min(MOST_MS, Math.max(0, Math.round(ms)));
}
