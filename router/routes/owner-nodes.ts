// GET /v1/owner/nodes: the homes of one owner as they stand now, and what they did: for the owner's key, or for any home of the account. Sums are of days, never
// of the ledger's rows.
import { Hono } from 'hono';
import type { Context } from 'hono';
import type { StateWord } from '../../schema/state-words.ts';
import type { NodeRow } from '../auth/nodes.ts';
import type { EarningDay, EarningSum } from '../billing/earning-days.ts';
import type { NodeWhy } from '../homes/make-why.ts';
import { mainHindrance } from '../homes/sum-reasons.ts';
import { readPage } from './admin-input.ts';
import type { AppEnv } from './app-env.ts';
import { findHome, requireHome } from './asked-nodes.ts';
import type { Services } from '../services/edge.ts';
import { requireCaller } from './refuse.ts';
import { nameModels } from './served-models.ts';

const DAY_MS = 86_400_000;
const DAYS = 30;
/** Each home is asked for at its hub. */
const MOST = 50;

export const ownerNodes = new Hono<AppEnv>();

ownerNodes.get('/v1/owner/nodes', async (c) => {
  const accountId = await findOwner(c);
  const { after, limit } = readPage(c);
  const page = { after, limit: Math.min(limit, MOST), isByDay: c.req.query('by') === 'day' };
  const { data, next } = await listOwnerNodes(c.get('services'), accountId, page);
  return c.json({ object: 'list', account: accountId, data, next });
});

export type OwnerNode = ReturnType<typeof tellNode> &
  ReturnType<typeof tellLive> & { readonly earned_days_micro?: readonly number[] };

/** Homes of an account as they stand, from after `after`; `isByDay` adds what they earned on each of 30 days. */
export async function listOwnerNodes(
  services: Services,
  accountId: string,
  { after, limit, isByDay }: { readonly after: string; readonly limit: number; readonly isByDay: boolean },
): Promise<{ readonly data: readonly OwnerNode[]; readonly next: string | null }> {
  const rows = await services.nodes.list(after, limit, accountId);
  const data = await tellNodes(services, rows, isByDay);
  return { data, next: rows.length === limit ? (rows.at(-1)?.id ?? null) : null };
}

/** One home, with its days. */
export async function findOwnerNode(services: Services, row: NodeRow): Promise<OwnerNode | null> {
  return (await tellNodes(services, [row], true))[0] ?? null;
}

async function tellNodes(services: Services, rows: readonly NodeRow[], isByDay: boolean): Promise<OwnerNode[]> {
  if (rows.length === 0) return [];
  const nodeIds = rows.map(({ id }) => id);
  const today = Math.floor(Date.now() / DAY_MS);
  const fromDay = today - DAYS + 1;
  const [whys, sums, listed, byDay] = await Promise.all([
    services.findWhy(nodeIds),
    services.sumEarningDays(nodeIds, { fromDay, today }),
    services.catalogue.list(Date.now()),
    isByDay ? services.listEarningDays(nodeIds, fromDay) : null,
  ]);
  return rows.map((row, i) => ({
    ...tellNode(
      row,
      sums.find(({ nodeId }) => nodeId === row.id),
    ),
    ...tellLive(whys[i], row.isPublic, (digest) => nameModels(listed, digest)),
    ...(byDay === null ? {} : { earned_days_micro: spreadDays(byDay, row.id, fromDay) }),
  }));
}

/** Whose homes are told: of the account whose key asks, or whose home. */
async function findOwner(c: Context<AppEnv>): Promise<string> {
  if ((await findHome(c)) !== null) return (await requireHome(c)).accountId;
  return (await requireCaller(c, 'usage', 'nodes')).accountId;
}

function tellNode({ id, name, pools, isPublic, createdAt }: NodeRow, sum: EarningSum | undefined) {
  return {
    id,
    name,
    public: isPublic,
    pools,
    enrolled_at: createdAt,
    jobs_today: sum?.jobsToday ?? 0,
    jobs_30d: sum?.jobs ?? 0,
    earned_today_micro: sum?.earnedToday ?? 0,
    earned_30d_micro: sum?.earned ?? 0,
  };
}

/** What one home earned on each of the days, the oldest first. */
function spreadDays(rows: readonly EarningDay[], nodeId: string, fromDay: number): number[] {
  const days = Array.from({ length: DAYS }, () => 0);
  for (const { day, earned } of rows.filter((row) => row.nodeId === nodeId))
    days[day - fromDay] = (days[day - fromDay] ?? 0) + earned;
  return days.slice(0, DAYS);
}

/** `idsOf`: a model's names in the catalogue; none where only its owner may call it. */
function tellLive(why: NodeWhy | undefined, isPublic: boolean, idsOf: (digest: string) => readonly string[]) {
  const {
    online = false,
    since = null,
    pause = null,
    coolingUntil = null,
    coolingReason = null,
    live = null,
    lastDay = [],
  } = why ?? {};
  return {
    online,
    since,
    last_seen: online ? Date.now() : since,
    state: nameState(why),
    reason: pause ?? (coolingUntil === null ? null : coolingReason),
    /** A code of schema/why-words.ts. */
    quiet_24h: mainHindrance(lastDay),
    models: (live?.models ?? []).map(({ name, digest }) => {
      const ids = idsOf(digest);
      return { name, catalogue_id: ids[0] ?? null, catalogue_ids: ids, served_to: tellServed(ids, isPublic) };
    }),
    slots: live?.slots ?? null,
    running: live?.running ?? null,
    version: live?.version ?? null,
    platform: live?.platform ?? null,
    hub: why?.hub ?? null,
  };
}

function tellServed(
  ids: readonly string[],
  isPublic: boolean,
): 'everyone' | 'pools and own account' | 'own account only' {
  if (ids.length === 0) return 'own account only';
  return isPublic ? 'everyone' : 'pools and own account';
}

/** By schema/state-words.ts where it is no pause: the reason of one stands beside it. */
function nameState(why: NodeWhy | undefined): Extract<StateWord, 'offline' | 'busy' | 'idle'> | 'paused' | 'cooling' {
  if (!why?.online) return 'offline';
  if (why.pause !== null) return 'paused';
  if (why.coolingUntil !== null) return 'cooling';
  return (why.live?.running ?? 0) > 0 ? 'busy' : 'idle';
}
