// What is done to pools, whoever asks: made, filled with accounts and homes, and told. Homes and accounts hear of it, so that no edge with old knowledge lets a call through.
import * as z from 'zod';
import { foldName, isOfOneScript } from '../auth/fold-name.ts';
import { MAX_POOLS_OF_NODE } from '../auth/pools.ts';
import type { PoolDetails, PoolRow } from '../auth/pools.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services/edge.ts';
import { notFound } from './admin-input.ts';
import { POOL_WORDS } from './make-wish.ts';
import type { TellNode } from './node-desk.ts';
import { tellHomes } from './tell-homes.ts';

export const poolNameField = z
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

/** Throws ApiError 404. Again is the same. */
export async function addToPool({ services, tellNode }: PoolDesk, poolId: string, account: string): Promise<void> {
  const added = await services.pools.addMember(poolId, account);
  if (!added.ok) throw added.error === 'no-pool' ? notFound('pool', 'id') : notFound('account', 'account');
  services.keys.forgetAccount(account);
  await services.account(account).joinPool(poolId);
  await tellHomes(services, account, tellNode);
}

/** Throws ApiError 404. Again is the same. */
export async function dropFromPool({ services, tellNode }: PoolDesk, poolId: string, account: string): Promise<void> {
  if (!(await services.pools.removeMember(poolId, account)).ok) throw notFound('pool', 'id');
  services.keys.forgetAccount(account);
  // Edges elsewhere know its keys for another minute; its own object refuses their calls at once. A pool's owner may always use it.
  const pool = await services.pools.find(poolId);
  if (pool?.ownerAccountId !== account) await services.account(account).leavePool(poolId);
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

export function tellPool(pool: PoolRow): object {
  return { id: pool.id, name: pool.name, owner_account_id: pool.ownerAccountId, created_at: pool.createdAt };
}

export function tellPoolWhole(pool: PoolDetails): object {
  return { ...tellPool(pool), members: pool.members, nodes: pool.nodes, homes: pool.homes };
}

function refuseName(name: string, { taken }: { readonly taken: string }): ApiError {
  const told = taken === name ? `There is a pool '${name}' already.` : `'${name}' looks like the pool '${taken}'.`;
  return new ApiError('conflict', `${told} Choose another name.`, { param: 'name' });
}
