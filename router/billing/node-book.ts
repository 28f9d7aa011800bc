// One node's receipts in its object's SQLite: what was accepted, what waits for a receipt, and its running total.
import type { Hex } from '../../schema/bytes.ts';
import type { UsageReceiptJson } from '../../schema/receipt.ts';
import type { SettlementJson } from '../../schema/settlement.ts';
import { AcceptedReceipts } from './accepted-receipts.ts';
import type { AcceptedReceipt, AcceptedRow } from './accepted-receipts.ts';
import { shareOf } from './decide-earn.ts';

export interface NewAcceptance extends AcceptedReceipt {
  readonly isEquivocation: boolean;
}

export interface NodeTotals {
  /** Acceptances signed so far. */
  readonly count: number;
  /** Units earned so far. */
  readonly cumulativeAmount: number;
  /** Receipts that were not the node's or not for its ticket; nothing was paid for them. */
  readonly refused: number;
  /** Second receipts under a number already used. */
  readonly equivocations: number;
  /** Receipts whose `prevReceipt` is not the hash of the receipt before them. */
  readonly breaks: number;
  readonly lastSeq: string;
  /** Numbers up to the last that no receipt has come for (some may be on their way). */
  readonly missing: number;
}

const TABLES = [
  `CREATE TABLE IF NOT EXISTS node (id INTEGER PRIMARY KEY CHECK (id = 1), count INTEGER NOT NULL, cumulative INTEGER NOT NULL,
    refused INTEGER NOT NULL, equivocations INTEGER NOT NULL, breaks INTEGER NOT NULL)`,
  'INSERT INTO node VALUES (1, 0, 0, 0, 0, 0) ON CONFLICT DO NOTHING',
  'CREATE TABLE IF NOT EXISTS open (ticketHash TEXT PRIMARY KEY, untilAt INTEGER NOT NULL, settlement TEXT NOT NULL) WITHOUT ROWID',
  `CREATE INDEX IF NOT EXISTS open_signed ON open (ticketHash) WHERE settlement->>'receipt' IS NOT NULL`,
  'CREATE TABLE IF NOT EXISTS drawn (id INTEGER PRIMARY KEY CHECK (id = 1), units INTEGER NOT NULL)',
  'INSERT INTO drawn VALUES (1, 0) ON CONFLICT DO NOTHING',
];

export class NodeBook {
  readonly #sql: SqlStorage;

  readonly #accepted: AcceptedReceipts;

  constructor(storage: DurableObjectStorage) {
    this.#sql = storage.sql;
    for (const table of TABLES) this.#sql.exec(table);
    this.#accepted = new AcceptedReceipts(storage, Date.now());
  }

  findAccepted(ticketHash: Hex): AcceptedRow | null {
    return this.#accepted.find(ticketHash);
  }

  /** The settlement that came without a receipt, as its hub decided it. */
  findOpen(ticketHash: Hex): SettlementJson | null {
    const query = 'SELECT settlement FROM open WHERE ticketHash = ?';
    const row = this.#sql.exec<{ settlement: string }>(query, ticketHash).toArray()[0];
    return row ? (JSON.parse(row.settlement) as SettlementJson) : null;
  }

  /** Open settlements that came without a receipt and delivered something, the newest `limit` of those that can still be claimed. */
  findUnsigned(now: number, limit: number): SettlementJson[] {
    const query = `SELECT settlement FROM open WHERE untilAt > ? AND settlement->>'outputTokens' > 0 AND settlement->>'receipt' IS NULL
      ORDER BY settlement->>'endedAt' DESC LIMIT ?`;
    return this.#sql
      .exec<{ settlement: string }>(query, now, limit)
      .toArray()
      .map((row) => JSON.parse(row.settlement) as SettlementJson);
  }

