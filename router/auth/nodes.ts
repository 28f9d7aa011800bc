// The door to home nodes and the codes they enrol with in D1.
import { and, asc, desc, eq, getTableColumns, gt, isNull, or, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import type { Hex } from '../../schema/bytes.ts';
import { foldEnrolmentCode } from '../../schema/enrolment-code.ts';
import { makeId, nodeIdOf } from '../../schema/ids.ts';
import { PUBLIC_POOL } from '../../schema/placement.ts';
import type { MessageSigner } from '../../schema/receipt.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { accounts, enrolments, nodes, pools } from '../../schema/tables.ts';
import { checkEnrolProof } from './check-node-hello.ts';
import { claimCode, endCode, findCode, listCodes } from './enrolment-codes.ts';
import type { CodeRow } from './enrolment-codes.ts';
import { judgeEnrolment } from './judge-enrolment.ts';
import type { EnrolFault } from './judge-enrolment.ts';
import { holdsText } from './search-text.ts';
import { makeKin, MOST_KIN } from './make-kin.ts';
import { hashEnrolmentCode, makeEnrolmentCode } from './make-enrolment-code.ts';

const CODE_LIFE_MS = 24 * 3_600_000;

/** A node as the books know it. */
export interface NodeRow {
  readonly id: string;
  readonly address: string;
  /** The owner's account. */
  readonly accountId: string;
  readonly wallet: string | null;
  /** As its owner calls it. */
  readonly name: string | null;
  /** Ids of the pools it is in. */
  readonly pools: readonly string[];
  /** Ids of pools that its owner is a member of or has, as many as are compared. */
  readonly ownerPools: readonly string[];
  /** Whether it answers for everyone besides. */
  readonly isPublic: boolean;
  readonly createdAt: number;
  readonly revokedAt: number | null;
  readonly revokedReason: string | null;
  /** Whether its owner's account is disabled: its homes are not wanted either. */
  readonly isOwnerDisabled: boolean;
}

/** What the books say of a node at a moment. It may change with every call of the operator's, so nobody but its own object keeps it. */
export interface NodeStanding {
  /** Pool ids, and `public` where it lends itself to everyone. */
  readonly pools: readonly string[];
  /** Why it may not be connected; null while it may. */
  readonly barred: string | null;
  /** What tells that a caller belongs together with it, beside its account and its address. */
  readonly kin: readonly string[];
}

export interface Nodes {
  /** A code that `uses` nodes may use within 24 h; its text is shown this once. */
  readonly createCode: (
    code: NewCode,
    now: number,
  ) => Promise<
    Result<{ readonly code: string; readonly expiresAt: number }, 'no-account' | 'no-pool' | 'account-disabled'>
  >;
  /** An account's codes that were good at or after a moment, the newest first. */
  readonly listCodes: (accountId: string, sinceAt: number) => Promise<CodeRow[]>;
  /** From now on nothing joins by it; what has joined stays. False for no code of this account. */
  readonly endCode: (code: { readonly id: string; readonly accountId: string }, now: number) => Promise<boolean>;
  /**
   * Binds a node to the code's owner and pool. The signature is checked before anything is read; of more racers than a code
   * has uses left, that many win.
   * `wallet` counts only where the code was made without one.
   */
  readonly enrol: (
    proof: {
      readonly code: string;
      readonly address: Hex;
      readonly signature: Hex;
      readonly wallet: Hex | null;
      /** The router's own origin that the node dialled. */
      readonly origin: string;
    },
    now: number,
  ) => Promise<Result<NodeRow, EnrolFault>>;
  readonly find: (nodeId: string) => Promise<NodeRow | null>;
  /** Its name, and whether it answers for everyone: of that its object must be told too, and through it its hubs. Null when there is no such node. */
  readonly change: (nodeId: string, change: NodeChange) => Promise<NodeRow | null>;
  /** Where it is paid, where nothing was named before; null when there is no such node. What was named stays. */
  readonly nameWallet: (nodeId: string, wallet: Hex) => Promise<NodeRow | null>;
  /** Marks a node revoked; null when there is none, unchanged when it already was. Its object must be told too. */
  readonly revoke: (nodeId: string, reason: string, now: number) => Promise<NodeRow | null>;
  /** Up to `limit` nodes in the order of their ids, from after `afterId`; of one owner those that are not revoked. */
  readonly list: (afterId: string, limit: number, accountId?: string) => Promise<NodeRow[]>;
  /** As list, of those whose id, name, address or owner holds a text, in either case; '' for all. Reads every node after `afterId` until it has enough: for people. */
  readonly search: (text: string, afterId: string, limit: number) => Promise<NodeRow[]>;
  /** Ids of up to `limit` nodes of one owner that are not revoked, in order, from after `afterId`. */
  readonly listOwned: (accountId: string, afterId: string, limit: number) => Promise<string[]>;
  /** Ids of up to `limit` nodes of one owner that were not revoked before a moment: those of now first, then those that went last. */
  readonly listSince: (accountId: string, sinceAt: number, limit: number) => Promise<string[]>;
}

/** What is to change; the rest stays. */
export interface NodeChange {
  readonly isPublic?: boolean | undefined;
  readonly name?: string | null | undefined;
}

export interface NewCode {
  /** The owner of the nodes that use it. */
  readonly accountId: string;
  readonly wallet: string | null;
  readonly uses: number;
  /** The pool that they join. */
  readonly poolId: string | null;
  readonly isPublic: boolean;
}

export function makeNodes(doors: {
  readonly db: D1Database;
  readonly signer: MessageSigner;
  readonly random: (bytes: number) => Uint8Array;
}): Nodes {
  const db = drizzle(doors.db);
  const find = (nodeId: string): Promise<NodeRow | null> => findNode(doors.db, nodeId);
  return {
    createCode: async (made, now) => {
      const { accountId, poolId } = made;
      const account = await db.select().from(accounts).where(eq(accounts.id, accountId)).get();
      if (!account) return err('no-account');
      if (account.disabledAt !== null) return err('account-disabled');
      if (poolId !== null && !(await db.select({ id: pools.id }).from(pools).where(eq(pools.id, poolId)).get()))
        return err('no-pool');
      const code = makeEnrolmentCode(doors.random(20));
      const expiresAt = now + CODE_LIFE_MS;
      const row = { ...made, codeHash: hashEnrolmentCode(code), createdAt: now, expiresAt };
      await db.insert(enrolments).values({ id: makeId('enr', doors.random(16)), ...row });
      return ok({ code, expiresAt });
    },
    listCodes: (accountId, sinceAt) => listCodes(doors.db, accountId, sinceAt),
    endCode: (code, now) => endCode(doors.db, code, now),
    enrol: (proof, now) => enrol({ ...doors, find }, proof, now),
    find,
    change: async (nodeId, { isPublic, name }) => {
      const change = { ...(isPublic !== undefined && { isPublic }), ...(name !== undefined && { name }) };
      if (Object.keys(change).length > 0) await db.update(nodes).set(change).where(eq(nodes.id, nodeId));
      return find(nodeId);
    },
    nameWallet: async (nodeId, wallet) => {
      await db
        .update(nodes)
        .set({ wallet })
        .where(and(eq(nodes.id, nodeId), isNull(nodes.wallet)));
      return find(nodeId);
    },
    revoke: async (nodeId, reason, now) => {
      await db
        .update(nodes)
        .set({ revokedAt: now, revokedReason: reason })
        .where(and(eq(nodes.id, nodeId), isNull(nodes.revokedAt)));
      return find(nodeId);
    },
    ...makeLists(doors.db),
  };
}

function makeLists(database: D1Database): Pick<Nodes, 'listOwned' | 'listSince' | 'list' | 'search'> {
  const db = drizzle(database);
  return {
    listOwned: async (accountId, afterId, limit) => {
      const isTheirs = and(eq(nodes.accountId, accountId), isNull(nodes.revokedAt), gt(nodes.id, afterId));
      const rows = await db.select({ id: nodes.id }).from(nodes).where(isTheirs).orderBy(asc(nodes.id)).limit(limit);
      return rows.map(({ id }) => id);
    },
    listSince: async (accountId, sinceAt, limit) => {
      const wasHere = and(eq(nodes.accountId, accountId), or(isNull(nodes.revokedAt), gt(nodes.revokedAt, sinceAt)));
      const newest = [desc(isNull(nodes.revokedAt)), desc(nodes.revokedAt), asc(nodes.id)];
      const rows = await db
        .select({ id: nodes.id })
        .from(nodes)
        .where(wasHere)
        .orderBy(...newest)
        .limit(limit);
      return rows.map(({ id }) => id);
    },
    list: async (afterId, limit, accountId) => {
      const isTheirs = accountId === undefined ? [] : [eq(nodes.accountId, accountId), isNull(nodes.revokedAt)];
      const isNext = and(gt(nodes.id, afterId), ...isTheirs);
      return (await selectNodes(database).where(isNext).orderBy(asc(nodes.id)).limit(limit).all()).map(toNodeRow);
    },
    search: async (text, afterId, limit) => {
      const isFound = or(...[nodes.id, nodes.name, nodes.address, nodes.accountId].map((one) => holdsText(one, text)));
      const isNext = and(gt(nodes.id, afterId), isFound);
      return (await selectNodes(database).where(isNext).orderBy(asc(nodes.id)).limit(limit).all()).map(toNodeRow);
    },
  };
}

async function enrol(
  doors: { readonly db: D1Database; readonly signer: MessageSigner; readonly find: Nodes['find'] },
  proof: Parameters<Nodes['enrol']>[0],
  now: number,
): Promise<Result<NodeRow, EnrolFault>> {
  if (!checkEnrolProof(doors.signer, proof)) return err('bad-signature');
  const nodeId = nodeIdOf(proof.address);
  const codeHash = hashEnrolmentCode(foldEnrolmentCode(proof.code) ?? proof.code);
  const judge = async (): Promise<Result<'claim' | 'repeat', EnrolFault>> => {
    const enrolment = await findCode(doors.db, codeHash, nodeId);
    return judgeEnrolment({ enrolment, existing: await doors.find(nodeId), now });
  };
  let verdict = await judge();
  if (verdict.ok && verdict.value === 'claim') {
    await claimCode(doors.db, { codeHash, nodeId, address: proof.address, wallet: proof.wallet, now });
    verdict = await judge();
  }
  if (!verdict.ok) return verdict;
  const row = await doors.find(nodeId);
  return row ? ok(row) : err('code-used');
}

/** One node as the books have it now; null: they do not know it. */
export async function findNode(db: D1Database, nodeId: string): Promise<NodeRow | null> {
  const row = await selectNodes(db).where(eq(nodes.id, nodeId)).get();
  return row ? toNodeRow(row) : null;
}

/** What the books say of a node; null: they do not know it. */
export function standingOf(row: NodeRow | null): NodeStanding | null {
  if (!row) return null;
  const pools = row.isPublic ? [...row.pools, PUBLIC_POOL] : [...row.pools];
  const kin = makeKin({ wallets: [row.wallet], pools: [...row.pools, ...row.ownerPools] });
  return { pools, barred: barOf(row), kin };
}

/** Why a node may not be connected; null while it may. */
export function barOf(row: Pick<NodeRow, 'revokedAt' | 'revokedReason' | 'isOwnerDisabled'>): string | null {
  if (row.revokedAt !== null) return row.revokedReason ?? 'no reason was given';
  return row.isOwnerDisabled ? 'the account of its owner is disabled' : null;
}

/** That its owner is in or has: enough of them to be compared. */
const OWNER_POOLS = sql<string>`(SELECT json_group_array(id) FROM (
  SELECT id FROM pools WHERE owner_account_id = nodes.account_id
  UNION SELECT pool_id FROM pool_members WHERE account_id = nodes.account_id LIMIT ${MOST_KIN}))`;
const POOL_IDS = sql<string>`(SELECT json_group_array(pool_id) FROM node_pools WHERE node_id = nodes.id)`;

function selectNodes(db: D1Database) {
  const columns = {
    ...getTableColumns(nodes),
    poolIds: POOL_IDS,
    ownerPoolIds: OWNER_POOLS,
    ownerDisabledAt: accounts.disabledAt,
  };
  return drizzle(db).select(columns).from(nodes).innerJoin(accounts, eq(accounts.id, nodes.accountId));
}

type SelectedNode = typeof nodes.$inferSelect & {
  readonly poolIds: string;
  readonly ownerPoolIds: string;
  readonly ownerDisabledAt: number | null;
};

function toNodeRow({ poolIds, ownerPoolIds, ownerDisabledAt, ...row }: SelectedNode): NodeRow {
  const [pools, ownerPools] = [JSON.parse(poolIds) as string[], JSON.parse(ownerPoolIds) as string[]];
  return { ...row, pools, ownerPools, isOwnerDisabled: ownerDisabledAt !== null };
}
