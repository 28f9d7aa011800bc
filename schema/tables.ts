// The D1 tables. Money moves only in `flushes`, and in `postings` for what is no part of a job, both append-only; everything else is who and what.
import { sql } from 'drizzle-orm';
import { blob, check, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { AnySQLiteColumn } from 'drizzle-orm/sqlite-core';
import { ROLES } from './key-rights.ts';

/** Someone who calls, owns homes, or both. */
export const accounts = sqliteTable('accounts', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  createdAt: integer('created_at').notNull(),
  disabledAt: integer('disabled_at'),
  /** Of one that signed up by itself: the tag of the address family that it came from, '' where none was known. Null for one that the operator made. */
  signedUpFrom: text('signed_up_from'),
});

/** API keys by the SHA-256 of their text; the text itself is shown once and kept nowhere. */
export const apiKeys = sqliteTable(
  'api_keys',
  {
    id: text('id').primaryKey(),
    accountId: text('account_id')
      .notNull()
      .references(() => accounts.id),
    hash: text('hash').notNull(),
    name: text('name').notNull(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at'),
    revokedAt: integer('revoked_at'),
    /** JSON as the operator wrote it: what requests with this key wish where they say nothing; null for nothing. */
    defaults: text('defaults'),
    /** JSON list of what it may do (key-rights.ts); null for the usual. */
    scopes: text('scopes'),
    /** JSON list of names of models that it may call; null for all. */
    models: text('models'),
    /** Whose it is; null for the account's own. */
    memberId: text('member_id').references((): AnySQLiteColumn => accountMembers.id),
    /** When what it may do was changed last, ms since epoch; null for never. */
    changedAt: integer('changed_at'),
    /** JSON of schema/key-limits.ts, as lists show them: its account's object decides by a copy. Null for none. */
    limits: text('limits'),
  },
  (table) => [
    uniqueIndex('api_keys_hash').on(table.hash),
    index('api_keys_account').on(table.accountId),
    index('api_keys_member').on(table.memberId),
  ],
);

/** Home nodes by their session key's address. */
export const nodes = sqliteTable(
  'nodes',
  {
    id: text('id').primaryKey(),
    address: text('address').notNull(),
    accountId: text('account_id')
      .notNull()
      .references(() => accounts.id),
    wallet: text('wallet'),
    name: text('name'),
    /** Whether it answers for everyone, beside the pools it is in. */
    isPublic: integer('is_public', { mode: 'boolean' }).notNull().default(true),
    createdAt: integer('created_at').notNull(),
    revokedAt: integer('revoked_at'),
    revokedReason: text('revoked_reason'),
  },
  (table) => [uniqueIndex('nodes_address').on(table.address), index('nodes_account').on(table.accountId)],
);

/** Codes that let homes join an owner's account, each a fixed number of times; only their hash is kept. */
export const enrolments = sqliteTable(
  'enrolments',
  {
    id: text('id').primaryKey(),
    codeHash: text('code_hash').notNull(),
    accountId: text('account_id')
      .notNull()
      .references(() => accounts.id),
    wallet: text('wallet'),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    /** How many homes may use it. */
    uses: integer('uses').notNull().default(1),
    /** The pool its homes join, whether they also answer for everyone, and what they are called until their owner says otherwise. */
    poolId: text('pool_id').references(() => pools.id),
    isPublic: integer('is_public', { mode: 'boolean' }).notNull().default(true),
    name: text('name'),
  },
  (table) => [uniqueIndex('enrolments_code').on(table.codeHash)],
);

/** Which homes used which code. */
export const enrolmentUses = sqliteTable(
  'enrolment_uses',
  {
    enrolmentId: text('enrolment_id')
      .notNull()
      .references(() => enrolments.id),
    nodeId: text('node_id').notNull(),
    usedAt: integer('used_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.enrolmentId, table.nodeId] })],
);

/** Homes that answer for some: a lab's, a university's, a circle of friends'. Names are unique, so that a request can say one. */
export const pools = sqliteTable(
  'pools',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    /** May use it like a member. */
    ownerAccountId: text('owner_account_id')
      .notNull()
      .references(() => accounts.id),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [uniqueIndex('pools_name').on(table.name), index('pools_owner').on(table.ownerAccountId)],
);

/** Accounts whose calls a pool's homes answer. */
export const poolMembers = sqliteTable(
  'pool_members',
  {
    poolId: text('pool_id')
      .notNull()
      .references(() => pools.id),
    accountId: text('account_id')
      .notNull()
      .references(() => accounts.id),
  },
  (table) => [
    primaryKey({ columns: [table.poolId, table.accountId] }),
    index('pool_members_account').on(table.accountId),
  ],
);

/** Homes of a pool. */
export const nodePools = sqliteTable(
  'node_pools',
  {
    nodeId: text('node_id')
      .notNull()
      .references(() => nodes.id),
    poolId: text('pool_id')
      .notNull()
      .references(() => pools.id),
  },
  (table) => [primaryKey({ columns: [table.nodeId, table.poolId] }), index('node_pools_pool').on(table.poolId)],
);

/** The catalogue: public models, the digests that count as each, and their price (units per million tokens). */
export const models = sqliteTable('models', {
  id: text('id').primaryKey(),
  description: text('description').notNull(),
  /** JSON list of sha256 digests (64 hex digits). */
  digests: text('digests').notNull(),
  priceIn: integer('price_in').notNull(),
  priceOut: integer('price_out').notNull(),
  /** What a home may sell it for at least; null: no home sells it for less. */
  leastPriceIn: integer('least_price_in'),
  leastPriceOut: integer('least_price_out'),
  contextTokens: integer('context_tokens').notNull(),
  maxOutputTokens: integer('max_output_tokens').notNull(),
  /** Name of a tokenizer the router carries, for exact counts; null where only bytes bound the count. */
  tokenizer: text('tokenizer'),
  /** Fewest UTF-8 bytes of text that one token stands for on average; more tokens than this allows are not believed. */
  minBytesPerToken: integer('min_bytes_per_token').notNull(),
  /** How long a home that lives is waited for: for the first token, and for each next. The default is DEFAULT_FIRST_TOKEN_MS of timings.ts. */
  maxFirstTokenMs: integer('max_first_token_ms').notNull().default(120_000),
  createdAt: integer('created_at').notNull(),
  withdrawnAt: integer('withdrawn_at'),
});

/**
 * Grants and corrections, one by one; and why a part's charge was lowered, which has no postings of its own. An event's id says what it is, so a
 * second delivery is the same row.
 */
export const events = sqliteTable(
  'events',
  {
    id: text('id').primaryKey(),
    kind: text('kind', { enum: ['grant', 'settle', 'correction'] }).notNull(),
    jobId: text('job_id'),
    part: integer('part'),
    accountId: text('account_id').notNull(),
    at: integer('at').notNull(),
    memo: text('memo'),
  },
  // Where an account's credit came from.
  (table) => [
    index('events_account')
      .on(table.accountId, table.at, table.id)
      .where(sql`${table.jobId} IS NULL`),
  ],
);

/** Signed amounts in units; those of one event sum to zero. Books: `acct_…`, `owner:acct_…`, `fees`, `grants`, `operator`. */
export const postings = sqliteTable(
  'postings',
  {
    eventId: text('event_id')
      .notNull()
      .references(() => events.id),
    book: text('book').notNull(),
    amount: integer('amount').notNull(),
  },
  (table) => [primaryKey({ columns: [table.eventId, table.book] })],
);

/**
 * What an account's parts of a few seconds moved, summed up by book, with their receipts: one row, which becomes part of the balances with many
 * others at once (`book_marks`). It also lists the parts by time, for statistics and the archive. Its number says when it was begun and by whom
 * (billing/ledger-sql.ts).
 */
export const flushes = sqliteTable(
  'flushes',
  {
    seq: integer('seq').primaryKey(),
    accountId: text('account_id').notNull(),
    /** When the newest of its parts ended, ms since epoch. */
    at: integer('at').notNull(),
    /** Units by book, which sum to zero: `{"acct_…": -50, "owner:acct_…": 45, "fees": 5}`. */
    postings: text('postings').notNull(),
    /** Units of fees by home, and under `{home}:bought` those of them that bought credit paid. */
    homes: text('homes').notNull(),
    /** What its parts add to `usage_days` and `node_days`: rows as billing/build-usage.ts has them. `{}` for what is older than these. */
    usage: text('usage').notNull().default('{}'),
    earnings: text('earnings').notNull().default('{}'),
    /** For a list of what came alone: what that moved in `book_days` and `home_fees`, where it stands already. */
    alone: text('alone'),
    /** The parts, and what statistics read of them (billing/pack-facts.ts). */
    parts: text('parts').notNull(),
    /** The parts' receipts (billing/pack-settlement.ts); null for a list of what came alone. */
    packed: blob('packed', { mode: 'buffer' }),
  },
  // An account's jobs, the newest first.
  (table) => [index('flushes_account').on(table.accountId, table.seq)],
);

/** One row. */
export const bookMarks = sqliteTable('book_marks', {
  id: integer('id').primaryKey(),
  /** Up to which number the flushes are in the balances. */
  summed: integer('summed').notNull(),
  /** Up to which number their receipts are found by `receipt_places`. */
  placed: integer('placed').notNull(),
  /** From which UTC day on `usage_days` are kept. */
  keptFrom: integer('kept_from').notNull().default(0),
  /** From which UTC hour on `usage_hours` are kept. */
  hoursFrom: integer('hours_from').notNull().default(0),
});

/**
 * What each book's postings sum to, beside those of flushes that are not summed up yet. What draws from the fees is checked here, in the
 * transaction that writes it: they can never be spent before they have come in.
 */
export const balances = sqliteTable(
  'balances',
  {
    book: text('book').primaryKey(),
    amount: integer('amount').notNull(),
  },
  (table) => [check('fees_never_negative', sql`${table.book} <> 'fees' OR ${table.amount} >= 0`)],
);

/**
 * Fees by home, in units: what its charged work brought in and what it was paid out of that for work that nobody was charged for. So no
 * home, and no owner of many, ever gets more than the callers of its work have paid. Beside each home a row `{home}:bought` counts what of it bought credit
 * paid: no newcomer's bonus is more (billing/plan-bonus.ts).
 */
export const homeFees = sqliteTable(
  'home_fees',
  {
    nodeId: text('node_id').primaryKey(),
    brought: integer('brought').notNull(),
    drawn: integer('drawn').notNull(),
  },
  (table) => [check('home_draws_what_it_brought', sql`${table.drawn} <= ${table.brought}`)],
);

/** What a day's parts moved in one book. The amounts of one day sum to zero. */
export const bookDays = sqliteTable(
  'book_days',
  {
    /** Days since 1970. */
    day: integer('day').notNull(),
    book: text('book').notNull(),
    amount: integer('amount').notNull(),
    postings: integer('postings').notNull(),
  },
  (table) => [primaryKey({ columns: [table.day, table.book] })],
);

/**
 * A settlement that came alone, with its signed messages, packed (billing/pack-settlement.ts): what was paid later than the rest of its part, and
 * what is older than flushes that keep their receipts. A row is never changed.
 */
export const partReceipts = sqliteTable(
  'part_receipts',
  {
    /** The 16 bytes of the job's id. */
    job: blob('job', { mode: 'buffer' }).notNull(),
    part: integer('part').notNull(),
    /** Which events of the part it stands for, each of which can never be booked again: a bit each (billing/receipt-shelves.ts). */
    booked: integer('booked').notNull(),
    /** A text is the settlement's JSON, of before version 0007. */
    packed: blob('packed', { mode: 'buffer' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.job, table.part, table.booked] })],
);

/** Files of the object storage that hold packed receipts, one behind another. */
export const archiveFiles = sqliteTable('archive_files', {
  id: integer('id').primaryKey(),
  key: text('key').notNull(),
  receipts: integer('receipts').notNull(),
  /** Where its flushes stand in it, without their receipts (billing/pack-journal.ts); no bytes in a file of before version 0.2. */
  journalStart: integer('journal_start').notNull().default(0),
  journalLength: integer('journal_length').notNull().default(0),
});

/** Where a receipt stands that is more than a week old: in a file, with those beside it, or (`file` 0) in the flush whose number is `start`. */
export const archivedReceipts = sqliteTable(
  'receipt_places',
  {
    job: blob('job', { mode: 'buffer' }).notNull(),
    part: integer('part').notNull(),
    booked: integer('booked').notNull(),
    file: integer('file').notNull(),
    start: integer('start').notNull(),
    length: integer('length').notNull(),
  },
  (table) => [primaryKey({ columns: [table.job, table.part, table.booked] })],
);

// Closed epochs (billing/epoch-shelf.ts). A row is never changed, but for letting go of its file.

/** Published epochs; sums of all leaves in units, as decimal texts. */
export const epochs = sqliteTable('epochs', {
  epoch: integer('epoch').primaryKey(),
  /** Length of an epoch. */
  seconds: integer('seconds').notNull(),
  root: text('root').notNull(),
  /** Of the file, lower-case hex. */
  sha256: text('sha256').notNull(),
  bytes: integer('bytes').notNull(),
  leaves: integer('leaves').notNull(),
  /** Nodes that kept the leaf of an earlier epoch, or have none, since their account and the book did not agree. */
  kept: integer('kept').notNull(),
  earned: text('earned').notNull(),
  withheld: text('withheld').notNull(),
  bonus: text('bonus').notNull(),
  count: text('count').notNull(),
  spent: text('spent').notNull(),
  publishedAt: integer('published_at').notNull(),
  /** Rows of `epoch_pieces`; 0 where the file is elsewhere or was let go of. */
  pieces: integer('pieces').notNull(),
  /** In the object storage; null where there is none. */
  fileKey: text('file_key'),
});

/** Files of epochs in pieces that fit a row, where there is no object storage. */
export const epochPieces = sqliteTable(
  'epoch_pieces',
  {
    epoch: integer('epoch').notNull(),
    piece: integer('piece').notNull(),
    text: text('text').notNull(),
  },
  (table) => [primaryKey({ columns: [table.epoch, table.piece] })],
);

// Keys and members.

/** People and programs of one account. Whoever was removed stays as a row, so that old keys keep their name. */
export const accountMembers = sqliteTable(
  'account_members',
  {
    id: text('id').primaryKey(),
    accountId: text('account_id')
      .notNull()
      .references(() => accounts.id),
    name: text('name').notNull(),
    email: text('email'),
    role: text('role', { enum: ROLES }).notNull(),
    createdAt: integer('created_at').notNull(),
    /** When the role was changed last; null for never. */
    changedAt: integer('changed_at'),
    removedAt: integer('removed_at'),
  },
  (table) => [index('account_members_account').on(table.accountId)],
);
