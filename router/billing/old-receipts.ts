// Accepted receipts as earlier versions kept them, a row for each: only read, until nothing can be claimed for any of them.
import { fromHex, toHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { ACCEPTANCE, USAGE_RECEIPT } from '../../schema/receipt.ts';
import type { AcceptanceJson, UsageReceiptJson } from '../../schema/receipt.ts';
import { unpackMessage } from './pack-message.ts';
import type { AcceptedRow, Proof } from './pack-receipts.ts';
import { PackedReader } from './packed-bytes.ts';
import { TURN_MS } from './turned-tables.ts';

const SIGNATURE_BYTES = 65;
const TICKET_BYTES = 16;
/** As long as what was paid is known by its ticket. */
const KEPT_MS = 2 * TURN_MS;

type ProofRow = {
  seq: ArrayBuffer;
  receiptHash: ArrayBuffer;
  prevReceipt: ArrayBuffer;
  earn: number;
  isLate: number;
  proof: ArrayBuffer;
};
type PaidRow = { earn: number; isLate: number };
type JsonRow = PaidRow & { proof: string };

export class OldReceipts {
  readonly #sql: SqlStorage;
  readonly #tables: ReadonlySet<string>;

  /** For the caller's transaction. */
  constructor(sql: SqlStorage, now: number) {
    this.#sql = sql;
    if (this.#has('proofs')) {
      const newest = sql.exec<{ at: number | null }>('SELECT max(at) AS at FROM proofs').one().at ?? 0;
      if (newest < now - KEPT_MS)
        for (const table of ['proofs', 'paid0', 'paid1']) sql.exec(`DROP TABLE IF EXISTS ${table}`);
    }
    this.#tables = new Set(['proofs', 'paid0', 'paid1', 'accepted', 'used'].filter((table) => this.#has(table)));
  }

  find(ticketHash: Hex): AcceptedRow | null {
    if (this.#tables.size === 0) return null;
    const key = fromHex(ticketHash).subarray(0, TICKET_BYTES);
    const proofs = 'SELECT seq, receiptHash, prevReceipt, earn, isLate, proof FROM proofs WHERE ticket = ?';
    const [proof] = this.#select<ProofRow>('proofs', proofs, key);
    if (proof) return { proof: readProof(proof, ticketHash), earn: proof.earn, isLate: proof.isLate === 1 };
    const [json] = this.#select<JsonRow>(
      'accepted',
      'SELECT earn, isLate, proof FROM accepted WHERE ticketHash = ?',
      ticketHash,
    );
    if (json)
      return { proof: withoutSeals(JSON.parse(json.proof) as Proof), earn: json.earn, isLate: json.isLate === 1 };
    for (const table of ['paid0', 'paid1']) {
      const [paid] = this.#select<PaidRow>(table, `SELECT earn, isLate FROM ${table} WHERE ticket = ?`, key);
      if (paid) return { proof: null, earn: paid.earn, isLate: paid.isLate === 1 };
    }
    return null;
  }

  /** Numbers of the chain that were used then. */
  used(): { readonly first: bigint; readonly last: bigint }[] {
    const ranges = this.#select<{ first: ArrayBuffer; last: ArrayBuffer }>('used', 'SELECT first, last FROM used');
    const proofs = this.#select<{ seq: ArrayBuffer }>('proofs', 'SELECT seq FROM proofs').map(({ seq }) =>
      readSeq(seq),
    );
    const jsons = this.#select<{ seq: string }>('accepted', 'SELECT seq FROM accepted').map(({ seq }) => BigInt(seq));
    return [
      ...ranges.map(({ first, last }) => ({ first: readSeq(first), last: readSeq(last) })),
      ...[...proofs, ...jsons].map((seq) => ({ first: seq, last: seq })),
    ];
  }

  #select<R extends Record<string, SqlStorageValue>>(table: string, query: string, ...values: unknown[]): R[] {
    return this.#tables.has(table) ? this.#sql.exec<R>(query, ...values).toArray() : [];
  }

  #has(table: string): boolean {
    return this.#sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", table).toArray().length > 0;
  }
}

function readProof(row: ProofRow, ticketHash: Hex): Proof {
  const reader = new PackedReader(new Uint8Array(row.proof));
  const prevReceipt = toHex(new Uint8Array(row.prevReceipt));
  const known = { ticketHash, prevReceipt, seq: readSeq(row.seq).toString() };
  const receipt = unpackMessage(reader, USAGE_RECEIPT, known) as unknown as UsageReceiptJson;
  const receiptSignature = reader.hex(SIGNATURE_BYTES);
  const receiptHash = toHex(new Uint8Array(row.receiptHash));
  const { node, promptTokens, outputTokens, amount } = receipt;
  const knownOfAcceptance = { receiptHash, node, promptTokens, outputTokens, amount };
  const acceptance = unpackMessage(reader, ACCEPTANCE, knownOfAcceptance) as unknown as AcceptanceJson;
  return withoutSeals({ receipt, receiptSignature, acceptance, acceptanceSignature: reader.hex(SIGNATURE_BYTES) });
}

function withoutSeals(proof: Omit<Proof, 'receiptSeal' | 'acceptanceSeal'>): Proof {
  return { ...proof, receiptSeal: null, acceptanceSeal: null };
}

function readSeq(bytes: ArrayBuffer): bigint {
  return BigInt(toHex(new Uint8Array(bytes)));
}
