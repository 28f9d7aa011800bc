// `irori-node earnings`: what this home earned as its router has it, beside what the home signed for and the router signed to it, and every difference.
// Needs no running agent: the home signs the question with its own key.
import { join } from 'node:path';
import * as z from 'zod';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import type { Environment } from '../config/config.ts';
import type { OptionValues } from '../config/parse-flags.ts';
import type { AgentStatus } from '../home/status-file.ts';
import { askSigned } from '../link/signed-question.ts';
import { readJournal } from '../receipts/earned-journal.ts';
import { readMirrored } from '../receipts/epoch-mirror.ts';
import type { SessionKey } from '../receipts/session-key.ts';
import { compareEarnings, compareTotals } from './compare-earnings.ts';
import type { Difference } from './compare-earnings.ts';
import { complain } from './complain.ts';
import { findOwnHome } from './own-home.ts';
import { tellWhen } from '../tell-time.ts';
import { tellLines } from './tell-lines.ts';
import { toIsoTimes } from './to-iso-times.ts';

const USUAL_DAYS = 7;
const MOST_DAYS = 62;
/** Pages of jobs that are read, and how long one may be. */
const MOST_PAGES = 40;
const PAGE_BYTES = 8 * 1024 * 1024;

const text = z.string().max(2000);
const count = z.number().int().min(0);
const sums = {
  earned_micro: count,
  pending_micro: count,
  held_back_micro: count,
  payable_micro: count,
  credited_micro: count,
  claimed_micro: count,
};
const machineSchema = z.object({
  machine: text,
  receipts: count,
  ...sums,
  held_back_why: text.nullable(),
  pending_until: z.number(),
  payable_since: z.number().nullable(),
  epoch: z.number().nullable(),
  waiting_receipts: count,
  waiting_micro: count,
});
const daySchema = z.object({
  day: text,
  model: text,
  jobs: count,
  prompt_tokens: count,
  output_tokens: count,
  ...sums,
});
const jobSchema = z.object({
  job: text.nullable(),
  part: count.nullable(),
  model: text.nullable(),
  accepted_at: z.number(),
  acceptance: count,
  receipt: count,
  signed_micro: count,
  signed_prompt_tokens: count,
  signed_output_tokens: count,
  prompt_tokens: count,
  output_tokens: count,
  ...sums,
  status: text,
  why: text.nullable(),
});
const daysSchema = z.object({ machines: z.array(machineSchema).length(1), data: z.array(daySchema) });
const jobsSchema = z.object({ data: z.array(jobSchema), next: text.nullable() });

type Machine = z.output<typeof machineSchema>;
type Day = z.output<typeof daySchema>;
type Job = z.output<typeof jobSchema>;

interface Earnings {
  readonly machine: Machine;
  readonly days: readonly Day[];
  readonly jobs: readonly Job[];
  /** False where there are more jobs than were read. */
  readonly isWhole: boolean;
}

/** What this home has by itself. */
interface OwnEarnings {
  readonly jobs: number;
  /** Units by the router's signed acceptances of these days. */
  readonly accepted: string;
  readonly refused: number;
  /** Receipts without an answer, and what they claim. */
  readonly waiting: number;
  readonly waitingMicro: string;
}

interface Report {
  readonly router: Earnings;
  readonly own: OwnEarnings;
  readonly differences: readonly Difference[];
  /** What does not hold beside single jobs. */
  readonly warnings: readonly string[];
}

/** Prints both views; exit status 0, 1 when nothing could be learned, 3 where they differ. */
export async function runEarnings(flags: OptionValues, env: Environment): Promise<number> {
  const days = typeof flags.days === 'number' ? flags.days : USUAL_DAYS;
  if (!Number.isInteger(days) || days < 1 || days > MOST_DAYS)
    return complain(`--days must be a whole number from 1 to ${MOST_DAYS}.`, 2);
  const home = await findOwnHome(flags, env);
  if (!home.ok) return complain(home.error.sentence, home.error.exit);
  const { folder, status, key } = home.value;
  const router = await askEarnings(status.router, key, days);
  if (!router.ok) return complain(router.error, 1);
  const report = await compare({ folder, days, status }, router.value);
  const format = flags.json === true ? formatJson : flags.csv === true ? formatCsv : formatText;
  process.stdout.write(format(report, days, Date.now()));
  return report.differences.length + report.warnings.length > 0 ? 3 : 0;
}

