// The parts of a flush as the book lists them: which they are, and what statistics of a day read of them, in some sixty bytes each. Pure.
import { fromHex, toHex } from '../../schema/bytes.ts';
import type { Outcome, SettlementJson } from '../../schema/settlement.ts';
import { jobOfKey, keyOfJob } from './job-key.ts';
import type { PartFacts } from './summarise-jobs.ts';

/** One part: its job's bytes as hex digits, its number, model, outcome, end, attempts, first token, whether it went on, and its decision. */
export type Fact = readonly [
  job: string,
  part: number,
  model: string,
  outcome: string,
  endedAt: number,
  attempts: number,
  ttftMs: number | null,
  isResumed: 0 | 1,
  mode: string | null,
  ...decided: readonly number[],
];

/** What is kept of why a home was chosen. */
interface KeptDecision {
  readonly mode: string;
  readonly km: number;
  readonly ttftMs: number;
  readonly edgeMs: number;
  readonly asks: number;
  readonly isForced: boolean;
  readonly rttMs: number;
  readonly tokensPerS: number;
}

export type ReadFact = Omit<PartFacts, 'decision'> & {
  readonly endedAt: number;
  readonly decision: KeptDecision | null;
};

/** As it stands in the book: `w` are the words that the lines of `p` name by their place, ends are told by how long before the flush's they were. */
interface Packed {
  readonly w?: readonly (string | null)[];
  readonly p: readonly (readonly (string | number | null)[])[];
  /** Where the receipts stand, block by block: of the parts from one place in `p` to before another, from which byte on, and how many bytes. */
  readonly b?: readonly BlockPlace[];
}

export type BlockPlace = readonly [from: number, to: number, start: number, length: number];
/** Receipts that are packed together: of how many parts, in how many bytes. */
export type Block = readonly [parts: number, bytes: number];

export function toFact(settlement: SettlementJson): Fact {
  const { jobId, part, model, outcome, endedAt, attempts, ttftMs, resumed, decision } = settlement;
  const job = toHex(keyOfJob(jobId)).slice(2);
  const fact = [job, part, model, outcome, endedAt, attempts, ttftMs, resumed === undefined ? 0 : 1] as const;
  if (!decision) return [...fact, null];
  const { mode, km, ttftMs: predictedMs, edgeRttMs, asks, isForced, rttMs, tokensPerS } = decision;
  return [...fact, mode, ...[km, predictedMs, edgeRttMs ?? 0, asks, isForced ? 1 : 0, rttMs, tokensPerS].map(toTenths)];
}

function toTenths(value: number): number {
  return Math.round(value * 10) / 10;
}

interface Beside {
  /** Job and number of parts that are listed without facts. */
  readonly bare?: readonly (readonly [string, number])[];
  /** Of the parts' receipts, in their order. */
  readonly blocks?: readonly Block[];
}

/** JSON text; `at` is when the newest ended. */
export function packFacts(facts: readonly Fact[], at: number, { bare = [], blocks = [] }: Beside = {}): string {
  const words: string[] = [];
  const place = (word: string): number => {
    const known = words.indexOf(word);
    return known >= 0 ? known : words.push(word) - 1;
  };
  const lines = facts.map(([job, part, model, outcome, endedAt, attempts, ttftMs, isResumed, mode, ...decided]) => {
    const line = [job, part, place(model), place(outcome), at - endedAt, attempts, ttftMs, isResumed];
    return mode === null ? line : [...line, place(mode), ...decided];
  });
  return JSON.stringify({ w: words, p: [...lines, ...bare], ...(blocks.length > 0 && { b: placeBlocks(blocks) }) });
}

function placeBlocks(blocks: readonly Block[]): BlockPlace[] {
  let [from, start] = [0, 0];
  return blocks.map(([parts, bytes]) => {
    const place = [from, from + parts, start, bytes] as const;
    [from, start] = [from + parts, start + bytes];
    return place;
  });
}

/** The parts that have facts, and when they ended. */
export function readFacts(text: string, at: number): ReadFact[] {
  const { w: words, p: lines } = JSON.parse(text) as Packed;
  if (!words) return [];
  const word = (place: string | number | null | undefined): string => words[Number(place)] ?? '';
  return lines.flatMap((line) => {
    const [job, , model, outcome, ago, attempts, ttftMs, isResumed, mode, ...decided] = line;
    // A part of which only a receipt came says nothing of its job.
    if (model === undefined) return [];
    const [km = 0, predictedMs = 0, edgeMs = 0, asks = 0, isForced = 0, rttMs = 0, tokensPerS = 0] =
      decided.map(Number);
    const hasDecision = mode !== undefined && mode !== null;
    const timing = { ttftMs: predictedMs, edgeMs, rttMs, tokensPerS };
    return [
      {
        jobId: jobOfKey(fromHex(`0x${String(job)}`)),
        model: word(model),
        outcome: word(outcome) as Outcome,
        endedAt: at - Number(ago),
        attempts: Number(attempts),
        ttftMs: ttftMs === null || ttftMs === undefined ? null : Number(ttftMs),
        isResumed: isResumed === 1,
        decision: hasDecision ? { mode: word(mode), km, ...timing, asks, isForced: isForced === 1 } : null,
      },
    ];
  });
}
