// Invitations into pools, whoever asks: made and withdrawn by the pool's owner, accepted and declined by the account that was invited. What is told of an
// account that does not exist is what is told of one that has not answered.
import { err } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { MOST_INVITED } from '../auth/judge-invitation.ts';
import type { Invitation } from '../auth/judge-invitation.ts';
import type { InvitedTo } from '../auth/pool-invitations.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services/edge.ts';
import { findOwnPool, tellJoined } from './pool-desk.ts';
import type { PoolDesk } from './pool-desk.ts';

interface Invited {
  readonly poolId: string;
  readonly account: string;
}

export type InviteFault = 'is-own' | 'is-member' | 'pool-full' | 'account-full';

/** By the pool's owner. Again is the same. Throws ApiError 404 for a pool that is not the account's own. */
export async function inviteToPool(
  services: Services,
  ownerId: string,
  { poolId, account }: Invited,
): Promise<Result<Invitation & { readonly isNew: boolean }, InviteFault>> {
  await findOwnPool(services, ownerId, poolId);
  if (account === ownerId) return err('is-own');
  return services.pools.invitations.make(poolId, account, Date.now());
}

/** 409, in words. */
export function refuseInvitation(fault: InviteFault): ApiError {
  const refuse = (told: string): ApiError => new ApiError('conflict', told, { param: 'account' });
  switch (fault) {
    case 'is-own':
      return refuse("The pool is this account's own, which may call it anyway.");
    case 'is-member':
      return refuse('This account is a member already.');
    case 'pool-full':
      return refuse(`${MOST_INVITED} invitations of this pool wait for an answer. Withdraw some first.`);
    case 'account-full':
      return refuse(`${MOST_INVITED} invitations wait for this account, and more may not. Try again later.`);
  }
}

/** By the pool's owner. Again is the same. Throws ApiError 404 for a pool that is not the account's own. */
export async function withdrawInvitation(
  services: Services,
  ownerId: string,
  { poolId, account }: Invited,
): Promise<void> {
  await findOwnPool(services, ownerId, poolId);
  await services.pools.invitations.end(poolId, account, Date.now());
}

export function listInvitations({ pools }: Services, accountId: string): Promise<InvitedTo[]> {
  return pools.invitations.listOf(accountId, Date.now());
}

/** By the account that was invited: whether it is a member now. By a member it is the same again. */
export async function acceptInvitation(desk: PoolDesk, accountId: string, poolId: string): Promise<boolean> {
  const isIn = await desk.services.pools.invitations.accept(poolId, accountId, Date.now());
  if (isIn) await tellJoined(desk, poolId, accountId);
  return isIn;
}

/** By the account that was invited: whether there was one. */
export function declineInvitation({ pools }: Services, accountId: string, poolId: string): Promise<boolean> {
  return pools.invitations.end(poolId, accountId, Date.now());
}
