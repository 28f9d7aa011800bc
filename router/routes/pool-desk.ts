// What is done to pools, whoever asks: made, filled with accounts and homes, and told. Homes and accounts hear of it, so that no edge with old knowledge lets a call through.
import { MAX_POOLS_OF_NODE } from '../auth/pools.ts';
import type { PoolDetails, PoolRow } from '../auth/pools.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services/edge.ts';
import { notFound } from './admin-input.ts';
import type { TellNode } from './node-desk.ts';
import { tellHomes } from './tell-homes.ts';

/** Who is told of what changes. */
export interface PoolDesk {
  readonly services: Services;
  readonly tellNode: TellNode;
}

/** Throws ApiError 404 or 409. */
export async function makePool(
  { services, tellNode }: PoolDesk,
  { name, ownerAccountId }: { readonly name: string; readonly ownerAccountId: string },
): Promise<PoolRow> {
  const made = await services.pools.create({ name, ownerAccountId }, Date.now());
  if (!made.ok)
    throw made.error === 'no-account' ? notFound('account', 'owner_account_id') : refuseName(name, made.error);
  services.keys.forgetAccount(ownerAccountId);
  // Whoever is in a pool with the owner of a home belongs together with it.
  await tellHomes(services, ownerAccountId, tellNode);
  return made.value;
}

/** Without asking the account: for the operator alone. Throws ApiError 404. Again is the same. */
export async function addToPool(desk: PoolDesk, poolId: string, account: string): Promise<void> {
  const added = await desk.services.pools.addMember(poolId, account);
  if (!added.ok) throw added.error === 'no-pool' ? notFound('pool', 'id') : notFound('account', 'account');
  await tellJoined(desk, poolId, account);
}

/** After the book says that the account is a member. Again is the same. */
export async function tellJoined({ services, tellNode }: PoolDesk, poolId: string, account: string): Promise<void> {
  services.keys.forgetAccount(account);
  await services.account(account).joinPool(poolId);
  await tellHomes(services, account, tellNode);
}

/** Throws ApiError 404. Again is the same. */
export async function dropFromPool({ services, tellNode }: PoolDesk, poolId: string, account: string): Promise<void> {
  const pool = await findPool({ services }, poolId);
  // First, so that what breaks off between can be asked for again. Edges elsewhere know its keys for another minute; its own object refuses their calls at
  // once. A pool's owner may always use it.
  if (pool.ownerAccountId !== account) await services.account(account).leavePool(poolId);
  await services.pools.removeMember(poolId, account);
  services.keys.forgetAccount(account);
  await tellHomes(services, account, tellNode);
}

/** Throws ApiError 404 or 409. Again is the same. */
export async function addHome({ services, tellNode }: PoolDesk, poolId: string, node: string): Promise<void> {
  const added = await services.pools.addNode(poolId, node);
  if (!added.ok && added.error === 'too-many') {
    const told = `The node is in ${MAX_POOLS_OF_NODE} pools already. Take it out of one first.`;
    throw new ApiError('conflict', told, { param: 'node' });
  }
  if (!added.ok) throw added.error === 'no-pool' ? notFound('pool', 'id') : notFound('node', 'node');
  await tellNode(services, node);
}

/** Throws ApiError 404. Again is the same. */
export async function dropHome({ services, tellNode }: PoolDesk, poolId: string, node: string): Promise<void> {
  if (!(await services.pools.removeNode(poolId, node)).ok) throw notFound('pool', 'id');
  await tellNode(services, node);
}

/** Throws ApiError 404. */
export async function findPool({ services }: Pick<PoolDesk, 'services'>, poolId: string): Promise<PoolDetails> {
  const pool = await services.pools.find(poolId);
  if (!pool) throw notFound('pool', 'id');
  return pool;
}

/** Throws ApiError 404: of another account's pool not even its existence is told. */
export async function findOwnPool({ pools }: Services, accountId: string, poolId: string): Promise<PoolDetails> {
  const pool = await pools.find(poolId);
  if (pool?.ownerAccountId !== accountId) throw notFound('pool of this account', 'id');
  return pool;
}

export function tellPool(pool: PoolRow): object {
  return { id: pool.id, name: pool.name, owner_account_id: pool.ownerAccountId, created_at: pool.createdAt };
}

/** With what its owner and the operator may know. */
export async function tellPoolWhole({ pools }: Services, pool: PoolDetails): Promise<object> {
  const { members, nodes, homes } = pool;
  const invited = await pools.invitations.listOfPool(pool.id, Date.now());
  const invitations = invited.map(({ accountId, createdAt, expiresAt }) => ({
    account: accountId,
    created_at: createdAt,
    expires_at: expiresAt,
  }));
  return { ...tellPool(pool), members, invitations, nodes, homes };
}

function refuseName(name: string, { taken }: { readonly taken: string }): ApiError {
  const told = taken === name ? `There is a pool '${name}' already.` : `'${name}' looks like the pool '${taken}'.`;
  return new ApiError('conflict', `${told} Choose another name.`, { param: 'name' });
}
