// What one attack came to, beside the same traffic undisturbed, and whether the goals hold. Pure.
import type { Called } from './call.ts';

/** What was measured beside an attack. */
export interface Measured {
  readonly calls: readonly Called[];
  /** Calls of others that were sent to hostile homes: not counted as honest, since nobody else might answer them. */
  readonly victims: readonly Called[];
  readonly restBytes: number;
  readonly peakBytes: number;
  readonly unbacked: number;
  readonly grown: number;
  /** False where the books did not come to rest. */
  readonly isSound: boolean;
  readonly notes: readonly string[];
}

export interface AttackRow {
  readonly name: string;
  readonly kind: string;
  readonly asked: number;
  readonly answered: number;
  /** The longest wait of an honest caller, ms, and how much longer that is than undisturbed. */
  readonly worstMs: number;
  readonly beyondMs: number;
  /** By how much the router's memory rose, MB. */
  readonly memoryMb: number;
  /** Units that came from nothing: pay that nobody paid for, credit that grew, charges above what was delivered. */
  readonly units: number;
  /** Goals that do not hold: empty where all do. */
  readonly failed: readonly string[];
  /** What got through, for people. */
  readonly notes: readonly string[];
  readonly tookS: number;
}

export const GOALS = { beyondMs: 1000, memoryMb: 100 } as const;

const BYTES_PER_MB = 1_000_000;
const MAX_WHYS = 3;

/** The longest wait of these callers, ms. */
export function findWorst(calls: readonly Called[]): number {
  return Math.round(calls.reduce((worst, { delayMs }) => Math.max(worst, delayMs), 0));
}

/** `undisturbedMs` is the longest wait of the same traffic without an attack. */
export function judgeAttack(
  attack: { readonly name: string; readonly kind: string },
  measured: Measured,
  run: { readonly undisturbedMs: number; readonly tookS: number },
): AttackRow {
  const { calls, victims } = measured;
  const answered = calls.filter(({ isAnswered }) => isAnswered).length;
  const worstMs = findWorst(calls);
  const overcharged = [...calls, ...victims].reduce((sum, { overcharge }) => sum + overcharge, 0);
  const row = {
    ...attack,
    asked: calls.length,
    answered,
    worstMs,
    beyondMs: Math.max(0, worstMs - run.undisturbedMs),
    memoryMb: Math.round((measured.peakBytes - measured.restBytes) / BYTES_PER_MB),
    units: measured.unbacked + measured.grown + overcharged,
  };
  const notes = [...measured.notes, ...tellForged([...calls, ...victims])];
  if (!measured.isSound) notes.push('the books did not come to rest');
  return { ...row, failed: findFailed(row, notes), notes: [...notes, ...tellUnanswered(calls)], tookS: run.tookS };
}

function findFailed(
  row: Pick<AttackRow, 'asked' | 'answered' | 'beyondMs' | 'memoryMb' | 'units'>,
  notes: readonly string[],
): string[] {
  const failed: string[] = [];
  if (row.answered < row.asked || row.asked === 0) failed.push('answered');
  if (row.beyondMs > GOALS.beyondMs) failed.push('delay');
  if (row.memoryMb > GOALS.memoryMb) failed.push('memory');
  if (row.units > 0) failed.push('units');
  if (notes.length > 0) failed.push('got through');
  return failed;
}

function tellForged(calls: readonly Called[]): string[] {
  return [...new Set(calls.flatMap(({ faults }) => faults))].map((fault) => `a caller read ${fault}`);
}

function tellUnanswered(calls: readonly Called[]): string[] {
  const whys = calls.flatMap(({ isAnswered, why }) => (isAnswered || why === null ? [] : [why]));
  return [...new Set(whys)].slice(0, MAX_WHYS).map((why) => `unanswered: ${why}`);
}