async function askEarnings(router: string, key: SessionKey, days: number): Promise<Result<Earnings, string>> {
  const strange = err(`${router} does not answer like an Irori router, or is older than this agent.`);
  const asked = await askSigned(
    { router, key, path: `/node/v1/earnings?by=day&days=${days}`, mostBytes: PAGE_BYTES },
    Date.now(),
  );
  if (!asked.ok) return asked;
  const byDay = daysSchema.safeParse(asked.value);
  const [machine] = byDay.data?.machines ?? [];
  if (!byDay.success || !machine) return strange;
  const jobs: Job[] = [];
  let next: string | null = '';
  for (let pages = 0; next !== null && pages < MOST_PAGES; pages++) {
    const path = `/node/v1/earnings?by=job${next === '' ? '' : `&before=${next}`}`;
    const page = await askSigned({ router, key, path, mostBytes: PAGE_BYTES }, Date.now());
    if (!page.ok) return page;
    const read = jobsSchema.safeParse(page.value);
    if (!read.success) return strange;
    jobs.push(...read.data.data);
    next = read.data.next;
  }
  return ok({ machine, days: byDay.data.data, jobs, isWhole: next === null });
}

async function compare(
  { folder, days, status }: { readonly folder: string; readonly days: number; readonly status: AgentStatus },
  router: Earnings,
): Promise<Report> {
  const entries = readJournal(join(folder, 'earned'), { days, now: Date.now() });
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

function formatJson({ router, own, differences, warnings }: Report, days: number): string {
  const { machine, days: byDay, jobs } = router;
  return `${JSON.stringify(toIsoTimes({ days, router: { ...machine, by_day: byDay, by_job: jobs }, home: own, differences, warnings }))}\n`;
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
function formatCsv({ router, differences }: Report): string {
  const whys = new Map(differences.map((one) => [one.receipt, one.why]));
  const listed = new Set(router.jobs.map(({ receipt }) => String(receipt)));
  const rows = router.jobs.map((job) => [
    ...CSV.map((name) => (name === 'accepted_at' ? new Date(job.accepted_at).toISOString() : job[name])),
    whys.get(String(job.receipt)) ?? '',
  ]);
  const missing = differences
    .filter(({ receipt }) => !listed.has(receipt))
    .map(({ job, part, receipt, signed, why }) => [job, part, '', '', receipt, signed, '', '', '', '', why]);
  return [[...CSV, 'difference'], ...rows, ...missing].map((cells) => `${cells.map(quote).join(',')}\r\n`).join('');
}

/** What a spreadsheet would take for a formula is a text. */
function quote(cell: string | number | null): string {
  const said = typeof cell === 'string' && /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : String(cell ?? '');
  return /[",\r\n]/.test(said) ? `"${said.replaceAll('"', '""')}"` : said;
}

function formatText({ router, own, differences, warnings }: Report, days: number, now: number): string {
  const { machine, days: byDay, jobs, isWhole } = router;
  const lines = [
    machine.machine,
    `earned     ${credits(machine.earned_micro)} credits in all, for ${machine.receipts} receipts`,
    `pending    ${credits(machine.pending_micro)}, payable when the epoch that ends ${tellWhen(machine.pending_until, now)} is closed`,
    `held back  ${credits(machine.held_back_micro)}${machine.held_back_why === null ? '' : `: ${machine.held_back_why}`}`,
    `payable    ${credits(machine.payable_micro)}${machine.payable_since === null ? '' : `, by the epoch that ended ${tellWhen(machine.payable_since, now)}`}`,
    `credited   ${credits(machine.credited_micro)} turned into API credit`,
    `claimed    ${credits(machine.claimed_micro)}`,
    ...(machine.waiting_receipts > 0
      ? [
          `waiting    ${credits(machine.waiting_micro)} at most, for ${machine.waiting_receipts} receipts whose jobs have not ended yet`,
        ]
      : []),
    '',
    `The last ${days} days, as the router has them`,
    ...byDay.map(
      (day) =>
        `  ${day.day}  ${day.model}: ${day.jobs} jobs, ${day.prompt_tokens} prompt and ${day.output_tokens} output tokens, ${credits(day.earned_micro)} credits`,
    ),
    '',
    `As this home signed and was signed for: ${own.jobs} receipts answered, ${credits(own.accepted)} credits, ${own.refused} refused; ${own.waiting} wait for an answer`,
    ...(isWhole ? [] : [`Only the newest ${jobs.length} jobs were compared.`]),
    ...warnings.map((warning) => `WARNING    ${warning}`),
    differences.length === 0 ? 'No differences.' : `${differences.length} DIFFERENCES`,
    ...differences.map(formatDifference),
  ];
  return tellLines(lines);
}

function formatDifference({ job, part, receipt, signed, accepted, told, why }: Difference): string {
  const units = (text: string | null): string => (text === null ? 'nothing' : `${text} units`);
  return `  ${job ?? 'a job'} part ${part ?? '?'}, receipt ${receipt}: signed for ${units(signed)}, accepted ${units(accepted)}, the router tells ${units(told)}: ${why}`;
}

function credits(micro: number | string): string {
  return (Number(micro) / 1e6).toFixed(6);
}
