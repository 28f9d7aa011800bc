// The door to machines that wait for their owner's word, in D1 (RFC 8628): each lives for minutes, is decided once, and gives one enrolment code once.
import * as z from 'zod';
import { makeId } from '../../schema/ids.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { shownText } from './bodies.ts';
import { judgeDecision, judgeToken, LINK_LIFE_MS } from './judge-link.ts';
import type { DecisionFault, LinkRow, TokenFault } from './judge-link.ts';
import { hashEnrolmentCode, makeEnrolmentCode } from './make-enrolment-code.ts';
import { makeUserCode } from './make-user-code.ts';

/** The enrolment code of a link is used at once. */
const CODE_LIFE_MS = 3_600_000;
/** Two links of one user code are one in 10^10; then another is drawn. */
const DRAWS = 3;

/** What a machine says of itself: its owner reads it, and nothing is decided by it. */
export const linkMachine = z.strictObject({
  name: shownText.max(80),
  platform: shownText.max(120).nullish(),
  card: shownText.max(120).nullish(),
  models: z.array(shownText).max(100).default([]),
});
export type LinkMachine = z.output<typeof linkMachine>;

/** A machine that waits, as its owner is shown it. */
export interface DeviceLink extends LinkRow {
  readonly userCode: string;
  readonly machine: LinkMachine;
  readonly createdAt: number;
  readonly name: string | null;
}

/** How an owner's word about a machine reads; the rest of an approval is of its home. */
export type LinkDecision =
  | { readonly kind: 'denied' }
  | { readonly kind: 'approved'; readonly name: string; readonly poolId: string | null; readonly isPublic: boolean };

export interface DeviceLinks {
  /** `challenge`: base64url of the SHA-256 of the machine's verifier. The device's own code is told this once. */
  readonly create: (
    link: { readonly machine: LinkMachine; readonly challenge: string },
    now: number,
  ) => Promise<{ readonly deviceCode: string; readonly userCode: string; readonly expiresAt: number }>;
  /** By the eight letters; null for none that was made in the last hour. */
  readonly find: (userCode: string) => Promise<DeviceLink | null>;
  /** Of two who decide at once one does; the same account's own decision once more is the same. */
  readonly decide: (
    userCode: string,
    by: { readonly accountId: string; readonly decision: LinkDecision },
    now: number,
  ) => Promise<Result<DeviceLink, DecisionFault>>;
  /** The enrolment code of an approved link, for who holds its verifier: once, however many ask at the same time. */
  readonly takeCode: (
    proof: { readonly deviceCode: string; readonly verifier: string },
    now: number,
  ) => Promise<Result<{ readonly code: string; readonly accountId: string; readonly name: string | null }, TokenFault>>;
}

interface StoredLink extends Omit<DeviceLink, 'machine'> {
  readonly id: string;
  readonly machine: string;
}

const COLUMNS = `id, user_code AS userCode, challenge, machine, state, created_at AS createdAt, expires_at AS expiresAt,
  asked_at AS askedAt, wrong, account_id AS accountId, name`;
/** Those that are over stay for a while, so that who comes late is told that it is too late. */
const KEPT_MS = 3_600_000;
const INSERT = `INSERT INTO device_links (id, user_code, challenge, machine, state, created_at, expires_at)
  VALUES (?1, ?2, ?3, ?4, 'pending', ?5, ?6) ON CONFLICT DO NOTHING RETURNING id`;
/** A machine asks every five seconds: who says yes in the tenth minute has linked it all the same. */
const TAKEN_WITHIN_MS = 60_000;
const DECIDE = `UPDATE device_links SET state = ?2, account_id = ?3, name = ?4, pool_id = ?5, is_public = ?6, expires_at = max(expires_at, ?8)
  WHERE user_code = ?1 AND state = 'pending' AND expires_at > ?7 RETURNING id`;
/** Both in one transaction: a code is made for the one who takes the link out of its state, and for nobody else. */
const MAKE_CODE = `INSERT INTO enrolments (id, code_hash, account_id, wallet, created_at, expires_at, uses, pool_id, is_public, name)
  SELECT ?2, ?3, account_id, NULL, ?4, ?5, 1, pool_id, is_public, name FROM device_links WHERE id = ?1 AND state = 'approved' AND expires_at > ?4`;
