// More tables of D1: what the ledger sums up for callers and owners (usage, earnings), and what its audit reads. Like balances, `home_fees` and `book_days`
// the sums are projections: made of flushes and of nothing else, and made anew from them (billing/projection-sql.ts).
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** A UTC day of one account's parts, by key, model, country of the home and kind of job. They go after two years (billing/roll-up.ts). */
export const usageDays = sqliteTable(
  'usage_days',
  {
    accountId: text('account_id').notNull(),
    /** Days since 1970. */
    day: integer('day').notNull(),
    keyId: text('key_id').notNull(),
    model: text('model').notNull(),
    country: text('country').notNull(),
    kind: text('kind').notNull(),
    jobs: integer('jobs').notNull(),
    parts: integer('parts').notNull(),
    promptTokens: integer('prompt_tokens').notNull(),
    outputTokens: integer('output_tokens').notNull(),
    /** Units. */
    charged: integer('charged').notNull(),
    /** Of the parts whose energy is known, and how many these are. */
    energyMicroWh: integer('energy_micro_wh').notNull(),
    energyParts: integer('energy_parts').notNull(),
  },
  (table) => [
    primaryKey({
      columns: [table.accountId, table.day, table.keyId, table.model, table.country, table.kind],
    }),
    index('usage_days_day').on(table.day),
  ],
);

/** The same by UTC hour, as their flushes were handed over: an hour of a row's own day, so that hours of a day sum to it. They go after 35 days. */
export const usageHours = sqliteTable(
  'usage_hours',
  {
    accountId: text('account_id').notNull(),
    /** Hours since 1970. */
    hour: integer('hour').notNull(),
    keyId: text('key_id').notNull(),
    model: text('model').notNull(),
    country: text('country').notNull(),
    kind: text('kind').notNull(),
    jobs: integer('jobs').notNull(),
    parts: integer('parts').notNull(),
    promptTokens: integer('prompt_tokens').notNull(),
    outputTokens: integer('output_tokens').notNull(),
    /** Units. */
    charged: integer('charged').notNull(),
    energyMicroWh: integer('energy_micro_wh').notNull(),
    energyParts: integer('energy_parts').notNull(),
  },
  (table) => [
    primaryKey({
      columns: [table.accountId, table.hour, table.keyId, table.model, table.country, table.kind],
    }),
    index('usage_hours_hour').on(table.hour),
  ],
);

/** The same by UTC month, without countries: few rows for years of any account. They stay. */
export const usageMonths = sqliteTable(
  'usage_months',
  {
    accountId: text('account_id').notNull(),
    /** Months since 1970. */
    month: integer('month').notNull(),
    keyId: text('key_id').notNull(),
    model: text('model').notNull(),
    kind: text('kind').notNull(),
    jobs: integer('jobs').notNull(),
    parts: integer('parts').notNull(),
    promptTokens: integer('prompt_tokens').notNull(),
    outputTokens: integer('output_tokens').notNull(),
    /** Units. */
    charged: integer('charged').notNull(),
    energyMicroWh: integer('energy_micro_wh').notNull(),
    energyParts: integer('energy_parts').notNull(),
  },
  (table) => [primaryKey({ columns: [table.accountId, table.month, table.keyId, table.model, table.kind] })],
);

/** A UTC day of one home's parts, by model; what was paid later than its part stands on the day it was paid. */
export const nodeDays = sqliteTable(
  'node_days',
  {
    nodeId: text('node_id').notNull(),
    day: integer('day').notNull(),
    model: text('model').notNull(),
    /** The owner's, which was credited. */
    accountId: text('account_id').notNull(),
    jobs: integer('jobs').notNull(),
    parts: integer('parts').notNull(),
    promptTokens: integer('prompt_tokens').notNull(),
    outputTokens: integer('output_tokens').notNull(),
    /** Units. */
    earned: integer('earned').notNull(),
    energyMicroWh: integer('energy_micro_wh').notNull(),
    energyParts: integer('energy_parts').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.nodeId, table.day, table.model, table.accountId] }),
    index('node_days_account').on(table.accountId, table.day),
  ],
);

/** What the projections held when it began to be told what they are made of: sums by projection and key, JSON lists both. */
export const booksBefore = sqliteTable(
  'books_before',
  {
    projection: text('projection').notNull(),
    key: text('key').notNull(),
    sums: text('sums').notNull(),
  },
  (table) => [primaryKey({ columns: [table.projection, table.key] })],
);

/** One row: the figures of the public audit as they were read last, for all isolates (billing/audit.ts). */
export const audits = sqliteTable('audits', {
  id: integer('id').primaryKey(),
  /** Who reads them anew says so before, ms since epoch. */
  claimedAt: integer('claimed_at').notNull(),
  tookMs: integer('took_ms').notNull(),
  /** JSON; null until they have been read once. */
  figures: text('figures'),
});
