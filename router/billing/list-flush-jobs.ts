// The jobs of one flush, as their caller's list tells them: of the receipts that stand in it, and of what is kept beside them of why a home was chosen.
// Pure.
import type { Decision } from '../../schema/placement.ts';
import type { SettlementJson } from '../../schema/settlement.ts';
import type { ReadFact } from './pack-facts.ts';

/** Why a job's last home was chosen; `reason` is said only as long as the book has not got it. */
export interface ToldDecision {
  readonly mode: string;
  readonly reason: string | null;
  readonly distance_km: number;
  readonly expected_ttft_ms: number;
  readonly expected_tokens_per_s: number;
  readonly rtt_ms: number;
  readonly hubs_asked: number;
  /** No home kept the promise: the best of what there was. */
  readonly is_forced: boolean;
}

export interface JobLine {
  readonly job: string;
  /** ms since epoch. */
  readonly ended_at: number;
  readonly key: string;
  readonly model: string;
  readonly kind: string | null;
  readonly country: string;
  readonly node: string;
  readonly outcome: string;
  readonly parts: number;
  readonly attempts: number;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly charge_micro: number;
  readonly ttft_ms: number | null;
  readonly duration_ms: number;
  readonly decision: ToldDecision | null;
}

type Decided = NonNullable<ReadFact['decision']> | Decision;

export function tellDecision(decided: Decided): ToldDecision {
  const { mode, km, ttftMs, rttMs, tokensPerS, asks, isForced } = decided;
  return {
    mode,
    reason: 'reason' in decided ? decided.reason : null,
    distance_km: km,
    expected_ttft_ms: ttftMs,
    expected_tokens_per_s: tokensPerS,
    rtt_ms: rttMs,
    hubs_asked: asks,
    is_forced: isForced,
  };
}

/** The newest first; of one key where one is named. */
export function listFlushJobs(
  settlements: readonly SettlementJson[],
  facts: readonly ReadFact[],
  only: string | null,
): JobLine[] {
  const decided = new Map(facts.flatMap(({ jobId, decision }) => (decision ? [[jobId, decision] as const] : [])));
  const byJob = Map.groupBy(
    settlements.filter(({ keyId }) => only === null || keyId === only),
    ({ jobId }) => jobId,
  );
  return [...byJob]
    .map(([job, parts]) => toLine(job, parts, decided.get(job) ?? null))
    .toSorted((a, b) => b.ended_at - a.ended_at || (a.job < b.job ? -1 : 1));
}

function toLine(job: string, parts: readonly SettlementJson[], decided: Decided | null): JobLine {
  const inOrder = parts.toSorted((a, b) => a.part - b.part);
  const last = inOrder.at(-1);
  if (!last) throw new TypeError('a group is never empty');
  const sum = (count: (part: SettlementJson) => number): number => parts.reduce((total, one) => total + count(one), 0);
  return {
    job,
    ended_at: last.endedAt,
    key: last.keyId,
    model: last.model,
    kind: last.kind ?? null,
    country: last.country,
    node: last.nodeId,
    outcome: last.outcome,
    parts: parts.length,
    attempts: last.attempts,
    prompt_tokens: inOrder[0]?.promptTokens ?? 0,
    completion_tokens: sum(({ outputTokens }) => outputTokens),
    charge_micro: sum(({ charge }) => charge),
    // What the caller waited for is the first part's.
    ttft_ms: inOrder.find(({ ttftMs }) => ttftMs !== null)?.ttftMs ?? null,
    duration_ms: sum(({ durationMs }) => durationMs),
    decision: decided && tellDecision(decided),
  };
}
