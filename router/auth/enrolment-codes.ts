// The door to what enrolment codes allow and who has used them, in D1: statements that must stand in one transaction.
import type { Hex } from '../../schema/bytes.ts';
import type { EnrolmentRow } from './judge-enrolment.ts';

const FIND_CODE = `
  SELECT account_id AS accountId, wallet, expires_at AS expiresAt, uses,
    (SELECT count(*) FROM enrolment_uses WHERE enrolment_id = enrolments.id) AS used,
    EXISTS (SELECT 1 FROM enrolment_uses WHERE enrolment_id = enrolments.id AND node_id = ?2) AS isUsedByNode,
    EXISTS (SELECT 1 FROM accounts WHERE id = account_id AND disabled_at IS NOT NULL) AS isOwnerDisabled
  FROM enrolments WHERE code_hash = ?1`;
const USE_CODE = `
  INSERT INTO enrolment_uses (enrolment_id, node_id, used_at)
  SELECT id, ?2, ?3 FROM enrolments
  WHERE code_hash = ?1 AND expires_at > ?3
    AND NOT EXISTS (SELECT 1 FROM accounts WHERE id = account_id AND disabled_at IS NOT NULL)
    AND (SELECT count(*) FROM enrolment_uses WHERE enrolment_id = enrolments.id) < uses
  ON CONFLICT DO NOTHING`;
/** The code's row where this node has used it. */
const USED = `
  FROM enrolments JOIN enrolment_uses ON enrolment_id = enrolments.id AND enrolment_uses.node_id = ?2
  WHERE code_hash = ?1`;
const WRITE_NODE = `
  INSERT INTO nodes (id, address, account_id, wallet, is_public, created_at, name)
  SELECT ?2, ?4, account_id, coalesce(wallet, ?5), is_public, ?3, name ${USED}
  ON CONFLICT (id) DO UPDATE SET wallet = excluded.wallet, is_public = excluded.is_public, name = coalesce(excluded.name, nodes.name)
  WHERE nodes.account_id = excluded.account_id AND nodes.revoked_at IS NULL`;
const JOIN_POOL = `
  INSERT INTO node_pools (node_id, pool_id)
  SELECT ?2, pool_id ${USED} AND pool_id IS NOT NULL
    AND EXISTS (SELECT 1 FROM nodes WHERE id = ?2 AND account_id = enrolments.account_id AND revoked_at IS NULL)
  ON CONFLICT DO NOTHING`;

type Flag = 'isUsedByNode' | 'isOwnerDisabled';

/** A code as it stands for one node; null for a code that is not known. */
export async function findCode(db: D1Database, codeHash: string, nodeId: string): Promise<EnrolmentRow | null> {
  const row = await db
    .prepare(FIND_CODE)
    .bind(codeHash, nodeId)
    .first<Omit<EnrolmentRow, Flag> & Readonly<Record<Flag, number>>>();
  return row && { ...row, isUsedByNode: row.isUsedByNode === 1, isOwnerDisabled: row.isOwnerDisabled === 1 };
}

/** Uses a code, writes the node and puts it in the code's pool in one transaction: nothing is written for a node that got no use. */
export async function claimCode(
  db: D1Database,
  by: {
    readonly codeHash: string;
    readonly nodeId: string;
    readonly address: Hex;
    readonly wallet: string | null;
    readonly now: number;
  },
): Promise<void> {
  const { codeHash, nodeId, address, wallet, now } = by;
  // drizzle's batch cannot bind raw statements, so they go to D1 themselves.
  await db.batch([
    db.prepare(USE_CODE).bind(codeHash, nodeId, now),
    db.prepare(WRITE_NODE).bind(codeHash, nodeId, now, address, wallet),
    db.prepare(JOIN_POOL).bind(codeHash, nodeId),
  ]);
}

/** A code as its owner sees it: never its text. */
export interface CodeRow {
  readonly id: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly uses: number;
  readonly used: number;
  readonly poolId: string | null;
  readonly isPublic: boolean;
}

/** So many are told, the newest. */
const MOST_CODES = 100;
const LIST_CODES = `
  SELECT id, created_at AS createdAt, expires_at AS expiresAt, uses, pool_id AS poolId, is_public AS isPublic,
    (SELECT count(*) FROM enrolment_uses WHERE enrolment_id = enrolments.id) AS used
  FROM enrolments WHERE account_id = ?1 AND expires_at > ?2 ORDER BY created_at DESC, id LIMIT ${MOST_CODES}`;
const END_CODE = `
  UPDATE enrolments SET expires_at = min(expires_at, ?3) WHERE id = ?1 AND account_id = ?2`;

/** An account's codes that were good at or after a moment, the newest first. */
export async function listCodes(db: D1Database, accountId: string, sinceAt: number): Promise<CodeRow[]> {
  const { results } = await db
    .prepare(LIST_CODES)
    .bind(accountId, sinceAt)
    .all<Omit<CodeRow, 'isPublic'> & { readonly isPublic: number }>();
  return results.map((row) => ({ ...row, isPublic: row.isPublic === 1 }));
}

/** From now on nothing joins by it; what has joined stays. False for no code of this account. */
export async function endCode(
  db: D1Database,
  { id, accountId }: { readonly id: string; readonly accountId: string },
  now: number,
): Promise<boolean> {
  const { meta } = await db.prepare(END_CODE).bind(id, accountId, now).run();
  return meta.changes > 0;
}
