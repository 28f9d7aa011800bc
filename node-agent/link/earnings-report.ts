// What a router says that a home earned, beside what the home signed for and was signed for, with every difference; and as lines for a spreadsheet.
import { join } from 'node:path';
import { writeCsvCell } from '../../schema/write-csv-cell.ts';
import { compareEarnings, compareTotals } from '../receipts/compare-earnings.ts';
import type { Difference } from '../receipts/compare-earnings.ts';
import { readJournal } from '../receipts/earned-journal.ts';
import { readMirrored } from '../receipts/epoch-mirror.ts';
import type { AgentStatus } from '../home/status-file.ts';
import type { Earnings } from './earnings-question.ts';

/** What this home has by itself. */
interface OwnEarnings {
  readonly jobs: number;
  /** Units that were signed for. */
  readonly signed: string;
  /** Units by the router's signed acceptances of these days. */
  readonly accepted: string;
  readonly refused: number;
  /** Receipts without an answer, and what they claim. */
  readonly waiting: number;
  readonly waitingMicro: string;
}

export interface EarningsReport {
  readonly router: Earnings;
  readonly own: OwnEarnings;
  readonly differences: readonly Difference[];
  /** What does not hold beside single jobs. */
  readonly warnings: readonly string[];
}

type OwnTotals = Pick<AgentStatus, 'acceptedReceipts' | 'earnedMicro' | 'outbox' | 'outboxMicro'>;

/** `status`: what is known of this home without its router. */
export async function reportEarnings(
  { folder, days, status }: { readonly folder: string; readonly days: number; readonly status: OwnTotals },
  router: Earnings,
): Promise<EarningsReport> {
  const entries = readJournal(join(folder, 'earned'), { days, now: Date.now() });
  const signed = entries.reduce((sum, one) => sum + BigInt(one.signed.amount), 0n);
  const accepted = entries.reduce((sum, one) => sum + BigInt(one.accepted?.amount ?? 0), 0n);
  const { machine, jobs, isWhole } = router;
  // Of the days that were asked: the router lists a week.
  const from = Date.now() - days * 86_400_000;
  const listed = jobs.filter(({ accepted_at: at }) => at >= from);
  const isAll = isWhole && listed.length === jobs.length && machine.receipts === jobs.length;
  const newest = { count: status.acceptedReceipts, total: status.earnedMicro };
  const totals = compareTotals(newest, { receipts: machine.receipts, earned: machine.earned_micro });
  const mirrored = await readMirrored(join(folder, 'epochs'), days);
  const epochs = mirrored.flatMap(({ told, differences }) => differences.map((one) => `epoch ${told.epoch}: ${one}`));
  return {
    router: { ...router, jobs: listed },
    own: {
      jobs: entries.length,
      signed: String(signed),
      accepted: String(accepted),
      refused: entries.filter((one) => one.accepted === null).length,
      waiting: status.outbox,
      waitingMicro: status.outboxMicro,
    },
    differences: compareEarnings(entries, listed, isAll),
    warnings: [
      ...(totals === null ? [] : [totals]),
      ...(entries.length === 0 && listed.length > 0 ? ['this home has no record of what it earned in these days'] : []),
      ...epochs,
    ],
  };
}

const CSV = [
  'job',
  'part',
  'model',
  'accepted_at',
  'receipt',
  'signed_micro',
  'earned_micro',
  'pending_micro',
  'held_back_micro',
  'payable_micro',
] as const;

/** A line a job as the router has it, with what differs behind it; then those that it does not list. */
export function formatEarningsCsv({ router, differences }: EarningsReport): string {
  const whys = new Map(differences.map((one) => [one.receipt, one.why]));
  const listed = new Set(router.jobs.map(({ receipt }) => String(receipt)));
  const rows = router.jobs.map((job) => [
    ...CSV.map((name) => (name === 'accepted_at' ? new Date(job.accepted_at).toISOString() : job[name])),
    whys.get(String(job.receipt)) ?? '',
  ]);
  const missing = differences
    .filter(({ receipt }) => !listed.has(receipt))
    .map(({ job, part, receipt, signed, why }) => [job, part, '', '', receipt, signed, '', '', '', '', why]);
  return [[...CSV, 'difference'], ...rows, ...missing]
    .map((cells) => `${cells.map((cell) => writeCsvCell(cell)).join(',')}\r\n`)
    .join('');
}
