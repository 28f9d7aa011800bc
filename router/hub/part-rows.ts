// The hub's SQLite: which parts are open, and which settlements wait to be taken by the accounts. One row a part, from ticket to acknowledgement.
// A row that is open when the hub starts belongs to a part that died with the hub's memory.
import type { SettlementJson } from '../../schema/settlement.ts';
import type { Progress } from './bound-lost.ts';

/** What a late receipt or a sweep needs of a part whose hub lost its memory. */
export interface OpenPart {
  readonly ticketHash: string;
  readonly expiresAt: number;
  /** The settlement as far as it is known at the start: no counts, no receipt. */
  readonly draft: SettlementJson;
}

export interface DuePart {
  readonly ticketHash: string;
  readonly settlement: SettlementJson;
}

export class PartRows {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS parts (ticket_hash TEXT PRIMARY KEY, is_due INTEGER NOT NULL, expires_at INTEGER NOT NULL, settlement TEXT NOT NULL) WITHOUT ROWID',
    );
    // Beside the part's own row, which holds kilobytes and would be written anew each time.
    sql.exec(
      'CREATE TABLE IF NOT EXISTS progress (ticket_hash TEXT PRIMARY KEY, tokens INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID',
    );
  }

  open(part: OpenPart): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO parts VALUES (?, 0, ?, ?)',
      part.ticketHash,
      part.expiresAt,
      JSON.stringify(part.draft),
    );
  }

  /** The part ended owing nothing: nobody will ask for it again. */
  forget(ticketHash: string): void {
    this.#sql.exec('DELETE FROM parts WHERE ticket_hash = ?', ticketHash);
    this.#sql.exec('DELETE FROM progress WHERE ticket_hash = ?', ticketHash);
  }

  /** Notes how far a part has got that still runs. */
  noteProgress({ ticketHash, tokens, at }: Progress): void {
    this.#sql.exec('INSERT OR REPLACE INTO progress VALUES (?, ?, ?)', ticketHash, tokens, at);
  }

  /** Null for a part that ran too short to leave a note. */
  findProgress(ticketHash: string): Progress | null {
    const query = 'SELECT ticket_hash AS ticketHash, tokens, at FROM progress WHERE ticket_hash = ?';
    return this.#sql.exec<Progress & Record<string, SqlStorageValue>>(query, ticketHash).toArray()[0] ?? null;
  }

  /** The part is decided: from now on it is delivered until it is acknowledged. */
  markDue(ticketHash: string, settlement: SettlementJson): void {
    this.#sql.exec('INSERT OR REPLACE INTO parts VALUES (?, 1, 0, ?)', ticketHash, JSON.stringify(settlement));
  }

  find(ticketHash: string): { isDue: boolean; settlement: SettlementJson } | null {
    const row = this.#sql
      .exec<{ is_due: number; settlement: string }>(
        'SELECT is_due, settlement FROM parts WHERE ticket_hash = ?',
        ticketHash,
      )
      .toArray()[0];
    return row ? { isDue: row.is_due === 1, settlement: JSON.parse(row.settlement) as SettlementJson } : null;
  }

  due(limit: number): DuePart[] {
    const rows = this.#sql
      .exec<{ ticket_hash: string; settlement: string }>(
        'SELECT ticket_hash, settlement FROM parts WHERE is_due = 1 LIMIT ?',
        limit,
      )
      .toArray();
    return rows.map((row) => ({
      ticketHash: row.ticket_hash,
      settlement: JSON.parse(row.settlement) as SettlementJson,
    }));
  }

  /** Parts that are open when the hub starts died with its memory: they expire at `at` the latest. Gives how many there are. */
  orphan(at: number): number {
    this.#sql.exec('UPDATE parts SET expires_at = min(expires_at, ?) WHERE is_due = 0', at);
    return this.counts().open;
  }

  /** Open parts past their expiry: their hub forgot them and no receipt came. */
  expired(now: number): OpenPart[] {
    const rows = this.#sql
      .exec<{ ticket_hash: string; expires_at: number; settlement: string }>(
        'SELECT ticket_hash, expires_at, settlement FROM parts WHERE is_due = 0 AND expires_at < ?',
        now,
      )
      .toArray();
    return rows.map((row) => ({
      ticketHash: row.ticket_hash,
      expiresAt: row.expires_at,
      draft: JSON.parse(row.settlement) as SettlementJson,
    }));
  }

  /** Jobs by account of the parts that were opened until `openedBy` (ms since epoch) and still concern their callers. */
  jobsByAccount(openedBy: number): Map<string, string[]> {
    const rows = this.#sql.exec<{ accountId: string; jobId: string }>(
      `SELECT DISTINCT settlement->>'accountId' AS accountId, settlement->>'jobId' AS jobId FROM parts
        WHERE CAST(settlement->>'$.ticket.issuedAtMs' AS INTEGER) <= ? AND NOT (is_due = 1 AND settlement->>'outcome' = 'failed-before-token')`,
      openedBy,
    );
    const jobs = new Map<string, string[]>();
    for (const { accountId, jobId } of rows) jobs.set(accountId, [...(jobs.get(accountId) ?? []), jobId]);
    return jobs;
  }

  /** How many parts are open and due; and when the first open one expires. */
  counts(): { open: number; due: number; firstExpiryAt: number | null } {
    const row = this.#sql
      .exec<{ open: number; due: number; first: number | null }>(
        'SELECT COALESCE(SUM(is_due = 0), 0) AS open, COALESCE(SUM(is_due = 1), 0) AS due, MIN(CASE WHEN is_due = 0 THEN expires_at END) AS first FROM parts',
      )
      .one();
    return { open: row.open, due: row.due, firstExpiryAt: row.first };
  }
}
