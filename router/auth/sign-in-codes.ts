// The door to links that sign in once, in D1: each is good for minutes, and for whoever opens it first.
import { drizzle } from 'drizzle-orm/d1';
import { and, eq, isNull, lt } from 'drizzle-orm';
import { signInCodes } from '../../schema/console-tables.ts';
import { hashToken, isToken, makeToken, TOKEN_BYTES } from './make-session-token.ts';

export interface SignInCodes {
  /** The code, told this once. */
  readonly mint: (of: CodeOf & { readonly lifeMs: number }, now: number) => Promise<string>;
  /** What it would be taken for now, without taking it: mail is read by machines, too. */
  readonly look: (code: string, now: number) => Promise<TakenCode | null>;
  /** Null for one that is none, over, or used: of two who come at once one is let in. */
  readonly take: (code: string, now: number) => Promise<TakenCode | null>;
  /** Those of a person that nobody has opened are worth nothing from now on. */
  readonly dropOf: (personId: string) => Promise<void>;
}

export interface CodeOf {
  /** Null for an invitation: whoever opens it becomes the member. */
  readonly personId: string | null;
  /** As whom it signs in; null for whatever the person was last. */
  readonly memberId: string | null;
  /** The address that it goes to, where opening it proves that this is the person's own; left out, it proves none. */
  readonly email?: string | null;
}

export interface TakenCode extends CodeOf {
  readonly email: string | null;
}

/** Those that are over are kept for a day. */
const KEPT_MS = 86_400_000;
const LOOK = `SELECT person_id AS personId, member_id AS memberId, email FROM sign_in_codes
  WHERE id = ?1 AND expires_at > ?2 AND used_at IS NULL`;
const TAKE = `UPDATE sign_in_codes SET used_at = ?2 WHERE id = ?1 AND expires_at > ?2 AND used_at IS NULL
  RETURNING person_id AS personId, member_id AS memberId, email`;

export function makeSignInCodes(doors: {
  readonly db: D1Database;
  readonly random: (bytes: number) => Uint8Array;
}): SignInCodes {
  const db = drizzle(doors.db);
  return {
    mint: async ({ personId, memberId, email = null, lifeMs }, now) => {
      const code = makeToken(doors.random(TOKEN_BYTES));
      await db.delete(signInCodes).where(lt(signInCodes.expiresAt, now - KEPT_MS));
      const row = { id: hashToken(code), personId, memberId, email, createdAt: now, expiresAt: now + lifeMs };
      await db.insert(signInCodes).values(row);
      return code;
    },
    look: async (code, now) => (isToken(code) ? doors.db.prepare(LOOK).bind(hashToken(code), now).first() : null),
    take: async (code, now) => (isToken(code) ? doors.db.prepare(TAKE).bind(hashToken(code), now).first() : null),
    dropOf: async (personId) =>
      void (await db.delete(signInCodes).where(and(eq(signInCodes.personId, personId), isNull(signInCodes.usedAt)))),
  };
}
