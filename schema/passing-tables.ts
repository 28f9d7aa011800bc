// Tables of what passes: machines that wait for their owner's word, accounts that are invited into pools, what is counted at the doors that anybody may knock
// at, calls that may come again, and where a copy of the books stands.
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import { pools } from './tables.ts';

/** Machines that wait for their owner's word, each for minutes (auth/device-links.ts). */
export const deviceLinks = sqliteTable(
  'device_links',
  {
    /** SHA-256 of the device's own code, 64 hex digits. */
    id: text('id').primaryKey(),
    /** Eight letters, as the owner types them. */
    userCode: text('user_code').notNull(),
    /** base64url of the SHA-256 of what the machine alone knows. */
    challenge: text('challenge').notNull(),
    /** JSON of what the machine says of itself. */
    machine: text('machine').notNull(),
    state: text('state', { enum: ['pending', 'approved', 'denied', 'used'] }).notNull(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    /** When the machine asked last, ms since epoch; 0 for never. */
    askedAt: integer('asked_at').notNull().default(0),
    /** Verifiers that were wrong. */
    wrong: integer('wrong').notNull().default(0),
    /** Who decided, and how: null until somebody has. */
    accountId: text('account_id'),
    name: text('name'),
    poolId: text('pool_id'),
    isPublic: integer('is_public', { mode: 'boolean' }).notNull().default(true),
  },
  (table) => [uniqueIndex('device_links_code').on(table.userCode), index('device_links_ends').on(table.expiresAt)],
);

/** How often somebody came to a door within its time (auth/door-counts.ts). */
export const doorCounts = sqliteTable(
  'door_counts',
  {
    /** The door, and who: an account, or the tag of an address family. */
    name: text('name').primaryKey(),
    fromAt: integer('from_at').notNull(),
    count: integer('count').notNull(),
  },
  (table) => [index('door_counts_from').on(table.fromAt)],
);

/** What was made under an Idempotency-Key by calls that run no jobs: the same call again within a day makes nothing and is told the same. */
export const repeatedPosts = sqliteTable(
  'repeated_posts',
  {
    /** Hash of who asked, where and under which key. */
    id: text('id').primaryKey(),
    /** Hash of what was sent. */
    body: text('body').notNull(),
    at: integer('at').notNull(),
    /** JSON of the answer without secrets; null while it is being made. */
    answer: text('answer'),
  },
  (table) => [index('repeated_posts_at').on(table.at)],
);

/** Where a copy of the books stands, out or in; never copied itself. */
export const bookCopies = sqliteTable('book_copies', {
  /** `pause`: the books stand still; `import`: a file is being put in. */
  what: text('what', { enum: ['pause', 'import'] }).primaryKey(),
  /** SHA-256 of the file that is being put in, 64 hex digits; else empty. */
  name: text('name').notNull(),
  /** When a pause ends by itself, ms since epoch; null for never. */
  untilAt: integer('until_at'),
});

/** Accounts that a pool's owner has asked to become members and that have not answered: they count as nothing until then (auth/pool-invitations.ts). */
export const poolInvitations = sqliteTable(
  'pool_invitations',
  {
    poolId: text('pool_id')
      .notNull()
      .references(() => pools.id),
    /** Without a reference: an id that is nobody's is kept like any other, so that no answer tells which accounts there are. */
    accountId: text('account_id').notNull(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.poolId, table.accountId] }),
    index('pool_invitations_account').on(table.accountId),
    index('pool_invitations_ends').on(table.expiresAt),
  ],
);
