// What recent jobs were like: how many, how soon their first token came, and how well that had been predicted. Pure.
import { quantile } from '../../schema/quantile.ts';
import type { Outcome } from '../../schema/settlement.ts';

/** One settled part, as far as statistics look at it. */
export interface PartFacts {
  readonly jobId: string;
  readonly model: string;
  readonly outcome: Outcome;
  readonly attempts: number;
  /** From the grant to the first token by the hub's clock, ms; null where none came. */
  readonly ttftMs: number | null;
  /** True when it went on where another part broke off. */
  readonly isResumed: boolean;
  /** Null for parts that were settled without one. */
  readonly decision: {
    readonly mode: string;
    readonly km: number;
    /** Expected first token at the edge, ms. */
    readonly ttftMs: number;
    /** The part of it between edge and hub, which the hub's clock does not see; 0 where it is not told. */
    readonly edgeMs: number;
  } | null;
}

export interface JobFigures {
  readonly jobs: number;
  readonly parts: number;
  /** First token after the grant, ms; null where no part had one. */
  readonly ttft_ms: { readonly p50: number; readonly p95: number } | null;
  /** The same as it was predicted, over the parts whose first token came. */
  readonly predicted_ttft_ms: { readonly p50: number } | null;
  /** Of |predicted − actual| / actual: the goal is at most 0.2 at the median. */
  readonly prediction_error: { readonly p50: number; readonly p90: number; readonly compared: number } | null;
  readonly distance_km_mean: number | null;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly resumed: number;
  readonly attempts_mean: number | null;
}

export interface JobSummary {
  readonly all: JobFigures;
  readonly models: Readonly<Record<string, JobFigures>>;
  readonly modes: Readonly<Record<string, JobFigures>>;
}

/** Figures of all parts, by model and by mode. Parts without a decision have no mode. */
export function summariseJobs(parts: readonly PartFacts[]): JobSummary {
  const withMode = parts.filter((part) => part.decision !== null);
  return {
    all: describe(parts),
    models: describeGroups(Map.groupBy(parts, (part) => part.model)),
    modes: describeGroups(Map.groupBy(withMode, (part) => part.decision?.mode ?? '')),
  };
}

function describeGroups(groups: ReadonlyMap<string, readonly PartFacts[]>): Record<string, JobFigures> {
  return Object.fromEntries([...groups].map(([name, parts]) => [name, describe(parts)]));
}

function describe(parts: readonly PartFacts[]): JobFigures {
  const actual = parts.flatMap(({ ttftMs }) => (ttftMs === null ? [] : [ttftMs]));
  // A part whose first token never came, or came at once by a clock that stood still, has nothing to be compared with.
  const compared = parts.flatMap(({ ttftMs, decision }) =>
    ttftMs === null || ttftMs <= 0 || !decision
      ? []
      : [{ actual: ttftMs, predicted: decision.ttftMs - decision.edgeMs }],
  );
  const errors = compared.map((one) => Math.abs(one.predicted - one.actual) / one.actual);
  const distances = parts.flatMap(({ decision }) => (decision ? [decision.km] : []));
  return {
    jobs: new Set(parts.map(({ jobId }) => jobId)).size,
    parts: parts.length,
    ttft_ms: actual.length === 0 ? null : { p50: quantile(actual, 0.5), p95: quantile(actual, 0.95) },
    predicted_ttft_ms:
      compared.length === 0
        ? null
        : {
            p50: quantile(
              compared.map(({ predicted }) => predicted),
              0.5,
            ),
          },
    prediction_error:
      errors.length === 0
        ? null
        : { p50: round(quantile(errors, 0.5)), p90: round(quantile(errors, 0.9)), compared: errors.length },
    distance_km_mean: meanOf(distances),
    outcomes: countOutcomes(parts),
    resumed: parts.filter(({ isResumed }) => isResumed).length,
    attempts_mean: meanOf(parts.map(({ attempts }) => attempts)),
  };
}

function countOutcomes(parts: readonly PartFacts[]): Record<string, number> {
  const groups = Map.groupBy(parts, ({ outcome }) => outcome);
  return Object.fromEntries([...groups].map(([outcome, found]) => [outcome, found.length]));
}

function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : round(values.reduce((sum, value) => sum + value, 0) / values.length);
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
