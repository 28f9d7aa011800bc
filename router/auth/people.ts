// The door to people in D1: who they are, and as which members of accounts they look.
import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { people, personMembers } from '../../schema/console-tables.ts';
import { makeId } from '../../schema/ids.ts';
import type { Role } from '../../schema/key-rights.ts';
import { ROLE_SCOPES } from '../../schema/key-rights.ts';
import { accountMembers, accounts } from '../../schema/tables.ts';
import { POOLS, WALLETS } from './account-facts.ts';
import { judgeKey } from './judge-key.ts';
import type { Caller, CallerPool } from './judge-key.ts';

export type Locale = 'en' | 'ja';

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly email: string | null;
  /** What was chosen; null for the browser's own. */
  readonly locale: Locale | null;
  readonly isOperator: boolean;
  readonly createdAt: number;
}

/** One account that a person is a member of. */
export interface Membership {
  readonly memberId: string;
  readonly accountId: string;
  readonly accountName: string;
  readonly role: Role;
}

/** What stands in the place of a key where a person acts by the console: this, and the person's id. */
const CONSOLE_KEY = 'console:';

/** Whether a person acts by the console, and no key. */
export function isPerson({ keyId }: Pick<Caller, 'keyId'>): boolean {
  return keyId.startsWith(CONSOLE_KEY);
}

export interface NewPerson {
  readonly name: string;
  readonly email: string | null;
  readonly isOperator: boolean;
}

export interface People {
  /** One with that address already is that one: told as it stands. */
  readonly create: (person: NewPerson, now: number) => Promise<Person>;
  readonly find: (personId: string) => Promise<Person | null>;
  readonly findByEmail: (email: string) => Promise<Person | null>;
  readonly change: (personId: string, change: { readonly name?: string; readonly locale?: Locale }) => Promise<void>;
  /** An address that the person has shown to be theirs; false where it is somebody else's already. */
  readonly prove: (personId: string, email: string) => Promise<boolean>;
  /** A member is one person: false where it is another already. Again is the same. */
  readonly join: (personId: string, memberId: string) => Promise<boolean>;
  /** Those of an account's members who are somebody: they have opened their invitation. */
  readonly listJoined: (accountId: string) => Promise<ReadonlySet<string>>;
  /** Who a member is; null for nobody who signs in. */
  readonly findByMember: (memberId: string) => Promise<Person | null>;
  /** What a member may do at the account's cost while its person looks at pages: all that its role leaves. Null where it may nothing any more. */
  readonly findCaller: (personId: string, memberId: string, now: number) => Promise<Caller | null>;
  /** Of accounts that are open, as members who were not removed; by name. */
  readonly listMemberships: (personId: string) => Promise<Membership[]>;
}

export function makePeople(doors: { readonly db: D1Database; readonly random: (bytes: number) => Uint8Array }): People {
  const db = drizzle(doors.db);
  const find = async (personId: string): Promise<Person | null> =>
    (await db.select().from(people).where(eq(people.id, personId)).get()) ?? null;
  const findByEmail = async (email: string): Promise<Person | null> =>
    (await db.select().from(people).where(eq(people.email, email.toLowerCase())).get()) ?? null;
  return {
    create: async ({ email, ...said }, now) => {
      const row = {
        id: makeId('person', doors.random(16)),
        ...said,
        email: email?.toLowerCase() ?? null,
        locale: null,
        createdAt: now,
      };
      await db.insert(people).values(row).onConflictDoNothing();
      return (row.email === null ? null : await findByEmail(row.email)) ?? row;
    },
    find,
    findByEmail,
    change: async (personId, change) => void (await db.update(people).set(change).where(eq(people.id, personId))),
    prove: async (personId, email) => {
      const said = email.toLowerCase();
      await db.run(sql`UPDATE OR IGNORE people SET email = ${said} WHERE id = ${personId}`);
      return (await find(personId))?.email === said;
    },
    join: async (personId, memberId) => {
      await db.insert(personMembers).values({ personId, memberId }).onConflictDoNothing();
      const row = await db.select().from(personMembers).where(eq(personMembers.memberId, memberId)).get();
      return row?.personId === personId;
    },
    listJoined: async (accountId) => {
      const rows = await db
        .select({ memberId: personMembers.memberId })
        .from(personMembers)
        .innerJoin(accountMembers, eq(accountMembers.id, personMembers.memberId))
        .where(eq(accountMembers.accountId, accountId))
        .all();
      return new Set(rows.map(({ memberId }) => memberId));
    },
    findByMember: async (memberId) => {
      const row = await db
        .select({ person: people })
        .from(personMembers)
        .innerJoin(people, eq(people.id, personMembers.personId))
        .where(eq(personMembers.memberId, memberId))
        .get();
      return row?.person ?? null;
    },
    findCaller: (personId, memberId, now) => findCaller(doors.db, { personId, memberId }, now),
    listMemberships: (personId) => listMemberships(doors.db, personId),
  };
}

async function findCaller(
  database: D1Database,
  { personId, memberId }: { readonly personId: string; readonly memberId: string },
  now: number,
): Promise<Caller | null> {
  const row = await drizzle(database)
    .select({
      accountId: accounts.id,
      disabledAt: accounts.disabledAt,
      pools: POOLS,
      wallets: WALLETS,
      role: accountMembers.role,
      memberRemovedAt: accountMembers.removedAt,
      rightsAt: sql<number>`coalesce(${accountMembers.changedAt}, 0)`,
    })
    .from(personMembers)
    .innerJoin(accountMembers, eq(accountMembers.id, personMembers.memberId))
    .innerJoin(accounts, eq(accounts.id, accountMembers.accountId))
    .where(and(eq(personMembers.personId, personId), eq(personMembers.memberId, memberId)))
    .get();
  if (!row) return null;
  const caller = judgeKey(
    {
      ...row,
      keyId: CONSOLE_KEY + personId,
      expiresAt: null,
      revokedAt: null,
      defaults: null,
      models: null,
      scopes: ROLE_SCOPES[row.role],
      memberId,
      pools: JSON.parse(row.pools) as CallerPool[],
      wallets: JSON.parse(row.wallets) as string[],
    },
    now,
  );
  return caller.ok ? caller.value : null;
}

function listMemberships(database: D1Database, personId: string): Promise<Membership[]> {
  return drizzle(database)
    .select({
      memberId: accountMembers.id,
      accountId: accounts.id,
      accountName: accounts.name,
      role: accountMembers.role,
    })
    .from(personMembers)
    .innerJoin(accountMembers, eq(accountMembers.id, personMembers.memberId))
    .innerJoin(accounts, eq(accounts.id, accountMembers.accountId))
    .where(and(eq(personMembers.personId, personId), isNull(accountMembers.removedAt), isNull(accounts.disabledAt)))
    .orderBy(asc(accounts.name), asc(accountMembers.id))
    .all();
}
