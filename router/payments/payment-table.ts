// The door to x402 payments in D1: as their objects told them last. It moves no money; it bounds what may be owed at once.
import { drizzle } from 'drizzle-orm/d1';
import { payments } from '../../schema/tables.ts';
import type { PaymentState } from './decide-payment.ts';

const DAY_MS = 86_400_000;

/** Units that are on their way or were lost within a day, and whether somebody's payment ever was. */
const OWED = `SELECT coalesce(sum(coalesce(charge, authorised)), 0) AS owed,
    coalesce(max(payer = ?1 AND state = 'lost'), 0) AS isKnown
  FROM payments WHERE state <> 'settled' AND (began_at > ?2 OR payer = ?1)`;

export interface PaymentTable {
  /** Writes it as it stands; the same again is the same. */
  readonly put: (state: PaymentState) => Promise<void>;
  readonly owed: (payer: string, now: number) => Promise<{ readonly owed: number; readonly hasLost: boolean }>;
}

export function makePaymentTable(database: D1Database): PaymentTable {
  const db = drizzle(database);
  return {
    put: async ({
      id,
      payer,
      scheme,
      network,
      jobs,
      authorised,
      charge,
      phase,
      transaction,
      reason,
      beganAt,
      doneAt,
    }) => {
      const news = { charge, state: phase, transaction, reason, endedAt: doneAt };
      const row = { id, payer, scheme, network, jobs: JSON.stringify(jobs), authorised, beganAt, ...news };
      await db.insert(payments).values(row).onConflictDoUpdate({ target: payments.id, set: news });
    },
    owed: async (payer, now) => {
      const row = await database
        .prepare(OWED)
        .bind(payer, now - DAY_MS)
        .first<{ owed: number; isKnown: number }>();
      return { owed: row?.owed ?? 0, hasLost: row?.isKnown === 1 };
    },
  };
}
