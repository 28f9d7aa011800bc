// What came of inviting an account into a pool, by what stands in the book behind it. Pure.
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';

/** Nobody’s page is to be filled: those of one pool, and those that wait for one account, whoever invites it. */
export const MOST_INVITED = 100;
/** What nobody has answered for so long ends. */
export const INVITED_MS = 30 * 86_400_000;

export interface Invitation {
  readonly poolId: string;
  readonly accountId: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** How it stands after the invitation was written wherever it could be. */
export interface InvitedFacts {
  /** Null where none stands. */
  readonly standing: Pick<Invitation, 'createdAt' | 'expiresAt'> | null;
  readonly isMember: boolean;
  /** Those of the pool that nobody has answered. */
  readonly ofPool: number;
}

/** Of an account that does not exist it is the same as of one that does: nothing about the account is looked at. */
export function judgeInvitation({
  standing,
  isMember,
  ofPool,
}: InvitedFacts): Result<Pick<Invitation, 'createdAt' | 'expiresAt'>, 'is-member' | 'pool-full' | 'account-full'> {
  if (isMember) return err('is-member');
  if (standing) return ok(standing);
  return err(ofPool >= MOST_INVITED ? 'pool-full' : 'account-full');
}