  /** Open settlements whose receipt is here and whose job is not known to have ended, and when their parts ended. */
  findSigned(): { readonly ticketHash: Hex; readonly endedAt: number }[] {
    const query = `SELECT ticketHash, settlement->>'endedAt' AS endedAt FROM open WHERE settlement->>'receipt' IS NOT NULL`;
    return this.#sql.exec<{ ticketHash: Hex; endedAt: number }>(query).toArray();
  }

  /** Keeps a proven receipt with its open settlement until it is known what it earns; null: it earns nothing and is not waited for. */
  keepReceipt(ticketHash: Hex, signed: { readonly receipt: UsageReceiptJson; readonly signature: Hex } | null): void {
    const receipt = signed ? JSON.stringify(signed.receipt) : null;
    const set = `settlement = json_set(settlement, '$.receipt', json(?), '$.receiptSignature', ?)`;
    this.#sql.exec(`UPDATE open SET ${set} WHERE ticketHash = ?`, receipt, signed?.signature ?? null, ticketHash);
  }

  /** Units that late events have paid or will pay. */
  drawn(): number {
    return this.#sql.exec<{ units: number }>('SELECT units FROM drawn').one().units;
  }

  /** Units that receipts for the open settlements beside one may still claim of what their callers pay. */
  reserved(beside: Hex): number {
    const charges = this.#sql.exec<{ charge: number }>(
      "SELECT settlement->>'charge' AS charge FROM open WHERE settlement->>'charge' > 0 AND ticketHash <> ?",
      beside,
    );
    let units = 0;
    for (const { charge } of charges) units += shareOf(charge);
    return units;
  }

  /** Keeps a settlement whose receipt is missing until `untilAt`; the first one stands. */
  keepOpen(ticketHash: Hex, settlement: SettlementJson, untilAt: number): void {
    const insert = 'INSERT INTO open VALUES (?, ?, ?) ON CONFLICT DO NOTHING';
    this.#sql.exec(insert, ticketHash, untilAt, JSON.stringify(settlement));
  }

  /** True when another receipt has been accepted under this number. */
  isSeqUsed(seq: bigint): boolean {
    return this.#accepted.isSeqUsed(seq);
  }

  /** Count and total before the next acceptance. */
  head(): { readonly count: number; readonly cumulative: number } {
    return this.#sql.exec<{ count: number; cumulative: number }>('SELECT count, cumulative FROM node').one();
  }

  /** Writes an acceptance and moves the totals; for the caller's transaction. Gives how many links of the chain it breaks. */
  accept(row: NewAcceptance): number {
    const { ticketHash, earn, isLate, isEquivocation } = row;
    const breaks = isEquivocation ? 0 : this.#accepted.countBreaks(row);
    this.#accepted.add(row, Date.now());
    this.#sql.exec(
      'UPDATE node SET count = count + 1, cumulative = cumulative + ?, equivocations = equivocations + ?, breaks = breaks + ?',
      earn,
      isEquivocation ? 1 : 0,
      breaks,
    );
    if (isLate) {
      this.#sql.exec('DELETE FROM open WHERE ticketHash = ?', ticketHash);
      this.#sql.exec('UPDATE drawn SET units = units + ?', earn);
    }
    return breaks;
  }

  countRefused(): void {
    this.#sql.exec('UPDATE node SET refused = refused + 1');
  }

  /** Drops open settlements that no receipt can claim any more. */
  sweep(now: number): void {
    this.#sql.exec('DELETE FROM open WHERE untilAt <= ?', now);
  }

  totals(): NodeTotals {
    const row = this.#sql
      .exec<{ count: number; cumulative: number; refused: number; equivocations: number; breaks: number }>(
        'SELECT * FROM node',
      )
      .one();
    const { lastSeq, used } = this.#accepted.chain();
    const { count, refused, equivocations, breaks } = row;
    const missing = Number(lastSeq) - used;
    return {
      count,
      cumulativeAmount: row.cumulative,
      refused,
      equivocations,
      breaks,
      lastSeq: lastSeq.toString(),
      missing,
    };
  }
}
