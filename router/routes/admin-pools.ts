// Pools: homes that answer for some, and the accounts whose calls they answer.
import { Hono } from 'hono';
import * as z from 'zod';
import type { AppEnv } from './app-env.ts';
import type { PoolDetails, PoolRow } from '../auth/pools.ts';
import { foldName, isOfOneScript } from '../auth/fold-name.ts';
import { MAX_POOLS_OF_NODE } from '../auth/pools.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services/edge.ts';
import type { TellNode } from './node-desk.ts';
import { postOnce } from './post-once.ts';
import { notFound, readPage } from './admin-input.ts';
import { POOL_WORDS } from './make-wish.ts';
import { tellHomes } from './tell-homes.ts';

const nameField = z
  .string()
  .trim()
  .regex(/^[\p{L}0-9][\p{L}0-9 ._-]{0,63}$/u, 'must be 1 to 64 letters, digits 0 to 9, spaces or . _ -')
  .refine(isOfOneScript, {
    error:
      'must hold plain letters of one script (Latin may stand beside Chinese, Japanese or Korean), since callers read and type it',
  })
  .refine((name) => !POOL_WORDS.some((word) => foldName(word) === foldName(name)) && !name.startsWith('pool_'), {
    error: `must not be one of ${POOL_WORDS.join(', ')}, nor look like one, and not begin with 'pool_': these mean something else in a request`,
  });
const newPool = z.strictObject({ name: nameField, owner_account_id: z.string().min(1).max(100) });

/** POST and GET /pools, GET /pools/:id, PUT and DELETE /pools/:id/members/:account and /pools/:id/nodes/:node. */
export function makeAdminPoolRoutes(tellNode: TellNode): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  routes.post('/pools', (c) =>
    postOnce(c, { schema: newPool, who: 'admin' }, async ({ name, owner_account_id: ownerAccountId }) => {
      const services = c.get('services');
      const made = await services.pools.create({ name, ownerAccountId }, Date.now());
      if (!made.ok)
        throw made.error === 'no-account' ? notFound('account', 'owner_account_id') : refuseName(name, made.error);
      services.keys.forgetAccount(ownerAccountId);
      // Whoever is in a pool with the owner of a home belongs together with it.
      await tellHomes(services, ownerAccountId, tellNode);
      return { told: toJson(made.value) };
    }),
  );
  routes.get('/pools', async (c) => {
    const { after, limit } = readPage(c);
    const rows = await c.get('services').pools.list(after, limit);
    return c.json({ data: rows.map(toJson), next: rows.length === limit ? (rows.at(-1)?.id ?? null) : null });
  });
  routes.get('/pools/:id', async (c) => c.json(await showPool(c.get('services'), c.req.param('id'))));
  routes.put('/pools/:id/members/:account', async (c) => {
    const services = c.get('services');
    const { id, account } = c.req.param();
    const added = await services.pools.addMember(id, account);
    if (!added.ok) throw added.error === 'no-pool' ? notFound('pool', 'id') : notFound('account', 'account');
    services.keys.forgetAccount(account);
    await services.account(account).joinPool(id);
    await tellHomes(services, account, tellNode);
    return c.json(await showPool(services, id));
  });
  routes.delete('/pools/:id/members/:account', async (c) => {
    const services = c.get('services');
    const { id, account } = c.req.param();
    if (!(await services.pools.removeMember(id, account)).ok) throw notFound('pool', 'id');
    services.keys.forgetAccount(account);
    // Edges elsewhere know its keys for another minute; its own object refuses their calls at once. A pool's owner may always use it.
    const pool = await services.pools.find(id);
    if (pool?.ownerAccountId !== account) await services.account(account).leavePool(id);
    await tellHomes(services, account, tellNode);
    return c.json(await showPool(services, id));
  });
  addNodeRoutes(routes, tellNode);
  return routes;
}

function addNodeRoutes(routes: Hono<AppEnv>, tellNode: TellNode): void {
  routes.put('/pools/:id/nodes/:node', async (c) => {
    const services = c.get('services');
    const { id, node } = c.req.param();
    const added = await services.pools.addNode(id, node);
    if (!added.ok && added.error === 'too-many') {
      const told = `The node is in ${MAX_POOLS_OF_NODE} pools already. Take it out of one first.`;
      throw new ApiError('conflict', told, { param: 'node' });
    }
    if (!added.ok) throw added.error === 'no-pool' ? notFound('pool', 'id') : notFound('node', 'node');
    await tellNode(services, node);
    return c.json(await showPool(services, id));
  });
  routes.delete('/pools/:id/nodes/:node', async (c) => {
    const services = c.get('services');
    const { id, node } = c.req.param();
    if (!(await services.pools.removeNode(id, node)).ok) throw notFound('pool', 'id');
    await tellNode(services, node);
    return c.json(await showPool(services, id));
  });
}

function refuseName(name: string, { taken }: { readonly taken: string }): ApiError {
  const told = taken === name ? `There is a pool '${name}' already.` : `'${name}' looks like the pool '${taken}'.`;
  return new ApiError('conflict', `${told} Choose another name.`, { param: 'name' });
}

async function showPool(services: Services, poolId: string): Promise<object> {
  const pool: PoolDetails | null = await services.pools.find(poolId);
  if (!pool) throw notFound('pool', 'id');
  return { ...toJson(pool), members: pool.members, nodes: pool.nodes, homes: pool.homes };
}

function toJson(pool: PoolRow): object {
  return { id: pool.id, name: pool.name, owner_account_id: pool.ownerAccountId, created_at: pool.createdAt };
}