const TAKE = `UPDATE device_links SET state = 'used' WHERE id = ?1 AND state = 'approved' AND expires_at > ?2 RETURNING account_id AS accountId, name`;

interface LinkDoors {
  readonly db: D1Database;
  readonly random: (bytes: number) => Uint8Array;
}

export function makeDeviceLinks({ db, random }: LinkDoors): DeviceLinks {
  const findBy = async (column: 'id' | 'user_code', value: string): Promise<StoredLink | null> =>
    db.prepare(`SELECT ${COLUMNS} FROM device_links WHERE ${column} = ?`).bind(value).first<StoredLink>();
  const find = async (userCode: string): Promise<DeviceLink | null> => toLink(await findBy('user_code', userCode));
  return {
    create: (link, now) => createLink({ db, random }, link, now),
    find,
    decide: async (userCode, { accountId, decision }, now) => {
      const wanted = decision.kind;
      const before = judgeDecision(await find(userCode), { wanted, accountId, now });
      if (before.ok && before.value === 'new') {
        const { name, poolId, isPublic } =
          decision.kind === 'approved' ? decision : { name: null, poolId: null, isPublic: true };
        const values = [userCode, wanted, accountId, name, poolId, isPublic ? 1 : 0, now, now + TAKEN_WITHIN_MS];
        await db
          .prepare(DECIDE)
          .bind(...values)
          .first();
      }
      // As it stands now, whoever was first.
      const after = await find(userCode);
      const judged = before.ok ? judgeDecision(after, { wanted, accountId, now }) : before;
      if (!judged.ok) return judged;
      return after && judged.value === 'same' ? ok(after) : err('expired');
    },
    takeCode: async ({ deviceCode, verifier }, now) => {
      const link = await findBy('id', hashEnrolmentCode(deviceCode));
      const judged = judgeToken(link, { verifier, now });
      if (!link || !judged.ok) {
        if (link && !judged.ok) await noteAsked(db, link.id, { fault: judged.error, now });
        return judged.ok ? err('unknown') : judged;
      }
      const code = makeEnrolmentCode(random(20));
      const ids = [makeId('enr', random(16)), hashEnrolmentCode(code)];
      const [, taken] = await db.batch<{ accountId: string; name: string | null }>([
        db.prepare(MAKE_CODE).bind(link.id, ...ids, now, now + CODE_LIFE_MS),
        db.prepare(TAKE).bind(link.id, now),
      ]);
      const mine = taken?.results[0];
      return mine ? ok({ code, ...mine }) : err('used');
    },
  };
}

async function createLink(
  { db, random }: LinkDoors,
  { machine, challenge }: { readonly machine: LinkMachine; readonly challenge: string },
  now: number,
): Promise<{ deviceCode: string; userCode: string; expiresAt: number }> {
  await db
    .prepare('DELETE FROM device_links WHERE expires_at < ?')
    .bind(now - KEPT_MS)
    .run();
  const deviceCode = makeEnrolmentCode(random(20)).replace('enr_', 'dev_');
  const expiresAt = now + LINK_LIFE_MS;
  for (let draw = 0; draw < DRAWS; draw++) {
    const userCode = makeUserCode(random(32));
    const values = [hashEnrolmentCode(deviceCode), userCode, challenge, JSON.stringify(machine), now, expiresAt];
    if (
      await db
        .prepare(INSERT)
        .bind(...values)
        .first()
    )
      return { deviceCode, userCode, expiresAt };
  }
  throw new Error('no user code was free');
}

/** When a machine has asked in vain, and whether it knew the verifier. */
async function noteAsked(
  db: D1Database,
  id: string,
  { fault, now }: { readonly fault: TokenFault; readonly now: number },
): Promise<void> {
  if (fault === 'wrong-verifier')
    await db.prepare('UPDATE device_links SET wrong = wrong + 1 WHERE id = ?').bind(id).run();
  else if (fault === 'pending' || fault === 'slow-down')
    await db.prepare('UPDATE device_links SET asked_at = ?2 WHERE id = ?1').bind(id, now).run();
}

function toLink(row: StoredLink | null): DeviceLink | null {
  if (!row) return null;
  const { id: _, machine, ...link } = row;
  return { ...link, machine: JSON.parse(machine) as LinkMachine };
}
