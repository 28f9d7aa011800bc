// What was offered for each nonce that an answer to a challenge took, in the settler's SQLite: whoever comes after a crash can replace what is stuck. What it says is
// made anew from the chain.
import type { Fees } from './sign-transaction.ts';

const TABLE =
  'CREATE TABLE IF NOT EXISTS answers (nonce INTEGER PRIMARY KEY, maxFee TEXT NOT NULL, tip TEXT NOT NULL, at INTEGER NOT NULL)';

export interface SentAnswer extends Fees {
  readonly nonce: number;
  /** When it was written down, ms since epoch. */
  readonly at: number;
}

type Row = { nonce: number; maxFee: string; tip: string; at: number };

export class AnswerLog {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(TABLE);
  }

  /** The last that was sent with a nonce; null for none. */
  find(nonce: number): SentAnswer | null {
    const row = this.#sql.exec<Row>('SELECT * FROM answers WHERE nonce = ?', nonce).toArray()[0];
    return row ? { ...row, maxFee: BigInt(row.maxFee), tip: BigInt(row.tip) } : null;
  }

  /** To be written before it is sent. */
  keep({ nonce, maxFee, tip, at }: SentAnswer): void {
    this.#sql.exec('INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)', nonce, String(maxFee), String(tip), at);
  }

  /** Those are used. */
  forgetBelow(nonce: number): void {
    this.#sql.exec('DELETE FROM answers WHERE nonce < ?', nonce);
  }
}
