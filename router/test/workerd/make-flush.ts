// Parts as a node's account gives them, flushes as their callers' accounts hand them to the book, and what stands for the object storage.
import type { SettlementJson } from '../../../schema/settlement.ts';
import { buildFlush } from '../../billing/build-flush.ts';
import type { NumberedFlush } from '../../billing/build-flush.ts';
import type { ReceiptFiles } from '../../billing/receipt-shelves.ts';
import { makeNode, makePart } from './make-settlement.ts';

export const node = makeNode('roll-up-test');
export const NOW = Date.now();

/** An object storage that forgets nothing; `fail` makes its next write fail after it has been done. */
export class Files implements ReceiptFiles {
  readonly kept = new Map<string, Uint8Array>();
  failsNext = false;

  put = async (key: string, bytes: Uint8Array): Promise<void> => {
    this.kept.set(key, bytes);
    if (!this.failsNext) return;
    this.failsNext = false;
    throw new Error('the storage is away');
  };

  read = async (key: string, start: number, length: number): Promise<Uint8Array> => {
    const bytes = this.kept.get(key);
    if (!bytes) throw new Error(`no file ${key}`);
    return bytes.slice(start, start + length);
  };
}

/** A part with its receipt and the acceptance of it, as the node's account gives it. */
export function partOf(accountId: string, facts: Partial<SettlementJson> = {}): SettlementJson {
  const part = makePart(node, { settlement: { accountId, ownerAccountId: 'acct_00000000000000000000000000000001' } });
  const acceptance = {
    receiptHash: `0x${'ab'.repeat(32)}`,
    node: node.address,
    promptTokens: 10,
    outputTokens: 20,
    amount: '45',
    status: 0,
    epoch: 1,
    count: '7',
    cumulativeAmount: '315',
  } as const;
  const acceptanceSignature = `0x${'cd'.repeat(64)}1b` as const;
  return { ...part.withReceipt, accountId, acceptance, acceptanceSignature, ...facts };
}

export const NO_PROOF = { receipt: null, receiptSignature: null, acceptance: null, acceptanceSignature: null };

/** By its first job: the same flush always has the same number. */
const numbers = new Map<string, number>();

/** An account's parts as it flushes them. */
export function flushOf(parts: readonly SettlementJson[]): NumberedFlush {
  const job = parts[0]?.jobId ?? '';
  const number = numbers.get(job) ?? NOW + numbers.size;
  numbers.set(job, number);
  const flush = buildFlush(parts.map((settlement) => ({ settlement, memo: null })));
  if (!flush) throw new Error('no parts');
  return { ...flush, number };
}

/** Drops what refuses it, for as long as it takes: no other test sees what one has left. */
export async function withoutTriggers(db: D1Database, work: () => Promise<unknown>): Promise<void> {
  const { results } = await db
    .prepare("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    .all<{ name: string; sql: string }>();
  await db.batch(results.map(({ name }) => db.prepare(`DROP TRIGGER ${name}`)));
  await work();
  await db.batch(results.map(({ sql }) => db.prepare(sql)));
}

export async function emptyBook(db: D1Database): Promise<void> {
  const moved = [
    'postings',
    'events',
    'flushes',
    'balances',
    'home_fees',
    'book_days',
    'usage_days',
    'usage_hours',
    'usage_months',
    'node_days',
  ];
  const tables = [...moved, 'part_receipts', 'receipt_places', 'archive_files'];
  await withoutTriggers(db, () =>
    db.batch([
      ...tables.map((table) => db.prepare(`DELETE FROM ${table}`)),
      db.prepare('UPDATE book_marks SET summed = 0, placed = 0, kept_from = 0'),
    ]),
  );
}
