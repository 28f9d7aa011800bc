// The D1 tables of what is bought: Stripe's checkouts, x402 payments, and accounts' names on the chain. Facts about money, never the money itself: what an account has its object decides.
import { sql } from 'drizzle-orm';
import { index, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';

/** One attempt to buy credit by Stripe Checkout. Amount and currency are what we asked for: an event that says otherwise changes nothing. */
export const checkouts = sqliteTable(
  'checkouts',
  {
    id: text('id').primaryKey(),
    accountId: text('account_id').notNull(),
    /** Cents of `currency`. */
    amount: integer('amount').notNull(),
    currency: text('currency').notNull(),
    isLive: integer('is_live', { mode: 'boolean' }).notNull(),
    state: text('state', { enum: ['new', 'open', 'unpaid', 'paid', 'failed', 'expired'] }).notNull(),
    /** Stripe's ids, as soon as they are known. */
    session: text('session'),
    paymentIntent: text('payment_intent'),
    createdAt: integer('created_at').notNull(),
    paidAt: integer('paid_at'),
    /** Cents given back by refunds, as Stripe says; disputes stand beside them. */
    refunded: integer('refunded').notNull().default(0),
  },
  (table) => [index('checkouts_account').on(table.accountId), uniqueIndex('checkouts_intent').on(table.paymentIntent)],
);

/** One x402 payment, as its object last told it. Amounts in units, which are the token's own. */
export const payments = sqliteTable(
  'payments',
  {
    /** The one-time account that it pays for. */
    id: text('id').primaryKey(),
    payer: text('payer').notNull(),
    scheme: text('scheme', { enum: ['exact', 'upto'] }).notNull(),
    network: text('network').notNull(),
    /** JSON list of job ids. */
    jobs: text('jobs').notNull(),
    authorised: integer('authorised').notNull(),
    charge: integer('charge'),
    state: text('state', { enum: ['running', 'sending', 'settled', 'lost'] }).notNull(),
    transaction: text('transaction'),
    reason: text('reason'),
    beganAt: integer('began_at').notNull(),
    endedAt: integer('ended_at'),
  },
  (table) => [
    index('payments_payer').on(table.payer, table.state),
    // What has not come in yet, and what never did: few rows, whatever has been paid.
    index('payments_owed')
      .on(table.beganAt)
      .where(sql`${table.state} <> 'settled'`),
  ],
);

/** What an account is called on the chain: a random word, so that nobody there learns whose credit was bought. Made when it is first asked for. */
export const chainCodes = sqliteTable(
  'chain_codes',
  {
    /** 32 bytes in lower-case hex with 0x. */
    code: text('code').primaryKey(),
    accountId: text('account_id').notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [uniqueIndex('chain_codes_account').on(table.accountId)],
);
