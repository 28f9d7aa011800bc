// Who has asked to be claimed for, and what was sent for it, in the settler's SQLite: written down before it leaves.
import type { Hex } from '../../schema/bytes.ts';
import type { ClaimAsk, SentClaims } from './decide-claims.ts';

/** Transactions that are remembered, and those of a day whatever their number: they are counted. */
const KEPT_SENT = 200;
const KEPT_MS = 86_400_000;
/** Homes that may wait at once. */
const MOST_ASKS = 10_000;

const TABLES = [
  // `lookAt`: before then nothing can be done for it.
  'CREATE TABLE IF NOT EXISTS claim_asks (node TEXT PRIMARY KEY, askedAt INTEGER NOT NULL, lookAt INTEGER NOT NULL) WITHOUT ROWID',
  // Of each home the last that was paid for good.
  'CREATE TABLE IF NOT EXISTS claims_done (node TEXT PRIMARY KEY, at INTEGER NOT NULL, hash TEXT) WITHOUT ROWID',
  `CREATE TABLE IF NOT EXISTS claims_sent (hash TEXT PRIMARY KEY, nonce INTEGER NOT NULL, raw TEXT NOT NULL, maxFee TEXT NOT NULL, tip TEXT NOT NULL,
    gas TEXT NOT NULL, nodes TEXT NOT NULL, block INTEGER NOT NULL, at INTEGER NOT NULL, sentAt INTEGER NOT NULL)`,
];

type SentRow = Omit<SentClaims, 'maxFee' | 'tip' | 'gas' | 'nodes'> & {
  maxFee: string;
  tip: string;
  gas: string;
  nodes: string;
};

export interface DoneClaim {
  readonly at: number;
  /** Null where somebody else sent it. */
  readonly hash: Hex | null;
}

/** An object's SQLite, in as much as it is used. */
export interface SqlDoor {
  readonly exec: (
    query: string,
    ...values: unknown[]
  ) => { readonly toArray: () => unknown[]; readonly one: () => unknown };
}

export class ClaimLog {
  readonly #sql: SqlDoor;

  constructor(sql: SqlDoor) {
    this.#sql = sql;
    for (const table of TABLES) this.#sql.exec(table);
  }

  /** The first question stands until it is done with. False where too many wait. */
  ask(node: Hex, at: number): boolean {
    const { count } = this.#sql.exec('SELECT count(*) AS count FROM claim_asks').one() as { count: number };
    if (count >= MOST_ASKS) return false;
    this.#sql.exec('INSERT INTO claim_asks VALUES (?, ?, ?) ON CONFLICT DO NOTHING', node, at, at);
    return true;
  }

  findAsk(node: Hex): ClaimAsk | null {
    const rows = this.#sql.exec('SELECT node, askedAt FROM claim_asks WHERE node = ?', node).toArray();
    return (rows[0] as ClaimAsk | undefined) ?? null;
  }

  /** For whom something may be done now, the oldest first. */
  listAsks(now: number, limit: number): ClaimAsk[] {
    const query = 'SELECT node, askedAt FROM claim_asks WHERE lookAt <= ? ORDER BY lookAt, node LIMIT ?';
    return this.#sql.exec(query, now, limit).toArray() as ClaimAsk[];
  }

  /** When somebody who is not looked at yet waits next, ms since epoch; null for nobody. */
  nextLook(after: number): number | null {
    const query = 'SELECT min(lookAt) AS at FROM claim_asks WHERE lookAt > ?';
    return (this.#sql.exec(query, after).one() as { at: number | null }).at;
  }

  postpone(node: Hex, lookAt: number): void {
    this.#sql.exec('UPDATE claim_asks SET lookAt = ? WHERE node = ?', lookAt, node);
  }

  forget(node: Hex): void {
    this.#sql.exec('DELETE FROM claim_asks WHERE node = ?', node);
  }

  /** Paid for good; `hash`: by which of ours. */
  end(node: Hex, { at, hash }: DoneClaim): void {
    this.forget(node);
    this.#sql.exec('INSERT OR REPLACE INTO claims_done VALUES (?, ?, ?)', node, at, hash);
  }

  findDone(node: Hex): DoneClaim | null {
    const rows = this.#sql.exec('SELECT at, hash FROM claims_done WHERE node = ?', node).toArray();
    return (rows[0] as DoneClaim | undefined) ?? null;
  }

  /** To be written before it is sent. */
  keep({ nonce, hash, raw, maxFee, tip, gas, nodes, block, at, sentAt }: SentClaims): void {
    const values = [hash, nonce, raw, String(maxFee), String(tip), String(gas), JSON.stringify(nodes), block, at];
    this.#sql.exec('INSERT OR REPLACE INTO claims_sent VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)', ...values, sentAt);
    const kept = 'SELECT hash FROM claims_sent ORDER BY nonce DESC, at DESC LIMIT ?';
    this.#sql.exec(`DELETE FROM claims_sent WHERE at < ? AND hash NOT IN (${kept})`, at - KEPT_MS, KEPT_SENT);
  }

  noteResent(hash: Hex, sentAt: number): void {
    this.#sql.exec('UPDATE claims_sent SET sentAt = ? WHERE hash = ?', sentAt, hash);
  }

  /** Of the lowest nonce that is in no block the newest; null for none. */
  findOpen(nonce: number): SentClaims | null {
    const query = 'SELECT * FROM claims_sent WHERE nonce >= ? ORDER BY nonce, rowid DESC LIMIT 1';
    const [row] = this.#sql.exec(query, nonce).toArray() as SentRow[];
    return row ? readSent(row) : null;
  }

  /** What was sent for a home, the newest first. */
  listSentFor(node: Hex, limit: number): SentClaims[] {
    const query =
      'SELECT * FROM claims_sent WHERE EXISTS (SELECT 1 FROM json_each(nodes) WHERE value = ?) ORDER BY nonce DESC, rowid DESC LIMIT ?';
    return (this.#sql.exec(query, node, limit).toArray() as SentRow[]).map(readSent);
  }

  /** Nonces that were used since a moment. */
  countSince(at: number): number {
    const query = 'SELECT count(DISTINCT nonce) AS count FROM claims_sent WHERE at >= ?';
    return (this.#sql.exec(query, at).one() as { count: number }).count;
  }
}

function readSent({ maxFee, tip, gas, nodes, ...row }: SentRow): SentClaims {
  return { ...row, maxFee: BigInt(maxFee), tip: BigInt(tip), gas: BigInt(gas), nodes: JSON.parse(nodes) as Hex[] };
}
