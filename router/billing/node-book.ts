// One node's receipts in its object's SQLite: what was accepted, what waits for a receipt, and its running total.
import type { Hex } from '../../schema/bytes.ts';
import type { EvidenceJson, ReceiptSide } from '../../schema/evidence.ts';
import type { MessageSigner, UsageReceiptJson } from '../../schema/receipt.ts';
import { toSealedJson } from '../../schema/seal.ts';
import type { Sealed } from '../../schema/seal.ts';
import type { SettlementJson } from '../../schema/settlement.ts';
import type { Domain } from '../../schema/typed-data.ts';
import { AcceptedReceipts } from './accepted-receipts.ts';
import type { AcceptedHead, ListedReceipt, SealedBatch } from './accepted-receipts.ts';
import type { AcceptedRow } from './pack-receipts.ts';
import { OPEN_TICKETS, OpenTickets } from './open-tickets.ts';
import type { AcceptedReceipt, Proof } from './pack-receipts.ts';
import { ReceiptEvidence } from './receipt-evidence.ts';
import { SealWatch } from './seal-watch.ts';
import type { SignedSeal } from './seal-watch.ts';
import { shareOf } from './decide-earn.ts';

export interface NodeTotals {
  /** Acceptances signed so far. */
  readonly count: number;
  /** Units earned so far. */
  readonly cumulativeAmount: number;
  /** Receipts that were not the node's or not for its ticket; nothing was paid for them. */
  readonly refused: number;
  /** Second receipts under a number already used. */
  readonly equivocations: number;
  /** Pairs of different seals under one number: evidence against the node, kept as far as 16 of them go. */
  readonly sealEquivocations: number;
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
  readonly #openTickets: OpenTickets;
  readonly #accepted: AcceptedReceipts;
  readonly #seals: SealWatch;
  readonly #evidence: ReceiptEvidence;

  constructor(storage: DurableObjectStorage) {
    this.#sql = storage.sql;
    for (const table of TABLES) this.#sql.exec(table);
    const open = 'SELECT ticketHash FROM open LIMIT ?';
    const tickets = this.#sql.exec<{ ticketHash: Hex }>(open, OPEN_TICKETS + 1).toArray();
    this.#openTickets = new OpenTickets(tickets.map(({ ticketHash }) => ticketHash));
    // Counted here until there were batches.
    const before = 'SELECT count, cumulative, equivocations, breaks FROM node';
    type Before = Pick<AcceptedHead, 'count' | 'cumulative' | 'equivocations' | 'breaks'>;
    const first = this.#sql.exec<Before & Record<string, SqlStorageValue>>(before).one();
    this.#accepted = new AcceptedReceipts(storage, Date.now(), first);
    this.#evidence = new ReceiptEvidence(storage.sql);
    this.#seals = new SealWatch(storage.sql, (number) => this.#accepted.findSeal(number));
  }

  /** `issuedAtMs`: when its ticket was issued. */
  findAccepted(ticketHash: Hex, { issuedAtMs }: { readonly issuedAtMs: bigint }): AcceptedRow | null {
    return this.#accepted.find(ticketHash, Number(issuedAtMs));
  }

  /** Of the newest batch the receipt with the highest number. */
  newest(): Pick<Proof, 'receipt' | 'receiptSignature' | 'receiptSeal'> | null {
    return this.#accepted.newest();
  }

  /** Notes a seal that the node has signed; true where it contradicts an earlier one. */
  noteSeal(signed: SignedSeal): boolean {
    return this.#seals.note(signed);
  }

