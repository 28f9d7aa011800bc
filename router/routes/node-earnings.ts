// GET /node/v1/earnings: what homes earned and what became of it, by machine, day, model or job, or as all that
// moved it for whoever has to declare it, for their owner's API key or for a home itself.
import { Hono } from 'hono';
import type { Context } from 'hono';
import type { Hex } from '../../schema/bytes.ts';
import type { Relation } from '../../schema/credit.ts';
import { endOfEpoch } from '../../schema/epoch.ts';
import type { KeptReason } from '../../schema/epoch-file.ts';
import { ACCEPTANCE_STATUS } from '../../schema/receipt.ts';
import type { EarningDay } from '../billing/earning-days.ts';
import type { ToldLeaf } from '../billing/epoch-closing.ts';
import type { EarnedPart, NodeEarned } from '../billing/node-earnings.ts';
import { leftOfBonus, spreadEarning, sumEarnings } from '../billing/spread-earnings.ts';
import type { EarningSums } from '../billing/spread-earnings.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services/edge.ts';
import type { AppEnv } from './app-env.ts';
import { findAskedNodes } from './asked-nodes.ts';
import { TOKEN_NOTICE } from './audit-chain.ts';
import { readEpoch } from './audit-epochs.ts';
import { listClaimRows, tellAllClaims } from './chain-earnings.ts';
import { CLAIM_COLUMNS } from './tell-chain-earnings.ts';
import { writeCsv } from './write-csv.ts';

const BY = ['machine', 'day', 'model', 'job', 'claim'] as const;
type By = (typeof BY)[number];
/** Homes of one answer; the rest is asked for with `after`. */
const PAGE = 20;
const USUAL_DAYS = 7;
const MOST_DAYS = 92;
/** Of all that moved: a year, and where nothing else is said. */
const MOST_CLAIM_DAYS = 366;
const DAY_MS = 86_400_000;

const KEPT: Readonly<Record<KeptReason, string>> = {
  'book-has-less':
    'the book has less of this home than its account accepted: what goes beyond the last value that both agreed on is held back',
  'book-has-more':
    'the book has more of this home than its account accepted: what goes beyond the last value that both agreed on is held back',
  'account-fell': 'the account of this home has less than in an earlier epoch: the earlier value stands',
  'account-away': 'the account of this home could not be asked when the epoch was closed: the earlier value stands',
};
const WITHHELD = 'held back by the network';

type Row = Readonly<Record<string, string | number | null>>;

/** A home with what its account and the last epoch say. */
interface Machine {
  readonly nodeId: string;
  readonly earned: NodeEarned;
  readonly told: ToldLeaf | null;
  readonly sums: EarningSums;
  /** Beside a chain: units. */
  readonly bonus: { readonly paid: number; readonly left: number } | null;
}

export const nodeEarnings = new Hono<AppEnv>();

