// What parts add to the totals of their days: for the caller by key, model, country and kind, for the owner by home and model. Rows are arrays, as
// they stand in a flush, so that many take little room. Pure.
import type { SettlementJson } from '../../schema/settlement.ts';
import type { LedgerEntry } from './build-entry.ts';
import { countAsked } from './decide-charge.ts';
import { energyOf } from './judge-energy.ts';

/** Counts of either row, in their order; tokens and units are whole numbers, energy is in millionths of a watt-hour. */
type Counts = readonly [
  jobs: number,
  parts: number,
  promptTokens: number,
  outputTokens: number,
  /** Units: what the caller paid, or what the owner earned. */
  units: number,
  energyMicroWh: number,
  /** Parts whose energy is known: of the others nobody knows it, and it is no zero. */
  energyParts: number,
];
/** Of one UTC day, by its number since 1970. */
export type UsageRow = readonly [
  day: number,
  keyId: string,
  model: string,
  country: string,
  kind: string,
  ...counts: Counts,
];
export type EarningRow = readonly [
  day: number,
  nodeId: string,
  ownerAccountId: string,
  model: string,
  ...counts: Counts,
];

/** How much of its job a part stands for. */
export interface JobShare {
  /** 1 for the part that its job is counted with. */
  readonly jobs: 0 | 1;
  /** What the caller asked: once a job, however many of its parts read it. */
  readonly promptTokens: number;
}

const DAY_MS = 86_400_000;
/** Names before the counts. */
const USAGE_NAMES = 5;
const EARNING_NAMES = 4;
/** Hours are kept for so many days: a month, and what is looked back to from its first. */
export const HOURS_KEPT_DAYS = 35;
/** The kind of what was settled before kinds were told. */
export const NO_KIND = 'unknown';

/** The part's own day, by when it ended. */
export function dayOf(at: number): number {
  return Math.floor(at / DAY_MS);
}

/** Each settlement with its share of their one job, which `jobs` says whether to count now. */
export function shareJob(settlements: readonly SettlementJson[], jobs: number): JobShare[] {
  const asked = settlements.map((one) => (one.ticket.chargePrompt ? countAsked(one) : 0));
  const longest = asked.indexOf(Math.max(0, ...asked));
  const last = settlements.findLastIndex(({ isFinal }) => isFinal);
  const counted = last < 0 ? settlements.length - 1 : last;
  return settlements.map((_, i) => ({
    jobs: jobs > 0 && i === counted ? 1 : 0,
    promptTokens: i === longest ? (asked[i] ?? 0) : 0,
  }));
}

/** What one part is of its day, to who called it. */
export function toUsageRow(settlement: SettlementJson, { jobs, promptTokens }: JobShare): UsageRow {
  const { endedAt, keyId, model, country, kind = NO_KIND, outputTokens, charge } = settlement;
  const counts = [jobs, 1, promptTokens, outputTokens, charge, ...readEnergy(settlement)] as const;
  return [dayOf(endedAt), keyId, model, country, kind, ...counts];
}

/** And to who owns its home, which has read the prompt whoever was charged for it. */
export function toEarningRow(settlement: SettlementJson, { jobs }: Pick<JobShare, 'jobs'>): EarningRow {
  const { endedAt, nodeId, ownerAccountId, model, promptTokens, outputTokens, earn } = settlement;
  const counts = [jobs, 1, promptTokens, outputTokens, earn, ...readEnergy(settlement)] as const;
  return [dayOf(endedAt), nodeId, ownerAccountId, model, ...counts];
}

/**
 * What an entry that comes alone adds: a part as any other, but for its job, which nobody can tell from one that was counted; a receipt that came
 * after its part its energy; and what was paid, on the day that it was paid.
 */
export function daysOfEntry(
  entry: Pick<LedgerEntry, 'id' | 'at' | 'postings'>,
  settlement: SettlementJson,
): { readonly usage: UsageRow[]; readonly earnings: EarningRow[] } {
  const owned = entry.postings.filter(({ book }) => book.startsWith('owner:'));
  const earn = owned.reduce((sum, { amount }) => sum + amount, 0);
  const [event] = entry.id.split(':');
  if (event === 'settle') {
    const promptTokens = settlement.ticket.chargePrompt ? countAsked(settlement) : 0;
    const usage = toUsageRow(settlement, { jobs: 0, promptTokens });
    return { usage: [usage], earnings: [toEarningRow({ ...settlement, earn }, { jobs: 0 })] };
  }
  const { endedAt, keyId, model, country, kind = NO_KIND, nodeId, ownerAccountId } = settlement;
  const energy = event === 'late' ? readEnergy(settlement) : ([0, 0] as const);
  const usage: UsageRow = [dayOf(endedAt), keyId, model, country, kind, 0, 0, 0, 0, 0, ...energy];
  return {
    usage: energy[1] > 0 ? [usage] : [],
    earnings: [[dayOf(entry.at), nodeId, ownerAccountId, model, 0, 0, 0, 0, earn, ...energy]],
  };
}

export function addUsage(rows: readonly UsageRow[]): UsageRow[] {
  return addRows(rows, USAGE_NAMES);
}

export function addEarnings(rows: readonly EarningRow[]): EarningRow[] {
  return addRows(rows, EARNING_NAMES);
}

/** Of the same names one row, with the sums. */
function addRows<Row extends readonly (string | number)[]>(rows: readonly Row[], names: number): Row[] {
  const sums = new Map<string, Row>();
  for (const row of rows) {
    const name = JSON.stringify(row.slice(0, names));
    const known = sums.get(name);
    const sum = known?.map((value, i) => (i < names ? value : Number(value) + Number(row[i])));
    sums.set(name, (sum as readonly (string | number)[] | undefined as Row | undefined) ?? row);
  }
  return [...sums.values()];
}

/** What is believed of the receipt's energy, and whether it says anything. One that was not accepted says nothing: it may come again. */
function readEnergy(settlement: SettlementJson): readonly [microWh: number, parts: 0 | 1] {
  const energy = settlement.acceptance && energyOf(settlement);
  return energy ? [energy.microWh, 1] : [0, 0];
}
