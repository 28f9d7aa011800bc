// The door to browsers that are signed in, in D1. A token is 32 random bytes in a cookie; D1 has its hash. A day old, it is exchanged for another, so that one
// that leaked is soon worth nothing; the one before stays good for a minute, for pages that were asked for with it.
import { and, desc, eq, gt, isNull, lt } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { people, sessions } from '../../schema/console-tables.ts';
import { hashToken, isToken, makeToken, TOKEN_BYTES } from './make-session-token.ts';
import type { Person } from './people.ts';

/** A month of not looking, ms; each day that it is used begins another. */
export const SESSION_LIFE_MS = 30 * 86_400_000;
/** A token is exchanged when it is so old, ms, and the one before is good for a moment. */
const ROTATE_AFTER_MS = 86_400_000;
const GRACE_MS = 60_000;
/** When it was seen is written once in so long, ms. */
const SEEN_EVERY_MS = 60_000;
const MOST_ABOUT = 120;

export interface Session {
  /** Hash of its token. */
  readonly id: string;
  readonly person: Person;
  readonly memberId: string | null;
  readonly createdAt: number;
  readonly seenAt: number;
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

export function makeSessions(doors: {
  readonly db: D1Database;
  readonly random: (bytes: number) => Uint8Array;
}): Sessions {
  const db = drizzle(doors.db);
  const mint = (): string => makeToken(doors.random(TOKEN_BYTES));
  return {
    open: async ({ personId, memberId, about }, now) => {
      const token = mint();
      await db.delete(sessions).where(lt(sessions.expiresAt, now));
      await db.insert(sessions).values({
        id: hashToken(token),
        personId,
        memberId,
        about: about.slice(0, MOST_ABOUT),
        createdAt: now,
        seenAt: now,
        expiresAt: now + SESSION_LIFE_MS,
      });
      return token;
    },
    find: async (token, now) => {
      if (!isToken(token)) return null;
      const found = await db
        .select()
        .from(sessions)
        .innerJoin(people, eq(people.id, sessions.personId))
        .where(and(eq(sessions.id, hashToken(token)), gt(sessions.expiresAt, now)))
        .get();
      if (!found) return null;
      const { people: person, sessions: row } = found;
      if (row.replacedAt === null && row.seenAt <= now - SEEN_EVERY_MS)
        await db.update(sessions).set({ seenAt: now }).where(eq(sessions.id, row.id));
      const { id, memberId, createdAt, seenAt, expiresAt, replacedAt } = row;
      return { id, person, memberId, createdAt, seenAt, expiresAt, isReplaced: replacedAt !== null };
    },
    rotate: async ({ id, person, memberId, createdAt, isReplaced }, now) => {
      if (isReplaced || createdAt > now - ROTATE_AFTER_MS) return null;
      const replaced = await db
        .update(sessions)
        .set({ replacedAt: now, expiresAt: now + GRACE_MS })
        .where(and(eq(sessions.id, id), isNull(sessions.replacedAt)))
        .returning({ about: sessions.about });
      const [row] = replaced;
      if (!row) return null;
      const token = mint();
      await db.insert(sessions).values({
        id: hashToken(token),
        personId: person.id,
        memberId,
        about: row.about,
        createdAt: now,
        seenAt: now,
        expiresAt: now + SESSION_LIFE_MS,
      });
      return token;
    },
    choose: async (sessionId, memberId) =>
      void (await db.update(sessions).set({ memberId }).where(eq(sessions.id, sessionId))),
    list: (personId, now) =>
      db
        .select({ id: sessions.id, about: sessions.about, createdAt: sessions.createdAt, seenAt: sessions.seenAt })
        .from(sessions)
        .where(and(eq(sessions.personId, personId), gt(sessions.expiresAt, now), isNull(sessions.replacedAt)))
        .orderBy(desc(sessions.seenAt))
        .limit(100)
        .all(),
    end: async (personId, sessionId) =>
      void (await db.delete(sessions).where(and(eq(sessions.personId, personId), eq(sessions.id, sessionId)))),
    endAll: async (personId) => void (await db.delete(sessions).where(eq(sessions.personId, personId))),
  };
}