nodeEarnings.get('/node/v1/earnings', async (c) => {
  const services = c.get('services');
  const by = readBy(c);
  const days = readDays(c, by);
  const { nodeIds, next: nextNode } = await findAskedNodes(c, PAGE);
  const machines = await Promise.all(nodeIds.map((nodeId) => findMachine(services, nodeId)));
  const page =
    by === 'job' ? await listJobs(c, machines) : { rows: await listRows(services, machines, { by, days }), next: null };
  const claims = await tellAllClaims(services, machines);
  const rows = by === 'machine' ? machines.map((one) => tellMachine(one, services.epochSeconds)) : page.rows;
  if (c.req.query('format') === 'csv')
    return c.body(writeCsv(COLUMNS[by], rows.map(withDates)), 200, {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="earnings-by-${by}.csv"`,
    });
  return c.json({
    object: 'earnings',
    unit: 'micro-credits (1,000,000 = 1 credit)',
    by,
    days,
    epoch_seconds: services.epochSeconds,
    machines: machines.map((one, i) => ({ ...tellMachine(one, services.epochSeconds), ...claims?.[i] })),
    ...(claims && { notice: TOKEN_NOTICE }),
    data: rows,
    /** Of jobs: `before` of the next page; else `after`. */
    next: by === 'job' ? page.next : nextNode,
  });
});

/** Homes as their owner's page tells them, with what their claims came to; null where there is no chain. */
export async function tellMachines(services: Services, nodeIds: readonly string[]) {
  const machines = await Promise.all(nodeIds.map((nodeId) => findMachine(services, nodeId)));
  const claims = await tellAllClaims(services, machines);
  return machines.map((one, i) => ({
    nodeId: one.nodeId,
    earned: one.earned.total,
    waiting: one.earned.waiting.units,
    sums: one.sums,
    bonus: one.bonus,
    /** Codes: words for them are the page's. */
    heldFor: one.told?.kept ? one.told.kept.reason : one.sums.heldBack > 0 ? ('withheld' as const) : null,
    pendingUntil: endOfEpoch(one.earned.openEpoch, services.epochSeconds),
    claims: claims?.[i] ?? null,
  }));
}

async function findMachine({ nodes, nodeAccount, settler, hasChain }: Services, nodeId: string): Promise<Machine> {
  const [row, earned] = await Promise.all([nodes.find(nodeId), nodeAccount(nodeId).earned()]);
  // After the account, so that no leaf has more than the account is said to have.
  const told = row && (await settler().tell(row.address as Hex, null));
  const { total, spent, withheld } = earned;
  const leafEarned = told?.leaf ? Number(told.leaf.earned) : null;
  const leafWithheld = Number(told?.leaf?.withheld ?? 0);
  const [leafSpent, leafBonus] = [Number(told?.leaf?.spent ?? 0), Number(told?.leaf?.bonus ?? 0)];
  const chain = hasChain ? { leafSpent, leafBonus, claimed: earned.claimed } : null;
  const sums = sumEarnings({
    total,
    spent,
    withheld,
    leafEarned,
    leafWithheld,
    keptTotal: told?.kept?.account ?? null,
    chain,
  });
  const bonus = chain && { paid: leafBonus, left: leftOfBonus(sums, chain) };
  return { nodeId, earned, told, sums, bonus };
}

function tellMachine({ nodeId, earned, told, sums, bonus }: Machine, seconds: number): Row {
  const heldFor = told?.kept ? KEPT[told.kept.reason] : sums.heldBack > 0 ? WITHHELD : null;
  return {
    machine: nodeId,
    receipts: earned.count,
    earned_micro: earned.total,
    ...tellSums(sums),
    ...(bonus && {
      bonus_micro: bonus.paid,
      payable_micro: sums.payable + bonus.left,
      claimed_micro: earned.claimed,
    }),
    held_back_why: heldFor,
    pending_until: endOfEpoch(earned.openEpoch, seconds),
    payable_since: told?.leaf ? endOfEpoch(told.epoch, told.seconds) : null,
    epoch: told?.epoch ?? null,
    /** Receipts whose job’s end is not known yet: they are in no other sum. */
    waiting_receipts: earned.waiting.count,
    waiting_micro: earned.waiting.units,
  };
}

function tellSums({ pending, heldBack, payable, credited, claimed }: EarningSums): Row {
  return {
    pending_micro: pending,
    held_back_micro: heldBack,
    payable_micro: payable,
    credited_micro: credited,
    claimed_micro: claimed,
  };
}

async function listRows(
  services: Services,
  machines: readonly Machine[],
  { by, days }: { readonly by: By; readonly days: number },
): Promise<Row[]> {
  if (by === 'machine' || machines.length === 0) return [];
  if (by === 'claim') return listClaimRows(services, machines, Math.floor(Date.now() / DAY_MS) - days + 1);
  const { listEarningDays, ledger } = services;
  const today = Math.floor(Date.now() / DAY_MS);
  const listed = await listEarningDays(
    machines.map(({ nodeId }) => nodeId),
    today - days + 1,
  );
  const spread = machines.map(async (machine) => {
    const own = listed.filter(({ nodeId }) => nodeId === machine.nodeId);
    return own.length > 0 ? spreadDays(machine, own, await ledger.earnedBy(machine.nodeId)) : [];
  });
  const rows = (await Promise.all(spread)).flat();
  return by === 'day' ? rows.toSorted((a, b) => String(b['day']).localeCompare(String(a['day']))) : addByModel(rows);
}

/** What became of each day, the newest last; `booked`: all that the book has of the home, units. */
function spreadDays({ nodeId, sums }: Machine, days: readonly EarningDay[], booked: number): Row[] {
  let before = Math.max(0, booked - days.reduce((sum, day) => sum + day.earned, 0));
  return days.map((day) => {
    const spread = spreadEarning(sums, before, day.earned);
    before += day.earned;
    return {
      day: new Date(day.day * DAY_MS).toISOString().slice(0, 10),
      machine: nodeId,
      model: day.model,
      jobs: day.jobs,
      prompt_tokens: day.promptTokens,
      output_tokens: day.outputTokens,
      energy_micro_wh: day.energyParts > 0 ? day.energyMicroWh : null,
      earned_micro: day.earned,
      ...tellSums(spread),
    };
  });
}

function addByModel(rows: readonly Row[]): Row[] {
  const sums = new Map<string, Record<string, string | number | null>>();
  for (const { day: _, ...row } of rows) {
    const name = `${row['machine']} ${row['model']}`;
    const sum = sums.get(name);
    if (!sum) sums.set(name, { ...row });
    else
      for (const [column, value] of Object.entries(row))
        if (typeof value === 'number') sum[column] = Number(sum[column] ?? 0) + value;
  }
  return [...sums.values()];
}

/** Parts that were accepted in the last week. Throws ApiError 400 where several homes are asked about. */
async function listJobs(
  c: Context<AppEnv>,
  machines: readonly Machine[],
): Promise<{ rows: Row[]; next: string | null }> {
  const { nodeAccount, epochSeconds } = c.get('services');
  const [machine, other] = machines;
  if (other) throw new ApiError('invalid_value', "By job one home is told of: 'node' is its id.", { param: 'node' });
  if (!machine) return { rows: [], next: null };
  const before = c.req.query('before');
  const { parts, next } = await nodeAccount(machine.nodeId).listEarned(
    before === undefined ? null : readEpoch(before, 'before'),
  );
  return {
    rows: parts.map((part) => tellPart(machine, part, epochSeconds)),
    next: next === null ? null : String(next),
  };
}

function tellPart({ nodeId, sums }: Machine, part: EarnedPart, seconds: number): Row {
  const { accepted, signed, status, total } = part;
  return {
    job: part.jobId,
    part: part.part,
    machine: nodeId,
    model: part.model,
    accepted_at: part.at,
    epoch: part.epoch,
    /** When it is payable, or was first. */
    payable_at: endOfEpoch(part.epoch, seconds),
    acceptance: part.count,
    receipt: Number(part.seq),
    receipt_hash: part.receiptHash,
    signed_prompt_tokens: signed.promptTokens,
    signed_output_tokens: signed.outputTokens,
    signed_micro: Number(signed.amount),
    prompt_tokens: accepted.promptTokens,
    output_tokens: accepted.outputTokens,
    earned_micro: accepted.amount,
    ...tellSums(spreadEarning(sums, total - accepted.amount, accepted.amount)),
    related: part.related,
    status: nameStatus(status),
    why: explain(part),
  };
}

function nameStatus(status: number): string {
  return Object.entries(ACCEPTANCE_STATUS).find(([, value]) => value === status)?.[0] ?? String(status);
}

const ONLY_BOUGHT = 'such a job pays its home only what bought credit paid';
const RELATED: Readonly<Record<Relation, string>> = {
  account: `the caller’s account owns this home: ${ONLY_BOUGHT}`,
  wallet: `a home of the caller’s is paid to the same wallet: ${ONLY_BOUGHT}`,
  pool: `the caller and this home or its owner are in one pool: ${ONLY_BOUGHT}`,
  address: `the call came from this home’s own network: ${ONLY_BOUGHT}`,
};

/** Why a receipt came to less than it signed for; null where it did not. */
function explain({ status, signed, accepted, isLate, related }: EarnedPart): string | null {
  if (related) return RELATED[related];
  if (status === ACCEPTANCE_STATUS.unpaid)
    return 'nothing is paid for it: its number was used before, or nothing of it reached a caller who pays';
  if (accepted.outputTokens < signed.outputTokens || accepted.promptTokens < signed.promptTokens)
    return 'the router relayed fewer tokens than the home signed for';
  return isLate ? 'the receipt came after its part was settled' : null;
}

const SUMS = ['earned_micro', 'pending_micro', 'held_back_micro', 'payable_micro', 'credited_micro', 'claimed_micro'];
const COUNTS = ['jobs', 'prompt_tokens', 'output_tokens', 'energy_micro_wh'];
const COLUMNS: Readonly<Record<By, readonly string[]>> = {
  machine: [
    'machine',
    'receipts',
    ...SUMS,
    'held_back_why',
    'pending_until',
    'payable_since',
    'epoch',
    'waiting_receipts',
    'waiting_micro',
  ],
  claim: CLAIM_COLUMNS,
  day: ['day', 'machine', 'model', ...COUNTS, ...SUMS],
  model: ['machine', 'model', ...COUNTS, ...SUMS],
  job: [
    'job',
    'part',
    'machine',
    'model',
    'accepted_at',
    'epoch',
    'payable_at',
    'acceptance',
    'receipt',
    'receipt_hash',
    'signed_prompt_tokens',
    'signed_output_tokens',
    'signed_micro',
    'prompt_tokens',
    'output_tokens',
    ...SUMS,
    'related',
    'status',
    'why',
  ],
};
const DATES = new Set(['accepted_at', 'payable_at', 'pending_until', 'payable_since']);

/** Times as spreadsheets read them. */
function withDates(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      DATES.has(name) && typeof value === 'number' ? new Date(value).toISOString() : value,
    ]),
  );
}

function readBy(c: Context<AppEnv>): By {
  const text = c.req.query('by') ?? 'day';
  const by = BY.find((one) => one === text);
  if (!by) throw new ApiError('invalid_value', `'by' must be one of ${BY.join(', ')}.`, { param: 'by' });
  const format = c.req.query('format') ?? 'json';
  if (format !== 'json' && format !== 'csv')
    throw new ApiError('invalid_value', "'format' must be json or csv.", { param: 'format' });
  return by;
}

function readDays(c: Context<AppEnv>, by: By): number {
  const [usual, most] = by === 'claim' ? [MOST_CLAIM_DAYS, MOST_CLAIM_DAYS] : [USUAL_DAYS, MOST_DAYS];
  const text = c.req.query('days') ?? String(usual);
  const days = /^[1-9][0-9]{0,2}$/.test(text) ? Number(text) : 0;
  if (days < 1 || days > most)
    throw new ApiError('invalid_value', `'days' must be a whole number from 1 to ${most}.`, { param: 'days' });
  return days;
}
