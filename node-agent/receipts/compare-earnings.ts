// What a router says that a home earned, held against what the home signed for and was signed for by the router: every difference, with what is known of
// why. Pure.
import { tellMany } from '../tell-time.ts';
import type { JournalEntry } from './earned-journal.ts';

/** One accepted part as the router lists it; amounts in units. */
export interface ListedJob {
  readonly job: string | null;
  readonly part: number | null;
  readonly model: string | null;
  readonly accepted_at: number;
  /** Numbers of the acceptance and of the receipt. */
  readonly acceptance: number;
  readonly receipt: number;
  readonly signed_micro: number;
  readonly signed_prompt_tokens: number;
  readonly signed_output_tokens: number;
  readonly prompt_tokens: number;
  readonly output_tokens: number;
  readonly earned_micro: number;
  readonly status: string;
  readonly why: string | null;
}

export interface Difference {
  readonly job: string | null;
  readonly part: number | null;
  /** Of the receipt. */
  readonly receipt: string;
  /** What the home signed for: units of the charge, of which its share is earned; null for a receipt that it does not know. */
  readonly signed: string | null;
  /** What the router's signed acceptance says; null where there is none. */
  readonly accepted: string | null;
  /** What the router tells; null where it does not list it. */
  readonly told: string | null;
  readonly why: string;
}

/** The router's totals of all time. */
export interface ToldTotals {
  readonly receipts: number;
  readonly earned: number;
}

/** `entries`: this router's. Jobs before the oldest that the router lists, or the home has, are compared by nobody. */
export function compareEarnings(
  entries: readonly JournalEntry[],
  jobs: readonly ListedJob[],
  isWhole: boolean,
): Difference[] {
  const told = new Map(jobs.map((job) => [String(job.receipt), job]));
  const own = new Map(entries.map((entry) => [entry.seq, entry]));
  const firstTold = isWhole ? 0 : Math.min(...jobs.map(({ acceptance }) => acceptance));
  const firstOwn = Math.min(...entries.flatMap(({ accepted }) => (accepted ? [accepted.count] : [])));
  const mine = entries.flatMap((entry) => {
    const job = told.get(entry.seq);
    const why = explain(entry, job, firstTold);
    return why === null ? [] : [tell(entry, job, why)];
  });
  const strange = jobs
    .filter(({ receipt, acceptance }) => acceptance >= firstOwn && !own.has(String(receipt)))
    .map((job) =>
      tell(null, job, 'this home has no record of it: its state folder was restored or copied, or the record was lost'),
    );
  return [...mine, ...strange];
}

/** Null where both say the same, and where nobody can compare. */
function explain(
  { signed, accepted, reason }: JournalEntry,
  job: ListedJob | undefined,
  firstTold: number,
): string | null {
  if (!accepted) return `the router refused the receipt for good: ${reason ?? 'it did not say why'}`;
  if (!job) return accepted.count >= firstTold ? 'the router signed for it and does not list it' : null;
  if (String(job.earned_micro) !== accepted.amount) return 'the router tells another amount than it signed for';
  const isLower = accepted.promptTokens < signed.promptTokens || accepted.outputTokens < signed.outputTokens;
  if (job.status === 'unpaid' || isLower) return job.why ?? 'the router accepted less than was signed for';
  return null;
}

function tell(entry: JournalEntry | null, job: ListedJob | undefined, why: string): Difference {
  return {
    job: entry?.job ?? job?.job ?? null,
    part: entry?.part ?? job?.part ?? null,
    receipt: entry?.seq ?? String(job?.receipt ?? ''),
    signed: entry?.signed.amount ?? null,
    accepted: entry?.accepted?.amount ?? null,
    told: job ? String(job.earned_micro) : null,
    why,
  };
}

/** Why the router's totals cannot be, beside its newest acceptance that is known here; null where they can. */
export function compareTotals(
  newest: { readonly count: string; readonly total: string } | null,
  told: ToldTotals,
): string | null {
  if (!newest) return null;
  const [count, total] = [BigInt(newest.count), BigInt(newest.total)];
  const signed = `it has signed for ${tellMany(Number(count), 'receipt')} and ${total} units`;
  if (BigInt(told.receipts) < count || BigInt(told.earned) < total)
    return `the router tells ${tellMany(Number(told.receipts), 'receipt')} and ${told.earned} units, and ${signed}`;
  if (BigInt(told.receipts) === count && BigInt(told.earned) !== total)
    return `the router tells ${told.earned} units for ${tellMany(Number(told.receipts), 'receipt')}, and ${signed}`;
  return null;
}
