// Rounds of one scenario on one target as figures: each is worked out per round against the same round's direct call and bare path. Pure.
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
  /** Rounds, and in which of them (from 1) the machine was busy with other things. */
  readonly rounds: number;
  readonly busyRounds: readonly number[];
  readonly cpuMsPerRequest: Figure | null;
  readonly cpuSPerMChunks: Figure | null;
  /** By part: router (edge, hub and accounts share one workerd here), agent, local presence. */
  readonly cpuMsPerRequestOf: Readonly<Record<string, Figure | null>>;
  readonly cpuSPerMChunksOf: Readonly<Record<string, Figure | null>>;
  /** Of the bare path in the same round. */
  readonly cpuPerRequestOfFloor: Figure | null;
  readonly cpuPerChunkOfFloor: Figure | null;
  /** The router's CPU a chunk: of the bare path's router, and of all of the bare path. */
  readonly routerPerChunkOfFloorRouter: Figure | null;
  readonly routerPerChunkOfFloor: Figure | null;
  readonly requestsOfFloor: Figure | null;
  readonly chunksOfFloor: Figure | null;
  readonly gapP99OfFloor: Figure | null;
  readonly requestsOfDirect: Figure | null;
  readonly chunksOfDirect: Figure | null;
  readonly requestsPerS: Figure | null;
  readonly chunksPerS: Figure | null;
  readonly totalP50Ms: Figure | null;
  readonly totalP99Ms: Figure | null;
  readonly ttftP50Ms: Figure | null;
  readonly ttftP99Ms: Figure | null;
  readonly addedTtftP50Ms: Figure | null;
  readonly addedTtftP99Ms: Figure | null;
  /** Beyond the bare path's. */
  readonly ttftP50BeyondFloorMs: Figure | null;
  readonly gapP50Ms: Figure | null;
  readonly gapP99Ms: Figure | null;
  readonly otherCores: Figure | null;
  readonly stolenCores: Figure | null;
}

/** The stand-in for presence is not part of what is deployed: its CPU is told but not added up. */
const NOT_COUNTED = 'local presence';
/** Cores used by others, or stolen, above which a round counts as disturbed. */
export const BUSY_CORES = 0.3;

/** The same rounds of the direct target and of the bare path. */
export interface Bases {
  readonly direct: readonly Slice[];
  readonly floor: readonly Slice[];
}

export function summariseRounds(rounds: readonly Slice[], bases: Bases): Summary {
  const of = (read: (slice: Slice) => number): Figure | null => toFigure(rounds.map(read));
  const ofBase = (base: keyof Bases, read: (slice: Slice) => number): Figure | null =>
    toFigure(rounds.map((slice, i) => divide(read(slice), bases[base][i], read)));
  const beyond = (base: keyof Bases, read: (slice: Slice) => number): Figure | null =>
    toFigure(rounds.map((slice, i) => read(slice) - (bases[base][i] ? read(bases[base][i]) : Number.NaN)));
  const each = (read: (slice: Slice, part: string) => number): Record<string, Figure | null> =>
    Object.fromEntries(Object.keys(rounds[0]?.cpuS ?? {}).map((part) => [part, of((slice) => read(slice, part))]));
  return {
    ...countFaults(rounds),
    rounds: rounds.length,
    busyRounds: rounds.flatMap((slice, i) => (isBusy(slice) ? [i + 1] : [])),
    cpuMsPerRequest: of(cpuMsPerRequest),
    cpuSPerMChunks: of(cpuSPerMChunks),
    cpuMsPerRequestOf: each((slice, part) => ((slice.cpuS[part] ?? Number.NaN) / good(slice)) * 1e3),
    cpuSPerMChunksOf: each((slice, part) => ((slice.cpuS[part] ?? Number.NaN) / slice.tokens) * 1e6),
    cpuPerRequestOfFloor: ofBase('floor', cpuMsPerRequest),
    cpuPerChunkOfFloor: ofBase('floor', cpuSPerMChunks),
    routerPerChunkOfFloorRouter: ofBase('floor', routerSPerMChunks),
    routerPerChunkOfFloor: toFigure(
      rounds.map((slice, i) => divide(routerSPerMChunks(slice), bases.floor[i], cpuSPerMChunks)),
    ),
    requestsOfFloor: ofBase('floor', requestsPerS),
    chunksOfFloor: ofBase('floor', chunksPerS),
    gapP99OfFloor: ofBase('floor', (slice) => quantile(slice.gapsMs, 0.99)),
    requestsOfDirect: ofBase('direct', requestsPerS),
    chunksOfDirect: ofBase('direct', chunksPerS),
    requestsPerS: of(requestsPerS),
    chunksPerS: of(chunksPerS),
    totalP50Ms: of((slice) => quantile(slice.totalsMs, 0.5)),
    totalP99Ms: of((slice) => quantile(slice.totalsMs, 0.99)),
    ttftP50Ms: of(ttftP50Ms),
    ttftP99Ms: of((slice) => quantile(slice.ttftsMs, 0.99)),
    addedTtftP50Ms: beyond('direct', ttftP50Ms),
    addedTtftP99Ms: beyond('direct', (slice) => quantile(slice.ttftsMs, 0.99)),
    ttftP50BeyondFloorMs: beyond('floor', ttftP50Ms),
    gapP50Ms: of((slice) => quantile(slice.gapsMs, 0.5)),
    gapP99Ms: of((slice) => quantile(slice.gapsMs, 0.99)),
    otherCores: of((slice) => slice.otherCores),
    stolenCores: of((slice) => slice.stolenCores),
  };
}

/** Whether others had so much of the machine that the round's times say little. */
export function isBusy(slice: Pick<Slice, 'otherCores' | 'stolenCores'>): boolean {
  return slice.otherCores + slice.stolenCores > BUSY_CORES;
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

function divide(value: number, base: Slice | undefined, read: (slice: Slice) => number): number {
  return base ? value / read(base) : Number.NaN;
}

function countFaults(rounds: readonly Slice[]): Pick<Summary, 'requests' | 'bad' | 'faults'> {
  const faults: Record<string, number> = {};
  for (const slice of rounds)
    for (const [fault, count] of Object.entries(slice.faults)) faults[fault] = (faults[fault] ?? 0) + count;
  return {
    requests: rounds.reduce((sum, slice) => sum + slice.requests, 0),
    bad: Object.values(faults).reduce((sum, count) => sum + count, 0),
    faults,
  };
}

function sumCpu(slice: Slice): number {
  const parts = Object.entries(slice.cpuS).filter(([part]) => part !== NOT_COUNTED);
  return parts.length === 0 ? Number.NaN : parts.reduce((sum, [, cpuS]) => sum + cpuS, 0);
}

function good(slice: Slice): number {
  return slice.requests - Object.values(slice.faults).reduce((sum, count) => sum + count, 0);
}

function cpuMsPerRequest(slice: Slice): number {
  return (sumCpu(slice) / good(slice)) * 1e3;
}

function cpuSPerMChunks(slice: Slice): number {
  return (sumCpu(slice) / slice.tokens) * 1e6;
}

function routerSPerMChunks(slice: Slice): number {
  return ((slice.cpuS['router'] ?? Number.NaN) / slice.tokens) * 1e6;
}

function ttftP50Ms(slice: Slice): number {
  return quantile(slice.ttftsMs, 0.5);
}

function chunksPerS(slice: Slice): number {
  return slice.tokens / slice.seconds;
}

function requestsPerS(slice: Slice): number {
  return good(slice) / slice.seconds;
}
