// Tables of people who look: who they are, whose members they are, how they sign in, and where they are signed in. No password stands anywhere, and no secret
// but as its hash.
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import { accountMembers } from './tables.ts';

/** A human being, who may be a member of many accounts (auth/people.ts). */
export const people = sqliteTable(
  'people',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    /** Lower case; null for who signs in by links that were handed over otherwise. */
    email: text('email'),
    /** The language that was chosen; null for the browser's own. */
    locale: text('locale', { enum: ['en', 'ja'] }),
    /** Whether all of the network is shown, as the operator's. */
    isOperator: integer('is_operator', { mode: 'boolean' }).notNull().default(false),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [uniqueIndex('people_email').on(table.email)],
);

/** Which members of accounts a person is. */
export const personMembers = sqliteTable(
  'person_members',
  {
    personId: text('person_id')
      .notNull()
      .references(() => people.id),
    memberId: text('member_id')
      .notNull()
      .references(() => accountMembers.id),
  },
  (table) => [
    primaryKey({ columns: [table.personId, table.memberId] }),
    uniqueIndex('person_members_member').on(table.memberId),
  ],
);

/** Browsers that are signed in (auth/sessions.ts). */
export const sessions = sqliteTable(
  'sessions',
  {
    /** SHA-256 of the cookie's token, 64 hex digits. */
    id: text('id').primaryKey(),
    personId: text('person_id')
      .notNull()
      .references(() => people.id),
    /** The member as whom pages are shown; null for who is none. */
    memberId: text('member_id').references(() => accountMembers.id),
    /** What the browser calls itself, shortened. */
    about: text('about').notNull(),
    /** When somebody signed in; exchanging the token changes nothing of it. */
    createdAt: integer('created_at').notNull(),
    /** To the minute. */
    seenAt: integer('seen_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    /** When its token was exchanged for the next; it is good for a moment more, for pages that were asked for before. Null for the one that counts. */
    replacedAt: integer('replaced_at'),
  },
  (table) => [index('sessions_person').on(table.personId), index('sessions_ends').on(table.expiresAt)],
);

/** Codes of links that sign in once (auth/sign-in-codes.ts). */
export const signInCodes = sqliteTable(
  'sign_in_codes',
  {
    /** SHA-256 of the code, 64 hex digits. */
    id: text('id').primaryKey(),
    /** Null for an invitation: whoever opens it becomes that member, as who they are already or as somebody new, and never as somebody else. */
    personId: text('person_id').references(() => people.id),
    /** As whom it signs in; null for whatever the person was last. */
    memberId: text('member_id').references(() => accountMembers.id),
    /** The address that it was sent to, where opening it proves that this is the person's own from now on; lower case. */
    email: text('email'),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    usedAt: integer('used_at'),
  },
  (table) => [index('sign_in_codes_ends').on(table.expiresAt)],
);

/** Keys of authenticators (auth/passkeys.ts). */
export const passkeys = sqliteTable(
  'passkeys',
  {
    /** The credential's id, base64url. */
    id: text('id').primaryKey(),
    personId: text('person_id')
      .notNull()
      .references(() => people.id),
    /** COSE, as the authenticator gave it, base64url. */
    publicKey: text('public_key').notNull(),
    /** The authenticator's count of signatures: one that falls is refused. */
    counter: integer('counter').notNull(),
    /** JSON list. */
    transports: text('transports').notNull(),
    name: text('name').notNull(),
    createdAt: integer('created_at').notNull(),
    usedAt: integer('used_at'),
  },
  (table) => [index('passkeys_person').on(table.personId)],
);

/** Challenges that an authenticator is to sign, each once and within minutes. */
export const passkeyChallenges = sqliteTable(
  'passkey_challenges',
  {
    /** SHA-256 of the challenge, 64 hex digits. */
    id: text('id').primaryKey(),
    /** Who adds a key; null for who signs in. */
    personId: text('person_id'),
    expiresAt: integer('expires_at').notNull(),
  },
  (table) => [index('passkey_challenges_ends').on(table.expiresAt)],
);
