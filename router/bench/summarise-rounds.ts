// Rounds of one scenario on one target as figures: each is worked out per round against the same round's direct call. Pure.
import { quantile } from '../../schema/quantile.ts';
import type { Slice } from './load.ts';

/** The median of the rounds, and the least and the greatest of them. */
export interface Figure {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Milliseconds, seconds of CPU per million chunks, milliseconds of CPU per request; null where it cannot be known. */
export interface Summary {
  readonly requests: number;
  readonly bad: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly ttftP50Ms: Figure | null;
  readonly ttftP99Ms: Figure | null;
  readonly addedTtftP50Ms: Figure | null;
  readonly addedTtftP99Ms: Figure | null;
  readonly gapP50Ms: Figure | null;
  readonly gapP99Ms: Figure | null;
  readonly chunksPerS: Figure | null;
  readonly requestsPerS: Figure | null;
  readonly chunksOfDirect: Figure | null;
  readonly requestsOfDirect: Figure | null;
  readonly cpuSPerMChunks: Figure | null;
  readonly cpuMsPerRequest: Figure | null;
  /** By part: router (edge, hub and accounts share one workerd here), agent, local presence. */
  readonly cpuSPerMChunksOf: Readonly<Record<string, Figure | null>>;
  readonly cpuMsPerRequestOf: Readonly<Record<string, Figure | null>>;
  readonly otherCores: Figure | null;
}

/** The stand-in for presence is not part of what is deployed: its CPU is told but not added up. */
const NOT_COUNTED = 'local presence';

/** `base` are the same rounds of the direct target. */
export function summariseRounds(rounds: readonly Slice[], base: readonly Slice[]): Summary {
  const of = (read: (slice: Slice, direct: Slice | undefined) => number): Figure | null =>
    toFigure(rounds.map((slice, i) => read(slice, base[i])));
  const faults: Record<string, number> = {};
  for (const slice of rounds)
    for (const [fault, count] of Object.entries(slice.faults)) faults[fault] = (faults[fault] ?? 0) + count;
  const parts = Object.keys(rounds[0]?.cpuS ?? {});
  const each = (read: (slice: Slice, part: string) => number): Record<string, Figure | null> =>
    Object.fromEntries(parts.map((part) => [part, of((slice) => read(slice, part))]));
  return {
    requests: rounds.reduce((sum, slice) => sum + slice.requests, 0),
    bad: Object.values(faults).reduce((sum, count) => sum + count, 0),
    faults,
    ttftP50Ms: of((slice) => quantile(slice.ttftsMs, 0.5)),
    ttftP99Ms: of((slice) => quantile(slice.ttftsMs, 0.99)),
    addedTtftP50Ms: of((slice, direct) => quantile(slice.ttftsMs, 0.5) - quantile(direct?.ttftsMs ?? [], 0.5)),
    addedTtftP99Ms: of((slice, direct) => quantile(slice.ttftsMs, 0.99) - quantile(direct?.ttftsMs ?? [], 0.99)),
    gapP50Ms: of((slice) => quantile(slice.gapsMs, 0.5)),
    gapP99Ms: of((slice) => quantile(slice.gapsMs, 0.99)),
    chunksPerS: of(chunksPerS),
    requestsPerS: of(requestsPerS),
    chunksOfDirect: of((slice, direct) => (direct ? chunksPerS(slice) / chunksPerS(direct) : Number.NaN)),
    requestsOfDirect: of((slice, direct) => (direct ? requestsPerS(slice) / requestsPerS(direct) : Number.NaN)),
    cpuSPerMChunks: of((slice) => (sumCpu(slice) / slice.tokens) * 1e6),
    cpuMsPerRequest: of((slice) => (sumCpu(slice) / good(slice)) * 1e3),
    cpuSPerMChunksOf: each((slice, part) => ((slice.cpuS[part] ?? Number.NaN) / slice.tokens) * 1e6),
    cpuMsPerRequestOf: each((slice, part) => ((slice.cpuS[part] ?? Number.NaN) / good(slice)) * 1e3),
    otherCores: of((slice) => slice.otherCores),
  };
}

function toFigure(values: readonly number[]): Figure | null {
  const known = values.filter((value) => Number.isFinite(value)).toSorted((a, b) => a - b);
  const [min] = known;
  const max = known.at(-1);
  if (min === undefined || max === undefined) return null;
  const low = known[Math.floor((known.length - 1) / 2)] ?? min;
  const high = known[Math.floor(known.length / 2)] ?? max;
  return { median: (low + high) / 2, min, max };
}

function sumCpu(slice: Slice): number {
  const parts = Object.entries(slice.cpuS).filter(([part]) => part !== NOT_COUNTED);
  return parts.length === 0 ? Number.NaN : parts.reduce((sum, [, cpuS]) => sum + cpuS, 0);
}

function good(slice: Slice): number {
  return slice.requests - Object.values(slice.faults).reduce((sum, count) => sum + count, 0);
}

function chunksPerS(slice: Slice): number {
  return slice.tokens / slice.seconds;
}

function requestsPerS(slice: Slice): number {
  return good(slice) / slice.seconds;
}
