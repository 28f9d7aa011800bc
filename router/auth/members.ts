// The door to the members of accounts in D1: who they are and what their role is. One owner at least is left wherever there is one.
import { and, asc, eq, isNull } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { makeId } from '../../schema/ids.ts';
import type { Role } from '../../schema/key-rights.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { accountMembers, accounts } from '../../schema/tables.ts';

export interface MemberRow {
  readonly id: string;
  readonly accountId: string;
  readonly name: string;
  readonly email: string | null;
  readonly role: Role;
  readonly createdAt: number;
  readonly removedAt: number | null;
}

export interface NewMember {
  readonly accountId: string;
  readonly name: string;
  readonly email: string | null;
  readonly role: Role;
}

export type MemberChange = Partial<Omit<NewMember, 'accountId'>>;

export interface Members {
  readonly create: (member: NewMember, now: number) => Promise<Result<MemberRow, 'no-account' | 'too-many'>>;
  readonly find: (memberId: string) => Promise<MemberRow | null>;
  /** Those of an account that were not removed, in the order in which they came. */
  readonly list: (accountId: string) => Promise<MemberRow[]>;
  /** Those who were removed are not found. The last owner stays one. */
  readonly change: (
    memberId: string,
    change: MemberChange,
    now: number,
  ) => Promise<Result<MemberRow, 'no-member' | 'last-owner'>>;
  /** Again is the same. Their keys must be revoked too. */
  readonly remove: (memberId: string, now: number) => Promise<Result<MemberRow, 'no-member' | 'last-owner'>>;
}

/** A university's group at most; what is read of them is read at once. */
const MOST_MEMBERS = 1000;

/** Stands in each statement that could take an account its last owner: two that race leave one. */
const KEEPS_OWNER = `(role <> 'owner' OR EXISTS (SELECT 1 FROM account_members AS others
  WHERE others.account_id = account_members.account_id AND others.id <> account_members.id
    AND others.role = 'owner' AND others.removed_at IS NULL))`;
const CHANGE = `UPDATE account_members SET name = coalesce(?2, name), email = CASE WHEN ?3 THEN ?4 ELSE email END,
    role = coalesce(?5, role), changed_at = CASE WHEN ?5 IS NULL THEN changed_at ELSE ?6 END
  WHERE id = ?1 AND removed_at IS NULL AND (coalesce(?5, 'owner') = 'owner' OR ${KEEPS_OWNER}) RETURNING id`;
const REMOVE = `UPDATE account_members SET removed_at = ?2 WHERE id = ?1 AND removed_at IS NULL AND ${KEEPS_OWNER}`;

const COLUMNS = {
  id: accountMembers.id,
  accountId: accountMembers.accountId,
  name: accountMembers.name,
  email: accountMembers.email,
  role: accountMembers.role,
  createdAt: accountMembers.createdAt,
  removedAt: accountMembers.removedAt,
};

export function makeMembers(doors: {
  readonly db: D1Database;
  readonly random: (bytes: number) => Uint8Array;
}): Members {
  const db = drizzle(doors.db);
  const find = async (memberId: string): Promise<MemberRow | null> =>
    (await db.select(COLUMNS).from(accountMembers).where(eq(accountMembers.id, memberId)).get()) ?? null;
  const list = (accountId: string): Promise<MemberRow[]> =>
    db
      .select(COLUMNS)
      .from(accountMembers)
      .where(and(eq(accountMembers.accountId, accountId), isNull(accountMembers.removedAt)))
      .orderBy(asc(accountMembers.createdAt), asc(accountMembers.id))
      .limit(MOST_MEMBERS)
      .all();
  return {
    create: async (member, now) => {
      const account = await db
        .select({ id: accounts.id })
        .from(accounts)
        .where(eq(accounts.id, member.accountId))
        .get();
      if (!account) return err('no-account');
      if ((await list(member.accountId)).length >= MOST_MEMBERS) return err('too-many');
      const row = { id: makeId('mem', doors.random(16)), ...member, createdAt: now, removedAt: null };
      await db.insert(accountMembers).values(row);
      return ok(row);
    },
    find,
    list,
    change: async (memberId, { name = null, email, role = null }, now) => {
      const values = [memberId, name, email === undefined ? 0 : 1, email ?? null, role, now];
      const changed = await doors.db
        .prepare(CHANGE)
        .bind(...values)
        .first();
      const row = await find(memberId);
      if (!row || row.removedAt !== null) return err('no-member');
      return changed ? ok(row) : err('last-owner');
    },
    remove: async (memberId, now) => {
      await doors.db.prepare(REMOVE).bind(memberId, now).run();
      const row = await find(memberId);
      if (!row) return err('no-member');
      return row.removedAt === null ? err('last-owner') : ok(row);
    },
  };
}
