// The door to people's passkeys in D1, and to the challenges that authenticators sign: each challenge is taken once, before anything is verified by it.
import { and, asc, eq, lt, or, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { passkeyChallenges, passkeys } from '../../schema/console-tables.ts';
import { parseJson } from '../../schema/json.ts';
import type { PasskeyCredential, PasskeyQuestion, PasskeyVerdict } from '../../schema/passkey-check.ts';
import { hashToken, makeToken, TOKEN_BYTES } from './make-session-token.ts';
import { readChallenge } from './read-challenge.ts';

/** For who looks for a key, and a finger, ms. */
const CHALLENGE_MS = 300_000;
const MOST_KEYS = 20;

/** As its owner is shown it. */
export interface ListedPasskey {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  readonly usedAt: number | null;
}

/** What a browser sent, and where the page stands that it came from. */
export interface SaidPasskey {
  readonly response: unknown;
  readonly origin: string;
  readonly rpId: string;
}

export type PasskeyFault = 'over' | 'unknown' | 'refused' | 'too-many';

export interface Passkeys {
  /** For one who adds a key, or null for whoever signs in. */
  readonly challenge: (personId: string | null, now: number) => Promise<string>;
  /** Null where it was added. A key that is somebody's stays theirs. */
  readonly add: (personId: string, said: SaidPasskey & { name: string }, now: number) => Promise<PasskeyFault | null>;
  /** Whose key it is. */
  readonly signIn: (said: SaidPasskey, now: number) => Promise<{ readonly personId: string } | PasskeyFault>;
  readonly list: (personId: string) => Promise<ListedPasskey[]>;
  /** One of the person's own. */
  readonly remove: (personId: string, passkeyId: string) => Promise<void>;
}

interface PasskeyDoors {
  readonly db: D1Database;
  readonly random: (bytes: number) => Uint8Array;
  readonly verify: (asked: PasskeyQuestion) => Promise<PasskeyVerdict>;
}

export function makePasskeys(doors: PasskeyDoors): Passkeys {
  const db = drizzle(doors.db);
  return {
    challenge: async (personId, now) => {
      const challenge = makeToken(doors.random(TOKEN_BYTES));
      await db.delete(passkeyChallenges).where(lt(passkeyChallenges.expiresAt, now));
      await db.insert(passkeyChallenges).values({ id: hashToken(challenge), personId, expiresAt: now + CHALLENGE_MS });
      return challenge;
    },
    add: (personId, said, now) => addPasskey(doors, { ...said, personId }, now),
    signIn: (said, now) => usePasskey(doors, said, now),
    list: (personId) => listPasskeys(doors.db, personId),
    remove: async (personId, passkeyId) =>
      void (await db.delete(passkeys).where(and(eq(passkeys.personId, personId), eq(passkeys.id, passkeyId)))),
  };
}

function listPasskeys(database: D1Database, personId: string): Promise<ListedPasskey[]> {
  return drizzle(database)
    .select({ id: passkeys.id, name: passkeys.name, createdAt: passkeys.createdAt, usedAt: passkeys.usedAt })
    .from(passkeys)
    .where(eq(passkeys.personId, personId))
    .orderBy(asc(passkeys.createdAt))
    .limit(MOST_KEYS)
    .all();
}

/** Whoever sends the same answer again finds its challenge gone. */
async function takeChallenge(
  database: D1Database,
  { challenge, personId }: { readonly challenge: string; readonly personId: string | null },
  now: number,
): Promise<boolean> {
  const [row] = await drizzle(database)
    .delete(passkeyChallenges)
    .where(eq(passkeyChallenges.id, hashToken(challenge)))
    .returning();
  return row !== undefined && row.personId === personId && row.expiresAt > now;
}

async function addPasskey(
  { db, verify }: PasskeyDoors,
  { personId, response, origin, rpId, name }: SaidPasskey & { readonly personId: string; readonly name: string },
  now: number,
): Promise<PasskeyFault | null> {
  const said = readChallenge(response);
  if (!said || !(await takeChallenge(db, { challenge: said.challenge, personId }, now))) return 'over';
  if ((await listPasskeys(db, personId)).length >= MOST_KEYS) return 'too-many';
  const { credential } = await verify({ kind: 'add', ...said, origin, rpId });
  if (!credential) return 'refused';
  const row = { ...writeCredential(credential), personId, name, createdAt: now, usedAt: null };
  const added = await drizzle(db).insert(passkeys).values(row).onConflictDoNothing().returning({ id: passkeys.id });
  return added.length > 0 ? null : 'refused';
}

async function usePasskey(
  { db, verify }: PasskeyDoors,
  { response, origin, rpId }: SaidPasskey,
  now: number,
): Promise<{ readonly personId: string } | PasskeyFault> {
  const said = readChallenge(response);
  if (!said || !(await takeChallenge(db, { challenge: said.challenge, personId: null }, now))) return 'over';
  const row = await drizzle(db).select().from(passkeys).where(eq(passkeys.id, said.response.id)).get();
  if (!row) return 'unknown';
  const { credential } = await verify({ kind: 'sign-in', ...said, origin, rpId, credential: readCredential(row) });
  if (!credential) return 'refused';
  // Of two answers that come at once, a copied key's among them, the later count is let in once. Some authenticators never count.
  const grows = or(
    lt(passkeys.counter, credential.counter),
    and(eq(passkeys.counter, 0), sql`${credential.counter} = 0`),
  );
  const used = await drizzle(db)
    .update(passkeys)
    .set({ counter: credential.counter, usedAt: now })
    .where(and(eq(passkeys.id, row.id), grows))
    .returning({ id: passkeys.id });
  return used.length > 0 ? { personId: row.personId } : 'refused';
}

type Row = typeof passkeys.$inferSelect;

function writeCredential({ id, publicKey, counter, transports }: PasskeyCredential) {
  return { id, publicKey, counter, transports: JSON.stringify(transports) };
}

function readCredential({ id, publicKey, counter, transports }: Row): PasskeyCredential {
  const listed = parseJson(transports);
  return { id, publicKey, counter, transports: Array.isArray(listed) ? listed.map(String) : [] };
}
