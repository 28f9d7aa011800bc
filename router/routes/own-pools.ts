// /v1/pools: pools of an account's own: homes that answer for some, and the accounts whose calls they answer. Nobody is put into one: an account is invited, says
// yes by itself, and may leave.
import { Hono } from 'hono';
import type { Context } from 'hono';
import { invitationBody, newPoolBody } from '../auth/pool-body.ts';
import type { InvitedTo } from '../auth/pool-invitations.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services/edge.ts';
import { notFound } from './admin-input.ts';
import type { AppEnv } from './app-env.ts';
import type { AreaCalls } from './area-calls.ts';
import { ALL_AREAS } from './area-calls.ts';
import {
  acceptInvitation,
  declineInvitation,
  inviteToPool,
  listInvitations,
  refuseInvitation,
  withdrawInvitation,
} from './invitation-desk.ts';
import {
  addHome,
  dropFromPool,
  dropHome,
  findOwnPool,
  findPool,
  makePool,
  tellPool,
  tellPoolWhole,
} from './pool-desk.ts';
import type { TellNode } from './node-desk.ts';
import type { PoolDesk } from './pool-desk.ts';
import { postOnce, whoMakes } from './post-once.ts';
import { requireCaller, requireCallerNow } from './refuse.ts';

/** Names of pools are everybody's, so one account has not many. */
const MOST_OWN_POOLS = 20;
const MOST_LISTED = 200;

/**
 * GET and POST /v1/pools, GET /v1/pools/:id, POST /v1/pools/:id/members, DELETE /v1/pools/:id/members/:account and /v1/pools/:id/invitations/:account, PUT and
 * DELETE /v1/pools/:id/nodes/:node; of the invited GET /v1/pools/invitations, POST /v1/pools/invitations/:pool/accept, DELETE /v1/pools/invitations/:pool.
 */
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
  // Before /v1/pools/:id.
  addInvitedRoutes(routes, tellNode);
  routes.get('/v1/pools/:id', async (c) => {
    const { accountId } = await requireCaller(c, 'nodes');
    return answerOwn(c, accountId, c.req.param('id'));
  });
  addMemberRoutes(routes, tellNode);
  for (const method of ['PUT', 'DELETE'] as const)
    routes.on(method, '/v1/pools/:id/nodes/:node', async (c) => {
      const { accountId } = await requireCallerNow(c, 'nodes');
      const desk = { services: c.get('services'), tellNode };
      const [poolId, nodeId] = [c.req.param('id') ?? '', c.req.param('node') ?? ''];
      await changeHome(desk, accountId, { poolId, nodeId, isIn: method === 'PUT' });
      return answerOwn(c, accountId, poolId, { id: poolId, left: true });
    });
  return routes;
}

/** What an account does that was invited. */
function addInvitedRoutes(routes: Hono<AppEnv>, tellNode: TellNode): void {
  routes.get('/v1/pools/invitations', async (c) => {
    const { accountId } = await requireCaller(c, 'nodes');
    const invitations = await listInvitations(c.get('services'), accountId);
    return c.json({ object: 'list', data: invitations.map(tellInvitedTo) });
  });
  routes.post('/v1/pools/invitations/:pool/accept', async (c) => {
    const { accountId } = await requireCallerNow(c, 'nodes');
    const services = c.get('services');
    const poolId = c.req.param('pool');
    if (!(await acceptInvitation({ services, tellNode }, accountId, poolId))) throw noInvitation();
    return c.json(tellPool(await findPool({ services }, poolId)));
  });
  routes.delete('/v1/pools/invitations/:pool', async (c) => {
    const { accountId } = await requireCallerNow(c, 'nodes');
    const poolId = c.req.param('pool');
    if (!(await declineInvitation(c.get('services'), accountId, poolId))) throw noInvitation();
    return c.json({ pool: poolId, declined: true });
  });
}

/** Whom a pool's owner invites and takes out, and who leaves. */
function addMemberRoutes(routes: Hono<AppEnv>, tellNode: TellNode): void {
  routes.post('/v1/pools/:id/members', async (c) => {
    const caller = await requireCallerNow(c, 'nodes');
    return postOnce(c, { schema: invitationBody, who: whoMakes(caller) }, async ({ account }) => {
      const poolId = c.req.param('id');
      const made = await inviteToPool(c.get('services'), caller.accountId, { poolId, account });
      if (!made.ok) throw refuseInvitation(made.error);
      const { isNew, createdAt, expiresAt } = made.value;
      const told = { pool: poolId, account, state: 'pending', created_at: createdAt, expires_at: expiresAt };
      return { told, status: isNew ? 201 : 200 };
    });
  });
  routes.delete('/v1/pools/:id/invitations/:account', async (c) => {
    const { accountId } = await requireCallerNow(c, 'nodes');
    const { id: poolId, account } = c.req.param();
    await withdrawInvitation(c.get('services'), accountId, { poolId, account });
    return answerOwn(c, accountId, poolId);
  });
  routes.delete('/v1/pools/:id/members/:account', async (c) => {
    const { accountId } = await requireCallerNow(c, 'nodes');
    const { id: poolId, account } = c.req.param();
    await dropMember({ services: c.get('services'), tellNode }, accountId, { poolId, account });
    return answerOwn(c, accountId, poolId, { id: poolId, left: true });
  });
}

/** The pool as its owner may see it; `other` to who is not its owner, left out ApiError 404. */
async function answerOwn(c: Context<AppEnv>, accountId: string, poolId: string, other?: object): Promise<Response> {
  const services = c.get('services');
  if (other && (await services.pools.find(poolId))?.ownerAccountId !== accountId) return c.json(other);
  return c.json(await tellPoolWhole(services, await findOwnPool(services, accountId, poolId)));
}

const noInvitation = (): ApiError => notFound('invitation into this pool', 'pool');

function tellInvitedTo({ poolId, name, ownerAccountId, createdAt, expiresAt }: InvitedTo): object {
  return { pool: poolId, name, owner_account_id: ownerAccountId, created_at: createdAt, expires_at: expiresAt };
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

/**
 * A member by the pool's owner, or by itself. Where it is none nothing is done, and nobody is told of anything: the answer to any other id is the same.
 * Throws ApiError 404.
 */
export async function dropMember(
  desk: PoolDesk,
  accountId: string,
  { poolId, account }: { readonly poolId: string; readonly account: string },
): Promise<void> {
  const pool = await desk.services.pools.find(poolId);
  const isMember = pool?.members.includes(account) === true;
  if (!isMember || account !== accountId) await findOwnPool(desk.services, accountId, poolId);
  if (isMember) await dropFromPool(desk, poolId, account);
}

/** A home that goes into a pool or out of it. */
export interface HomeChange {
  readonly poolId: string;
  readonly nodeId: string;
  readonly isIn: boolean;
}

/** Homes of one's own, in pools of one's own; a home of one's own comes out of any. Throws ApiError 404 or 409. */
export async function changeHome(desk: PoolDesk, accountId: string, { poolId, nodeId, isIn }: HomeChange) {
  const node = await desk.services.nodes.find(nodeId);
  const isOwnHome = node?.accountId === accountId;
  const comesOut = !isIn && isOwnHome && node.pools.includes(poolId);
  if (!comesOut) await findOwnPool(desk.services, accountId, poolId);
  if (isIn && !isOwnHome) throw notFound('home of this account', 'node');
  await (isIn ? addHome : dropHome)(desk, poolId, nodeId);
}
