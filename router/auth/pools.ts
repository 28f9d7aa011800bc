// The door to pools in D1: which accounts may use them and which homes are in them.
import { and, asc, eq, gt, inArray, or, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { makeId } from '../../schema/ids.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { poolInvitations } from '../../schema/passing-tables.ts';
import { accounts, nodePools, nodes, poolMembers, pools } from '../../schema/tables.ts';
import { foldName } from './fold-name.ts';
import { makePoolInvitations } from './pool-invitations.ts';
import type { PoolInvitations } from './pool-invitations.ts';

export interface PoolRow {
  readonly id: string;
  readonly name: string;
  readonly ownerAccountId: string;
  readonly createdAt: number;
}

export interface PoolDetails extends PoolRow {
  /** Account ids, without the owner's. */
  readonly members: readonly string[];
  readonly nodes: readonly string[];
  /** The same homes as their owners call them, in that order. */
  readonly homes: readonly { readonly id: string; readonly name: string | null }[];
}

export interface Pools {
  /** `taken`: the name of another pool, which is the same or looks like it. */
  readonly create: (
    pool: { readonly name: string; readonly ownerAccountId: string },
    now: number,
  ) => Promise<Result<PoolRow, 'no-account' | { readonly taken: string }>>;
  readonly find: (poolId: string) => Promise<PoolDetails | null>;
  /** Up to `limit` pools in the order of their ids, from after `afterId`. */
  readonly list: (afterId: string, limit: number) => Promise<PoolRow[]>;
  /** Those that an account has or is a member of, at most `limit`, by their names. */
  readonly listOf: (accountId: string, limit: number) => Promise<PoolRow[]>;
  /** Those of these ids, of which there are few, whosoever they are: how they are called. */
  readonly listNamed: (poolIds: readonly string[]) => Promise<PoolRow[]>;
  /** Accounts that were asked to become members. */
  readonly invitations: PoolInvitations;
  /** Without asking it: what invitation there was ends. Again is the same. What is cached of the account's keys must be dropped too. */
  readonly addMember: (poolId: string, accountId: string) => Promise<Result<null, 'no-pool' | 'no-account'>>;
  /** The account's own object must be told before: it refuses what edges with old knowledge let through. */
  readonly removeMember: (poolId: string, accountId: string) => Promise<Result<null, 'no-pool'>>;
  /** Again is the same. The node's own object must be told too, and through it its hubs. */
  readonly addNode: (poolId: string, nodeId: string) => Promise<Result<null, 'no-pool' | 'no-node' | 'too-many'>>;
  readonly removeNode: (poolId: string, nodeId: string) => Promise<Result<null, 'no-pool'>>;
}

/** A node's pools stand in its token and in its presence rows. */
export const MAX_POOLS_OF_NODE = 16;
/** Names that a new one is compared with, by their looks; the very same is refused among any number. */
const MAX_COMPARED = 20_000;

export function makePools(doors: { readonly db: D1Database; readonly random: (bytes: number) => Uint8Array }): Pools {
  const db = drizzle(doors.db);
  const findRow = async (poolId: string): Promise<PoolRow | null> =>
    (await db.select().from(pools).where(eq(pools.id, poolId)).get()) ?? null;
  return {
    invitations: makePoolInvitations(doors.db),
    create: ({ name, ownerAccountId }, now) =>
      createPool(db, { id: makeId('pool', doors.random(16)), name, ownerAccountId, createdAt: now }),
    find: async (poolId) => {
      const row = await findRow(poolId);
      if (!row) return null;
      const [members, homes] = await db.batch([
        db.select().from(poolMembers).where(eq(poolMembers.poolId, poolId)).orderBy(asc(poolMembers.accountId)),
        db
          .select({ id: nodes.id, name: nodes.name })
          .from(nodePools)
          .innerJoin(nodes, eq(nodes.id, nodePools.nodeId))
          .where(eq(nodePools.poolId, poolId))
          .orderBy(asc(nodePools.nodeId)),
      ]);
      return { ...row, members: members.map((one) => one.accountId), nodes: homes.map(({ id }) => id), homes };
    },
    list: (afterId, limit) =>
      db.select().from(pools).where(gt(pools.id, afterId)).orderBy(asc(pools.id)).limit(limit).all(),
    listOf: (accountId, limit) => listPoolsOf(db, accountId, limit),
    listNamed: (poolIds) =>
      db
        .select()
        .from(pools)
        .where(sql`${pools.id} IN (SELECT value FROM json_each(${JSON.stringify(poolIds)}))`)
        .all(),
    addMember: async (poolId, accountId) => {
      if (!(await findRow(poolId))) return err('no-pool');
      return addMember(db, poolId, accountId);
    },
    removeMember: async (poolId, accountId) => {
      if (!(await findRow(poolId))) return err('no-pool');
      await db.delete(poolMembers).where(and(eq(poolMembers.poolId, poolId), eq(poolMembers.accountId, accountId)));
      return ok(null);
    },
    addNode: async (poolId, nodeId) => {
      if (!(await findRow(poolId))) return err('no-pool');
      const node = await db.select({ id: nodes.id }).from(nodes).where(eq(nodes.id, nodeId)).get();
      if (!node) return err('no-node');
      const others = await listPoolsOfNode(db, nodeId);
      if (others.some((one) => one.poolId === poolId)) return ok(null);
      if (others.length >= MAX_POOLS_OF_NODE) return err('too-many');
      await db.insert(nodePools).values({ nodeId, poolId }).onConflictDoNothing();
      return ok(null);
    },
    removeNode: async (poolId, nodeId) => {
      if (!(await findRow(poolId))) return err('no-pool');
      await db.delete(nodePools).where(and(eq(nodePools.poolId, poolId), eq(nodePools.nodeId, nodeId)));
      return ok(null);
    },
  };
}

async function addMember(
  db: ReturnType<typeof drizzle>,
  poolId: string,
  accountId: string,
): Promise<Result<null, 'no-account'>> {
  const account = await db.select({ id: accounts.id }).from(accounts).where(eq(accounts.id, accountId)).get();
  if (!account) return err('no-account');
  const invited = and(eq(poolInvitations.poolId, poolId), eq(poolInvitations.accountId, accountId));
  await db.batch([
    db.insert(poolMembers).values({ poolId, accountId }).onConflictDoNothing(),
    db.delete(poolInvitations).where(invited),
  ]);
  return ok(null);
}

/** As many as one may be in. */
function listPoolsOfNode(db: ReturnType<typeof drizzle>, nodeId: string) {
  return db.select().from(nodePools).where(eq(nodePools.nodeId, nodeId)).limit(MAX_POOLS_OF_NODE).all();
}

function listPoolsOf(db: ReturnType<typeof drizzle>, accountId: string, limit: number): Promise<PoolRow[]> {
  const joined = db.select({ id: poolMembers.poolId }).from(poolMembers).where(eq(poolMembers.accountId, accountId));
  const isTheirs = or(eq(pools.ownerAccountId, accountId), inArray(pools.id, joined));
  return db.select().from(pools).where(isTheirs).orderBy(asc(pools.name)).limit(limit).all();
}

async function createPool(
  db: ReturnType<typeof drizzle>,
  row: PoolRow,
): Promise<Result<PoolRow, 'no-account' | { readonly taken: string }>> {
  const { name, ownerAccountId } = row;
  const owner = await db.select({ id: accounts.id }).from(accounts).where(eq(accounts.id, ownerAccountId)).get();
  if (!owner) return err('no-account');
  const folded = foldName(name);
  const names = await db.select({ name: pools.name }).from(pools).limit(MAX_COMPARED).all();
  const alike = names.find((other) => foldName(other.name) === folded);
  if (alike) return err({ taken: alike.name });
  const written = await db.insert(pools).values(row).onConflictDoNothing({ target: pools.name }).returning().get();
  return written ? ok(row) : err({ taken: name });
}
