// The door to accounts in D1: who they are, not what they own.
import { and, asc, eq, gt, isNull, or, sql } from 'drizzle-orm';
import type { SQL } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { makeId } from '../../schema/ids.ts';
import { accounts } from '../../schema/tables.ts';
import { holdsText } from './search-text.ts';

export interface AccountRow {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  readonly disabledAt: number | null;
  /** Of one that signed up by itself: the tag of the address family that it came from, '' where none was known. */
  readonly signedUpFrom: string | null;
}

export interface Accounts {
  /** `signedUpFrom`: left out where the operator makes it. */
  readonly create: (name: string, now: number, signedUpFrom?: string) => Promise<AccountRow>;
  readonly find: (accountId: string) => Promise<AccountRow | null>;
  /** Marks an account disabled; false when there is none. Its object and the key cache must be told too. */
  readonly disable: (accountId: string, now: number) => Promise<boolean>;
  /** Up to `limit` accounts in the order of their ids, from after `afterId`. */
  readonly list: (afterId: string, limit: number) => Promise<AccountRow[]>;
  /**
   * As list, of those whose id or name holds a text, in either case, or, where it has an @, the mail address of one of its members; '' for all. Reads every
   * account after `afterId` until it has enough: for people.
   */
  readonly search: (text: string, afterId: string, limit: number) => Promise<AccountRow[]>;
}

export function makeAccounts(doors: {
  readonly db: D1Database;
  readonly random: (bytes: number) => Uint8Array;
}): Accounts {
  const db = drizzle(doors.db);
  const find = async (accountId: string): Promise<AccountRow | null> =>
    (await db.select().from(accounts).where(eq(accounts.id, accountId)).get()) ?? null;
  return {
    create: async (name, now, signedUpFrom) => {
      const row = {
        id: makeId('acct', doors.random(16)),
        name,
        createdAt: now,
        disabledAt: null,
        signedUpFrom: signedUpFrom ?? null,
      };
      await db.insert(accounts).values(row);
      return row;
    },
    find,
    disable: async (accountId, now) => {
      await db
        .update(accounts)
        .set({ disabledAt: now })
        .where(and(eq(accounts.id, accountId), isNull(accounts.disabledAt)));
      return (await find(accountId)) !== null;
    },
    list: (afterId, limit) =>
      db.select().from(accounts).where(gt(accounts.id, afterId)).orderBy(asc(accounts.id)).limit(limit).all(),
    search: (text, afterId, limit) => {
      const mail = text.includes('@') ? [hasMail(text)] : [];
      const isFound = or(holdsText(accounts.id, text), holdsText(accounts.name, text), ...mail);
      const isNext = and(gt(accounts.id, afterId), isFound);
      return db.select().from(accounts).where(isNext).orderBy(asc(accounts.id)).limit(limit).all();
    },
  };
}

/** One of its members is told by it, or signs in with it. */
function hasMail(text: string): SQL {
  const holds = (column: string): SQL => sql`instr(lower(coalesce(${sql.raw(column)}, '')), ${text.toLowerCase()}) > 0`;
  return sql`EXISTS (SELECT 1 FROM account_members AS m LEFT JOIN person_members AS j ON j.member_id = m.id
    LEFT JOIN people AS p ON p.id = j.person_id
    WHERE m.account_id = ${accounts.id} AND m.removed_at IS NULL AND (${holds('m.email')} OR ${holds('p.email')}))`;
}
