// The door to browsers that are signed in, in D1. A token is 32 random bytes in a cookie; D1 has its hash. A day old, it is exchanged for another, so that one
// that leaked is soon worth nothing; the one before stays good for a minute, for pages that were asked for with it.
import { and, desc, eq, gt, isNull, lt } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { people, sessions } from '../../schema/console-tables.ts';
import { hashToken, isToken, makeToken, TOKEN_BYTES } from './make-session-token.ts';
import type { Person } from './people.ts';

/** A month of not looking, ms; each day that it is used begins another. */
export const SESSION_LIFE_MS = 30 * 86_400_000;
/** However much it is used, somebody signs in anew after half a year, ms: a browser that was given away is not signed in for ever. */
const LONGEST_MS = 180 * 86_400_000;
/** A token is exchanged when it is so old, ms, and the one before is good for a moment. */
const ROTATE_AFTER_MS = 86_400_000;
const GRACE_MS = 60_000;
/** So long after signing in nobody is asked to do it again, ms. */
const FRESH_MS = 900_000;
/** When it was seen is written once in so long, ms. */
const SEEN_EVERY_MS = 60_000;
const MOST_ABOUT = 120;

export interface Session {
  /** Hash of its token. */
  readonly id: string;
  readonly person: Person;
  readonly memberId: string | null;
  /** When somebody signed in: a token that was exchanged begins no other time. */
  readonly createdAt: number;
  readonly seenAt: number;
  /** A life after its token was made. */
  readonly expiresAt: number;
  readonly isReplaced: boolean;
}

/** One of a person's sessions, as the person is shown it. */
export interface ListedSession {
  readonly id: string;
  readonly about: string;
  readonly createdAt: number;
  readonly seenAt: number;
}

export interface Sessions {
  /** The token goes into a cookie and nowhere else. */
  readonly open: (
    of: { readonly personId: string; readonly memberId: string | null; readonly about: string },
    now: number,
  ) => Promise<string>;
  /** Null for a token that is none, over, or signed out. */
  readonly find: (token: string, now: number) => Promise<Session | null>;
  /** The next token, where this one is old enough; else null. Of two who ask at once one gets it. */
  readonly rotate: (session: Session, now: number) => Promise<string | null>;
  /** Whom its pages are shown as from now on. */
  readonly choose: (sessionId: string, memberId: string) => Promise<void>;
  readonly list: (personId: string, now: number) => Promise<ListedSession[]>;
  /** One of the person's own. */
  readonly end: (personId: string, sessionId: string) => Promise<void>;
  readonly endAll: (personId: string) => Promise<void>;
}

/** Whether somebody signed in just now: a browser that was left open, or lent, is no proof of who sits before it. */
export function isFresh({ createdAt }: Pick<Session, 'createdAt'>, now: number): boolean {
  return createdAt > now - FRESH_MS;
}

interface Doors {
  readonly db: D1Database;
  readonly random: (bytes: number) => Uint8Array;
}

export function makeSessions(doors: Doors): Sessions {
  const db = drizzle(doors.db);
  return {
    open: async (of, now) => {
      await db.delete(sessions).where(lt(sessions.expiresAt, now));
      return mint(doors, { ...of, about: of.about.slice(0, MOST_ABOUT), createdAt: now }, now);
    },
    find: async (token, now) => (isToken(token) ? findSession(doors, hashToken(token), now) : null),
    rotate: (session, now) => rotate(doors, session, now),
    choose: async (sessionId, memberId) =>
      void (await db.update(sessions).set({ memberId }).where(eq(sessions.id, sessionId))),
    list: (personId, now) =>
      db
        .select({ id: sessions.id, about: sessions.about, createdAt: sessions.createdAt, seenAt: sessions.seenAt })
        .from(sessions)
        .where(and(eq(sessions.personId, personId), isAlive(now), isNull(sessions.replacedAt)))
        .orderBy(desc(sessions.seenAt))
        .limit(100)
        .all(),
    end: async (personId, sessionId) =>
      void (await db.delete(sessions).where(and(eq(sessions.personId, personId), eq(sessions.id, sessionId)))),
    endAll: async (personId) => void (await db.delete(sessions).where(eq(sessions.personId, personId))),
  };
}

async function mint(
  { db, random }: Doors,
  of: Pick<typeof sessions.$inferInsert, 'personId' | 'memberId' | 'about' | 'createdAt'>,
  now: number,
): Promise<string> {
  const token = makeToken(random(TOKEN_BYTES));
  const row = { ...of, id: hashToken(token), seenAt: now, expiresAt: now + SESSION_LIFE_MS };
  await drizzle(db).insert(sessions).values(row);
  return token;
}

const isAlive = (now: number) => and(gt(sessions.expiresAt, now), gt(sessions.createdAt, now - LONGEST_MS));

async function findSession(doors: Doors, id: string, now: number): Promise<Session | null> {
  const db = drizzle(doors.db);
  const found = await db
    .select()
    .from(sessions)
    .innerJoin(people, eq(people.id, sessions.personId))
    .where(and(eq(sessions.id, id), isAlive(now)))
    .get();
  if (!found) return null;
  const { people: person, sessions: row } = found;
  if (row.replacedAt === null && row.seenAt <= now - SEEN_EVERY_MS)
    await db.update(sessions).set({ seenAt: now }).where(eq(sessions.id, row.id));
  const { memberId, createdAt, seenAt, expiresAt, replacedAt } = row;
  return { id, person, memberId, createdAt, seenAt, expiresAt, isReplaced: replacedAt !== null };
}

async function rotate(doors: Doors, session: Session, now: number): Promise<string | null> {
  const { id, person, memberId, createdAt, expiresAt, isReplaced } = session;
  if (isReplaced || expiresAt - SESSION_LIFE_MS > now - ROTATE_AFTER_MS) return null;
  const [row] = await drizzle(doors.db)
    .update(sessions)
    .set({ replacedAt: now, expiresAt: now + GRACE_MS })
    .where(and(eq(sessions.id, id), isNull(sessions.replacedAt)))
    .returning({ about: sessions.about });
  return row ? mint(doors, { personId: person.id, memberId, about: row.about, createdAt }, now) : null;
}