  /** The settlement that came without a receipt, as its hub decided it. */
  findOpen(ticketHash: Hex): SettlementJson | null {
    if (!this.#openTickets.mayHave(ticketHash)) return null;
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
  keepReceipt(
    ticketHash: Hex,
    signed: { readonly receipt: UsageReceiptJson; readonly signature: Hex; readonly sealed: Sealed | null } | null,
  ): void {
    const receipt = signed ? JSON.stringify(signed.receipt) : null;
    const seal = signed?.sealed ? JSON.stringify(toSealedJson(signed.sealed)) : null;
    const set = `settlement = json_set(settlement, '$.receipt', json(?), '$.receiptSignature', ?, '$.receiptSeal', json(?))`;
    const values = [receipt, signed?.signature ?? null, seal, ticketHash];
    this.#sql.exec(`UPDATE open SET ${set} WHERE ticketHash = ?`, ...values);
  }

  /** Units that late events have paid or will pay. */
  drawn(): number {
    return this.#sql.exec<{ units: number }>('SELECT units FROM drawn').one().units;
  }

  /** Units that receipts for the open settlements beside one may still claim of what their callers pay. */
  reserved(beside: Hex): number {
    const charges = this.#sql.exec<{ charge: number; feeBps: number | null }>(
      "SELECT settlement->>'charge' AS charge, settlement->>'feeBps' AS feeBps FROM open WHERE settlement->>'charge' > 0 AND ticketHash <> ?",
      beside,
    );
    let units = 0;
    for (const { charge, feeBps } of charges) units += shareOf({ charge, feeBps: feeBps ?? undefined });
    return units;
  }

  /** Keeps a settlement whose receipt is missing until `untilAt`; the first one stands. */
  keepOpen(ticketHash: Hex, settlement: SettlementJson, untilAt: number): void {
    this.#openTickets.add(ticketHash);
    const insert = 'INSERT INTO open VALUES (?, ?, ?) ON CONFLICT DO NOTHING';
    this.#sql.exec(insert, ticketHash, untilAt, JSON.stringify(settlement));
  }

  /** The accepted receipt of a number that is used; null where it is older than a week. */
  findNumber(seq: bigint): Proof | null {
    return this.#accepted.findNumber(seq)?.proof ?? null;
  }

  /** Notes two receipts that the node has signed; true where they are evidence against it, and new. */
  noteContradiction(one: ReceiptSide, other: ReceiptSide, about: { signer: MessageSigner; domain: Domain }): boolean {
    return this.#evidence.note(one, other, about);
  }

  /** What the node has signed that contradicts itself: at most 16 pairs of seals and as many of receipts. */
  listEvidence(domain: Domain): EvidenceJson[] {
    const seals = this.#seals.list().map(({ one, other }): EvidenceJson => {
      return { object: 'equivocation', of: 'seals', domain, signer: one.seal.node, one, other };
    });
    return [...seals, ...this.#evidence.list()];
  }

  /** True when another receipt has been accepted under this number. */
  isSeqUsed(seq: bigint): boolean {
    return this.#accepted.isSeqUsed(seq);
  }

  /** Totals before the next acceptance. */
  get head(): AcceptedHead {
    return this.#accepted.head;
  }

  /** As AcceptedReceipts has them. */
  get lastId(): number {
    return this.#accepted.lastId;
  }
  listBatches(untilId: number, limit: number): SealedBatch[] {
    return this.#accepted.listBatches(untilId, limit);
  }
  listBefore(beforeId: number, batches: number): { readonly receipts: ListedReceipt[]; readonly next: number | null } {
    return this.#accepted.listBefore(beforeId, batches);
  }

  /** As AcceptedReceipts does. */
  findPayers(jobId: string): string[] {
    return this.#accepted.findPayers(jobId);
  }

  /** Receipts that wait for their jobs' ends, and what they may earn at most, units. */
  measureWaiting(): { readonly count: number; readonly units: number } {
    const query = `SELECT count(*) AS count, coalesce(sum(settlement->>'earn'), 0) AS units FROM open WHERE settlement->>'receipt' IS NOT NULL`;
    return this.#sql.exec<{ count: number; units: number }>(query).one();
  }

  /** How many links of the chain these receipts break, in their order; second ones of a number are none of it. */
  countBreaks(receipts: readonly Pick<AcceptedReceipt, 'seq' | 'receiptHash' | 'prevReceipt'>[]): number {
    return this.#accepted.countBreaks(receipts);
  }

  /** Writes one batch of acceptances with what the totals are then; for the caller's transaction, as the last in it. */
  accept(receipts: readonly AcceptedReceipt[], head: AcceptedHead): void {
    for (const { ticketHash, isLate, earn } of receipts) {
      if (!isLate) continue;
      this.#sql.exec('DELETE FROM open WHERE ticketHash = ?', ticketHash);
      this.#sql.exec('UPDATE drawn SET units = units + ?', earn);
    }
    this.#accepted.add(receipts, head, Date.now());
  }

  countRefused(): void {
    this.#sql.exec('UPDATE node SET refused = refused + 1');
  }

  /** Drops open settlements that no receipt can claim any more. */
  sweep(now: number): void {
    this.#sql.exec('DELETE FROM open WHERE untilAt <= ?', now);
  }

  totals(): NodeTotals {
    const { refused } = this.#sql.exec<{ refused: number }>('SELECT refused FROM node').one();
    const { count, cumulative: cumulativeAmount, equivocations, breaks } = this.#accepted.head;
    const { lastSeq, missing } = this.#accepted.chain();
    return {
      count,
      cumulativeAmount,
      refused,
      equivocations,
      sealEquivocations: this.#seals.count,
      breaks,
      lastSeq: lastSeq.toString(),
      missing,
    };
  }
}
