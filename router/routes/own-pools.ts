// /v1/pools: pools of an account's own: homes that answer for some, and the accounts whose calls they answer. A member may leave by itself.
import { Hono } from 'hono';
import { newPoolBody } from '../auth/pool-body.ts';
import type { PoolDetails } from '../auth/pools.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services/edge.ts';
import { notFound } from './admin-input.ts';
import type { AppEnv } from './app-env.ts';
import type { AreaCalls } from './area-calls.ts';
import { ALL_AREAS } from './area-calls.ts';
import { addHome, addToPool, dropFromPool, dropHome, makePool, tellPool, tellPoolWhole } from './pool-desk.ts';
import type { PoolDesk } from './pool-desk.ts';
import { postOnce, whoMakes } from './post-once.ts';
import { requireCaller, requireCallerNow } from './refuse.ts';

/** Names of pools are everybody's, so one account has not many. */
export const MOST_OWN_POOLS = 20;
const MOST_LISTED = 200;

/** GET and POST /v1/pools, GET /v1/pools/:id, PUT and DELETE /v1/pools/:id/members/:account and /v1/pools/:id/nodes/:node. */
export function makeOwnPoolRoutes({ tellNode }: Pick<AreaCalls, 'tellNode'> = ALL_AREAS): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  routes.get('/v1/pools', async (c) => {
    const { accountId } = await requireCaller(c, 'nodes');
    const rows = await listAccountPools(c.get('services'), accountId);
    return c.json({ object: 'list', data: rows.map(tellPool) });
  });
  routes.post('/v1/pools', async (c) => {
    const caller = await requireCallerNow(c, 'nodes');
    return postOnce(c, { schema: newPoolBody, who: whoMakes(caller) }, async ({ name }) => {
      const desk = { services: c.get('services'), tellNode };
      return { told: tellPool(await makeOwnPool(desk, { name, accountId: caller.accountId })) };
    });
  });
  routes.get('/v1/pools/:id', async (c) => {
    const { accountId } = await requireCaller(c, 'nodes');
    return c.json(tellPoolWhole(await findOwnPool(c.get('services'), accountId, c.req.param('id'))));
  });
  for (const [path, param, change] of [
    ['/v1/pools/:id/members/:account', 'account', changeMember],
    ['/v1/pools/:id/nodes/:node', 'node', changeHome],
  ] as const)
    for (const method of ['PUT', 'DELETE'] as const)
      routes.on(method, path, async (c) => {
        const { accountId } = await requireCallerNow(c, 'nodes');
        const desk = { services: c.get('services'), tellNode };
        const [poolId, what] = [c.req.param('id') ?? '', c.req.param(param) ?? ''];
        await change(desk, accountId, { poolId, what, isIn: method === 'PUT' });
        const pool = await desk.services.pools.find(poolId);
        const isOwn = pool?.ownerAccountId === accountId;
        return c.json(pool && isOwn ? tellPoolWhole(pool) : { id: poolId, left: true });
      });
  return routes;
}

export function listAccountPools({ pools }: Services, accountId: string) {
  return pools.listOf(accountId, MOST_LISTED);
}

/** Throws ApiError 409. */
export async function makeOwnPool(
  desk: PoolDesk,
  { name, accountId }: { readonly name: string; readonly accountId: string },
) {
  const own = (await listAccountPools(desk.services, accountId)).filter((one) => one.ownerAccountId === accountId);
  if (own.length >= MOST_OWN_POOLS)
    throw new ApiError('conflict', `An account has at most ${MOST_OWN_POOLS} pools.`, { param: 'name' });
  return makePool(desk, { name, ownerAccountId: accountId });
}

/** Throws ApiError 404: of another account's pool not even its existence is told. */
export async function findOwnPool({ pools }: Services, accountId: string, poolId: string): Promise<PoolDetails> {
  const pool = await pools.find(poolId);
  if (pool?.ownerAccountId !== accountId) throw notFound('pool of this account', 'id');
  return pool;
}

/** What goes into a pool or out of it: an account, or a home. */
export interface PoolChange {
  readonly poolId: string;
  readonly what: string;
  readonly isIn: boolean;
}

/** By its owner; whoever is a member may leave. Throws ApiError 404. */
export async function changeMember(desk: PoolDesk, accountId: string, { poolId, what, isIn }: PoolChange) {
  const isLeaving =
    !isIn && what === accountId && (await desk.services.pools.find(poolId))?.members.includes(accountId);
  if (!isLeaving) await findOwnPool(desk.services, accountId, poolId);
  await (isIn ? addToPool : dropFromPool)(desk, poolId, what);
}

/** Homes of one's own, in pools of one's own; a home of one's own comes out of any. Throws ApiError 404 or 409. */
export async function changeHome(desk: PoolDesk, accountId: string, { poolId, what, isIn }: PoolChange) {
  const node = await desk.services.nodes.find(what);
  const isOwnHome = node?.accountId === accountId;
  if (isIn || !isOwnHome) await findOwnPool(desk.services, accountId, poolId);
  if (isIn && !isOwnHome) throw notFound('home of this account', 'node');
  await (isIn ? addHome : dropHome)(desk, poolId, what);
}
