// The door to x402 payments in D1: as their objects told them last. It moves no money; it bounds what may be owed at once.
import { drizzle } from 'drizzle-orm/d1';
import { payments } from '../../schema/buying-tables.ts';
import type { PaymentState } from './decide-payment.ts';

const DAY_MS = 86_400_000;

/** Units that are on their way or were lost within a day, and whether somebody's payment ever was; ?1: payer, ?2: a day ago. */
const OWED = `SELECT coalesce(sum(coalesce(charge, authorised)), 0) AS owed,
    coalesce(max(payer = ?1 AND state = 'lost'), 0) AS hasLost
  FROM payments WHERE state <> 'settled' AND (began_at > ?2 OR payer = ?1)`;

/** In one statement, so that of many at once no more are let in than may be owed. */
const OPEN = `INSERT INTO payments (id, payer, scheme, network, jobs, authorised, state, began_at)
  SELECT ?3, ?1, ?4, ?5, ?6, ?7, 'running', ?8 FROM (${OWED}) AS o WHERE o.owed + ?7 <= ?9 AND o.hasLost = 0
  ON CONFLICT DO NOTHING RETURNING id`;

export interface PaymentTable {
  /** Writes it as it stands; the same again is the same. */
  readonly put: (state: PaymentState) => Promise<void>;
  /** Writes a new one, unless more would be owed then than may be: false. */
  readonly open: (state: PaymentState, mostOwed: number) => Promise<boolean>;
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
    open: async ({ id, payer, scheme, network, jobs, authorised, beganAt }, mostOwed) => {
      const values = [
        payer,
        beganAt - DAY_MS,
        id,
        scheme,
        network,
        JSON.stringify(jobs),
        authorised,
        beganAt,
        mostOwed,
      ];
      const { results } = await database
        .prepare(OPEN)
        .bind(...values)
        .all();
      return results.length > 0;
    },
    owed: async (payer, now) => {
      const row = await database
        .prepare(OWED)
        .bind(payer, now - DAY_MS)
        .first<{ owed: number; hasLost: number }>();
      return { owed: row?.owed ?? 0, hasLost: row?.hasLost === 1 };
    },
  };
}
