// The door to home nodes and their one-time enrolment codes in D1.
import { and, asc, eq, gt, isNull } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import type { Hex } from '../../schema/bytes.ts';
import { makeId, nodeIdOf } from '../../schema/ids.ts';
import type { MessageSigner } from '../../schema/receipt.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { accounts, enrolments, nodes } from '../../schema/tables.ts';
import { checkEnrolProof } from './check-node-hello.ts';
import { judgeEnrolment } from './judge-enrolment.ts';
import type { EnrolFault } from './judge-enrolment.ts';
import { hashEnrolmentCode, makeEnrolmentCode } from './make-enrolment-code.ts';

export const CODE_LIFE_MS = 24 * 3_600_000;

/** A node as the books know it. */
export interface NodeRow {
  readonly id: string;
  readonly address: string;
  /** The owner's account. */
  readonly accountId: string;
  readonly wallet: string | null;
  readonly createdAt: number;
  readonly revokedAt: number | null;
  readonly revokedReason: string | null;
}

export interface Nodes {
  /** A code that one node may use once within 24 h; its text is shown this once. */
  readonly createCode: (
    owner: { readonly accountId: string; readonly wallet: string | null },
    now: number,
  ) => Promise<Result<{ readonly code: string; readonly expiresAt: number }, 'no-account'>>;
  /**
   * Binds a node to the code's owner. The signature is checked before anything is read; of two racers for one code one wins.
   * `wallet` counts only where the code was made without one.
   */
  readonly enrol: (
    proof: { readonly code: string; readonly address: Hex; readonly signature: Hex; readonly wallet: string | null },
    now: number,
  ) => Promise<Result<NodeRow, EnrolFault>>;
  readonly find: (nodeId: string) => Promise<NodeRow | null>;
  /** Marks a node revoked; null when there is none, unchanged when it already was. Its hub must be told too. */
  readonly revoke: (nodeId: string, reason: string, now: number) => Promise<NodeRow | null>;
  /** Up to `limit` nodes in the order of their ids, from after `afterId`. */
  readonly list: (afterId: string, limit: number) => Promise<NodeRow[]>;
}

export function makeNodes(doors: {
  readonly db: D1Database;
  readonly signer: MessageSigner;
  readonly random: (bytes: number) => Uint8Array;
}): Nodes {
  const db = drizzle(doors.db);
  const find = async (nodeId: string): Promise<NodeRow | null> =>
    (await db.select().from(nodes).where(eq(nodes.id, nodeId)).get()) ?? null;
  return {
    createCode: async ({ accountId, wallet }, now) => {
      const account = await db.select({ id: accounts.id }).from(accounts).where(eq(accounts.id, accountId)).get();
      if (!account) return err('no-account');
      const code = makeEnrolmentCode(doors.random(20));
      const expiresAt = now + CODE_LIFE_MS;
      const row = { accountId, wallet, codeHash: hashEnrolmentCode(code), createdAt: now, expiresAt };
      await db.insert(enrolments).values({ id: makeId('enr', doors.random(16)), ...row });
      return ok({ code, expiresAt });
    },
    enrol: async (proof, now) => {
      if (!checkEnrolProof(doors.signer, proof)) return err('bad-signature');
      const nodeId = nodeIdOf(proof.address);
      const codeHash = hashEnrolmentCode(proof.code);
      const judge = async (): Promise<Result<'claim' | 'repeat', EnrolFault>> => {
        const enrolment = await db.select().from(enrolments).where(eq(enrolments.codeHash, codeHash)).get();
        return judgeEnrolment({ enrolment: enrolment ?? null, existing: await find(nodeId), nodeId, now });
      };
      let verdict = await judge();
      if (verdict.ok && verdict.value === 'claim') {
        await claim(doors.db, { codeHash, nodeId, address: proof.address, wallet: proof.wallet, now });
        verdict = await judge();
      }
      if (!verdict.ok) return verdict;
      const row = await find(nodeId);
      return row ? ok(row) : err('code-used');
    },
    find,
    revoke: async (nodeId, reason, now) => {
      await db
        .update(nodes)
        .set({ revokedAt: now, revokedReason: reason })
        .where(and(eq(nodes.id, nodeId), isNull(nodes.revokedAt)));
      return find(nodeId);
    },
    list: (afterId, limit) =>
      db.select().from(nodes).where(gt(nodes.id, afterId)).orderBy(asc(nodes.id)).limit(limit).all(),
  };
}

const USE_CODE =
  'UPDATE enrolments SET used_at = ?1, node_id = ?2 WHERE code_hash = ?3 AND used_at IS NULL AND expires_at > ?1';
const WRITE_NODE = `
  INSERT INTO nodes (id, address, account_id, wallet, created_at)
  SELECT ?2, ?4, account_id, coalesce(wallet, ?5), ?1 FROM enrolments
  WHERE code_hash = ?3 AND used_at = ?1 AND node_id = ?2
  ON CONFLICT (id) DO UPDATE SET wallet = excluded.wallet
  WHERE nodes.account_id = excluded.account_id AND nodes.revoked_at IS NULL`;

/** Uses a code and writes the node in one transaction: the node's row is made from the code's row that this very claim has marked. */
async function claim(
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
  // drizzle's batch cannot bind raw statements, so both go to D1 themselves.
  await db.batch([
    db.prepare(USE_CODE).bind(now, nodeId, codeHash),
    db.prepare(WRITE_NODE).bind(now, nodeId, codeHash, address, wallet),
  ]);
}
