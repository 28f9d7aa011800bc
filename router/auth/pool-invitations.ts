// The door to invitations into pools in D1: an account is a member only after it has said yes. What is pending stands in a table of its own, which nothing that
// places, bills or compares ever reads.
import type { Result } from '../../schema/result.ts';
import { INVITED_MS, judgeInvitation, MOST_INVITED } from './judge-invitation.ts';
import type { Invitation } from './judge-invitation.ts';

/** As the invited account is told of it. */
export interface InvitedTo extends Omit<Invitation, 'accountId'> {
  readonly name: string;
  readonly ownerAccountId: string;
}

export interface PoolInvitations {
  /** Again is the same, with the times of the first. Whether the account exists is not looked at. */
  readonly make: (
    poolId: string,
    accountId: string,
    now: number,
  ) => Promise<Result<Invitation & { readonly isNew: boolean }, 'is-member' | 'pool-full' | 'account-full'>>;
  /** What waits for answers, in the order in which it was made. */
  readonly listOfPool: (poolId: string, now: number) => Promise<Invitation[]>;
  /** What waits for this account, the newest first. */
  readonly listOf: (accountId: string, now: number) => Promise<InvitedTo[]>;
  /** Whether the account is a member now. Again is the same. What is cached of its keys must be dropped too. */
  readonly accept: (poolId: string, accountId: string, now: number) => Promise<boolean>;
  /** By either side. Whether there was one. */
  readonly end: (poolId: string, accountId: string, now: number) => Promise<boolean>;
}

const SWEEP = 'DELETE FROM pool_invitations WHERE expires_at <= ?1';
/** The bounds stand in the statement, so that those who race keep to them too. */
const INVITE = `INSERT INTO pool_invitations (pool_id, account_id, created_at, expires_at)
  SELECT ?1, ?2, ?3, ?4
  WHERE NOT EXISTS (SELECT 1 FROM pool_members WHERE pool_id = ?1 AND account_id = ?2)
    AND (SELECT count(*) FROM pool_invitations WHERE pool_id = ?1) < ${MOST_INVITED}
    AND (SELECT count(*) FROM pool_invitations WHERE account_id = ?2) < ${MOST_INVITED}
  ON CONFLICT DO NOTHING RETURNING account_id`;
const IS_MEMBER = 'SELECT 1 AS isMember FROM pool_members WHERE pool_id = ?1 AND account_id = ?2';
const OF_POOL = `SELECT pool_id AS poolId, account_id AS accountId, created_at AS createdAt, expires_at AS expiresAt
  FROM pool_invitations WHERE pool_id = ?1 AND expires_at > ?2 ORDER BY created_at, account_id LIMIT ${MOST_INVITED}`;
const OF_ACCOUNT = `SELECT i.pool_id AS poolId, p.name, p.owner_account_id AS ownerAccountId, i.created_at AS createdAt,
    i.expires_at AS expiresAt
  FROM pool_invitations AS i JOIN pools AS p ON p.id = i.pool_id
  WHERE i.account_id = ?1 AND i.expires_at > ?2 ORDER BY i.created_at DESC, i.pool_id LIMIT ${MOST_INVITED}`;
const JOIN = `INSERT INTO pool_members (pool_id, account_id)
  SELECT pool_id, account_id FROM pool_invitations WHERE pool_id = ?1 AND account_id = ?2 AND expires_at > ?3
  ON CONFLICT DO NOTHING`;
const END = 'DELETE FROM pool_invitations WHERE pool_id = ?1 AND account_id = ?2 RETURNING expires_at AS expiresAt';

export function makePoolInvitations(db: D1Database): PoolInvitations {
  return {
    make: (poolId, accountId, now) => invite(db, { poolId, accountId, createdAt: now, expiresAt: now + INVITED_MS }),
    listOfPool: async (poolId, now) => (await db.prepare(OF_POOL).bind(poolId, now).all<Invitation>()).results,
    listOf: async (accountId, now) => (await db.prepare(OF_ACCOUNT).bind(accountId, now).all<InvitedTo>()).results,
    accept: async (poolId, accountId, now) => {
      const [, , found] = await db.batch([
        db.prepare(JOIN).bind(poolId, accountId, now),
        db.prepare(END).bind(poolId, accountId),
        db.prepare(IS_MEMBER).bind(poolId, accountId),
      ]);
      return found?.results.length === 1;
    },
    end: async (poolId, accountId, now) => {
      const ended = await db.prepare(END).bind(poolId, accountId).first<number>('expiresAt');
      return ended !== null && ended > now;
    },
  };
}

async function invite(db: D1Database, row: Invitation): ReturnType<PoolInvitations['make']> {
  const { poolId, accountId, createdAt, expiresAt } = row;
  const [, written, member, pending] = await db.batch([
    db.prepare(SWEEP).bind(createdAt),
    db.prepare(INVITE).bind(poolId, accountId, createdAt, expiresAt),
    db.prepare(IS_MEMBER).bind(poolId, accountId),
    db.prepare(OF_POOL).bind(poolId, createdAt),
  ]);
  const all = (pending?.results ?? []) as Invitation[];
  const judged = judgeInvitation({
    standing: all.find((one) => one.accountId === accountId) ?? null,
    isMember: member?.results.length === 1,
    ofPool: all.length,
  });
  return judged.ok ? { ok: true, value: { ...row, ...judged.value, isNew: written?.results.length === 1 } } : judged;
}
