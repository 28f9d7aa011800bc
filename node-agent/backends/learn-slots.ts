// How many answers at once a server gives that does not say it: raised while answers run side by side, lowered when one waited for another. Pure.

import type { Product } from './probe-server.ts';

export interface LearnedSlots {
  readonly limit: number;
  /** Answers in a row that ran beside as many as the limit allows. */
  readonly proofs: number;
  /** Answers in a row that began only when another had ended. */
  readonly waits: number;
  /** No higher limit is tried before this time (ms). */
  readonly restsUntilAt: number;
  /** How often a limit turned out to be too high: each rest is twice as long as the one before. */
  readonly failures: number;
}

/** What the first token of an answer showed. */
export interface FirstToken {
  readonly now: number;
  /** From the request to this token. */
  readonly waitedMs: number;
  /** Answers of which tokens flow now, this one with them. */
  readonly flowing: number;
  /** An answer that ran when this was asked for has ended meanwhile. */
  readonly hasSeenAnEnd: boolean;
  /** What a first token takes when nothing else runs; null where it was never seen. */
  readonly aloneMs: number | null;
}

const MOST = 16;
/** So many proofs raise the limit by one: few answers decide nothing. */
const PROOFS = 3;
/** So many waits in a row lower it: one may be a long prompt. */
const WAITS = 2;
const REST_MS = 600_000;
const REST_MOST_MS = 4 * 3_600_000;
/** A wait is told from a slow start by its length. */
const WAIT_LEAST_MS = 300;

/** What a batching server gives at once where it does not tell how much its cache holds. */
const BATCH = 8;
/** Prompt and answer of a usual job, tokens. */
const USUAL_TOKENS = 4096;

/**
 * vLLM batches as many as come and its cache (`cacheTokens`) holds; others are taken to answer one after another until they show otherwise (Ollama's
 * default is 1).
 */
export function startSlots(product: Product, cacheTokens: number | null = null): LearnedSlots {
  const batch = cacheTokens === null ? BATCH : Math.max(1, Math.min(BATCH, Math.floor(cacheTokens / USUAL_TOKENS)));
  return { limit: product === 'vllm' ? batch : 1, proofs: 0, waits: 0, restsUntilAt: 0, failures: 0 };
}

/** What the first token of an answer teaches. */
export function learnFromFirst(known: LearnedSlots, first: FirstToken): LearnedSlots {
  const { waitedMs, flowing, hasSeenAnEnd, aloneMs, now } = first;
  const isLong = waitedMs > Math.max(WAIT_LEAST_MS, 3 * (aloneMs ?? 0));
  if (hasSeenAnEnd && isLong && flowing < known.limit) {
    const waits = known.waits + 1;
    return waits < WAITS ? { ...known, waits, proofs: 0 } : lower(known, flowing, now);
  }
  if (flowing < known.limit) return known;
  const proofs = known.proofs + 1;
  const isRaised = proofs >= PROOFS && now >= known.restsUntilAt && known.limit < MOST;
  return isRaised ? { ...known, limit: known.limit + 1, proofs: 0, waits: 0 } : { ...known, proofs, waits: 0 };
}

/** The server said that it is busy, while `others` answers ran. */
export function learnFromBusy(known: LearnedSlots, { others, now }: { others: number; now: number }): LearnedSlots {
  return others < known.limit ? lower(known, others, now) : known;
}

function lower(known: LearnedSlots, flowing: number, now: number): LearnedSlots {
  const restMs = Math.min(REST_MOST_MS, REST_MS * 2 ** known.failures);
  const failures = Math.min(10, known.failures + 1);
  return { limit: Math.max(1, flowing), proofs: 0, waits: 0, restsUntilAt: now + restMs, failures };
}
