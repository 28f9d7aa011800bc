// Pairs of receipts that one node has signed and cannot both have signed honestly: one number twice, or one ticket twice. Each is kept as a document that
// anyone can check without this router.
import { compareReceipts, toEvidenceJson } from '../../schema/evidence.ts';
import type { EvidenceJson, ReceiptSide } from '../../schema/evidence.ts';
import type { MessageSigner } from '../../schema/receipt.ts';
import type { Domain } from '../../schema/typed-data.ts';

/** One piece is enough against a node; a few more show that it was no accident. */
const MOST_KEPT = 16;

const TABLE =
  'CREATE TABLE IF NOT EXISTS receiptEvidence (name TEXT PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID';

export class ReceiptEvidence {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(TABLE);
  }

  get isFull(): boolean {
    return this.#sql.exec<{ n: number }>('SELECT count(*) AS n FROM receiptEvidence').one().n >= MOST_KEPT;
  }

  /** Keeps two receipts whose signatures have been checked; true where they contradict each other and that is new. */
  note(
    one: ReceiptSide,
    other: ReceiptSide,
    about: { readonly signer: MessageSigner; readonly domain: Domain },
  ): boolean {
    const contradiction = compareReceipts(about.signer, one.receipt, other.receipt);
    if (!contradiction || this.isFull) return false;
    const { node, seq, ticketHash } = other.receipt;
    const name = contradiction === 'receipt-number' ? `number ${seq}` : `ticket ${ticketHash}`;
    const evidence = {
      object: 'equivocation',
      of: 'receipts',
      domain: about.domain,
      signer: node,
      one,
      other,
    } as const;
    const document = JSON.stringify(toEvidenceJson(evidence));
    return this.#sql.exec('INSERT OR IGNORE INTO receiptEvidence VALUES (?, ?)', name, document).rowsWritten > 0;
  }

  list(): EvidenceJson[] {
    return this.#sql
      .exec<{ document: string }>('SELECT document FROM receiptEvidence ORDER BY name')
      .toArray()
      .map(({ document }) => JSON.parse(document) as EvidenceJson);
  }
}
