// What a home earned as its router has it, asked with the home's own key: by day, and job by job.
import * as z from 'zod';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import type { SessionKey } from '../receipts/session-key.ts';
import { askSigned } from './signed-question.ts';

/** Pages of jobs that are read, newest first. */
const MOST_PAGES = 40;
/** How long one may be. */
const PAGE_BYTES = 8 * 1024 * 1024;

const text = z.string().max(2000);
const count = z.number().int().min(0);
/** What a Date can be, ms since epoch. */
const time = z.number().min(0).max(8.64e15);
const sums = {
  earned_micro: count,
  pending_micro: count,
  held_back_micro: count,
  payable_micro: count,
  credited_micro: count,
  claimed_micro: count,
};
const wei = z.string().regex(/^\d{1,30}$/, 'must be an amount in its least parts');
const claimSchema = z.object({
  units: count,
  tokens: text,
  tx: text,
  at: time,
  wallet: text,
  gas_wei: wei,
  gas_paid_by: text,
  became: text,
});
/** Of a router that pays on no chain there is none of it. */
const chainSums = {
  bonus_micro: count.optional(),
  claimable_micro: count.optional(),
  gas: z.object({ units: count, wei: wei.nullable(), paid_by: text }).optional(),
  wait_until: text.nullish(),
  claims: z.array(claimSchema).max(100).optional(),
};
const machineSchema = z.object({
  machine: text,
  receipts: count,
  ...sums,
  held_back_why: text.nullable(),
  pending_until: time,
  payable_since: time.nullable(),
  epoch: z.number().nullable(),
  waiting_receipts: count,
  waiting_micro: count,
  ...chainSums,
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
  accepted_at: time,
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

export type Machine = z.output<typeof machineSchema>;
type Day = z.output<typeof daySchema>;
export type EarnedJob = z.output<typeof jobSchema>;

export interface Earnings {
  readonly machine: Machine;
  readonly days: readonly Day[];
  readonly jobs: readonly EarnedJob[];
  /** False where there are more jobs than were read. */
  readonly isWhole: boolean;
}

/** `mostPages`: of jobs. Errors are sentences for the owner. */
export async function askEarnings(
  router: string,
  key: SessionKey,
  { days, mostPages = MOST_PAGES }: { readonly days: number; readonly mostPages?: number },
): Promise<Result<Earnings, string>> {
  const strange = err(`${router} does not answer like an Irori router, or is older than this agent.`);
  const asked = await askSigned(
    { router, key, path: `/node/v1/earnings?by=day&days=${days}`, mostBytes: PAGE_BYTES },
    Date.now(),
  );
  if (!asked.ok) return asked;
  const byDay = daysSchema.safeParse(asked.value);
  const [machine] = byDay.data?.machines ?? [];
  if (!byDay.success || !machine) return strange;
  const jobs: EarnedJob[] = [];
  let next: string | null = '';
  for (let pages = 0; next !== null && pages < mostPages; pages++) {
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
