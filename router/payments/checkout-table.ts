// The door to the checkouts in D1: what was asked for, and how far it has come. It moves no money.
import { and, eq, ne, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { checkouts } from '../../schema/buying-tables.ts';
import type { CheckoutRow, CheckoutState } from './judge-checkout.ts';

export interface CheckoutTable {
  readonly add: (
    row: Omit<CheckoutRow, 'state' | 'session' | 'paymentIntent' | 'refunded'>,
    now: number,
  ) => Promise<void>;
  readonly find: (id: string) => Promise<CheckoutRow | null>;
  readonly findByIntent: (paymentIntent: string) => Promise<CheckoutRow | null>;
  /** Its page is open at Stripe, under this number. */
  readonly noteOpen: (id: string, session: string) => Promise<void>;
  /** What is paid stays so, whatever is told later. */
  readonly note: (
    id: string,
    state: Exclude<CheckoutState, 'new' | 'open' | 'paid'>,
    paymentIntent: string | null,
  ) => Promise<void>;
  readonly notePaid: (id: string, paymentIntent: string | null, now: number) => Promise<void>;
  /** Cents refunded in all; less than is known changes nothing. */
  readonly noteRefunded: (id: string, refunded: number) => Promise<void>;
}

export function makeCheckoutTable(database: D1Database): CheckoutTable {
  const db = drizzle(database);
  const notPaid = (id: string): ReturnType<typeof and> => and(eq(checkouts.id, id), ne(checkouts.state, 'paid'));
  return {
    add: async (row, now) => void (await db.insert(checkouts).values({ ...row, state: 'new', createdAt: now })),
    find: async (id) => (await db.select().from(checkouts).where(eq(checkouts.id, id)).get()) ?? null,
    findByIntent: async (paymentIntent) =>
      (await db.select().from(checkouts).where(eq(checkouts.paymentIntent, paymentIntent)).get()) ?? null,
    noteOpen: async (id, session) => {
      // Its events may have been here before Stripe's answer.
      const state = sql`CASE ${checkouts.state} WHEN 'new' THEN 'open' ELSE ${checkouts.state} END`;
      await db.update(checkouts).set({ session, state }).where(eq(checkouts.id, id));
    },
    note: async (id, state, paymentIntent) =>
      void (await db
        .update(checkouts)
        .set({ state, ...(paymentIntent && { paymentIntent }) })
        .where(notPaid(id))),
    notePaid: async (id, paymentIntent, now) =>
      void (await db
        .update(checkouts)
        .set({ state: 'paid', paidAt: now, ...(paymentIntent && { paymentIntent }) })
        .where(notPaid(id))),
    noteRefunded: async (id, refunded) => {
      const most = sql`max(${checkouts.refunded}, ${refunded})`;
      await db.update(checkouts).set({ refunded: most }).where(eq(checkouts.id, id));
    },
  };
}
