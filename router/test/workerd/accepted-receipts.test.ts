// What a node's account keeps of accepted receipts, with the clock in the test's hands: every answer for a week, what was paid for a month, and
// for ever which numbers are used.
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import type { Hex } from '../../../schema/bytes.ts';
import { jobTicketSchema, toMessageJson, USAGE_RECEIPT, JOB_TICKET } from '../../../schema/receipt.ts';
import { AcceptedReceipts, PROOF_MS } from '../../billing/accepted-receipts.ts';
import type { AcceptedReceipt } from '../../billing/accepted-receipts.ts';
import { TURN_MS } from '../../billing/turned-tables.ts';
import { makeNode, makePart, newId, signer } from './make-settlement.ts';

const node = makeNode('accepted-receipts-test');
const START = 60_000 * TURN_MS;

function make(seq: bigint, facts: { prevReceipt?: Hex; earn?: number; isLate?: boolean } = {}): AcceptedReceipt {
  const { prevReceipt = `0x${'77'.repeat(32)}`, earn = 45, isLate = false } = facts;
  const { ticket, receipt, withReceipt } = makePart(node, { receipt: { seq, prevReceipt } });
  const receiptHash = signer.hash(USAGE_RECEIPT, receipt);
  const counts = { promptTokens: receipt.promptTokens, outputTokens: receipt.outputTokens };
  const rest = { amount: String(earn), status: 1, epoch: 20_833, count: '7', cumulativeAmount: '315' };
  return {
    ticketHash: signer.hash(JOB_TICKET, jobTicketSchema.parse(toMessageJson(ticket))),
    receiptHash,
    seq,
    prevReceipt,
    earn,
    isLate,
    proof: {
      receipt: toMessageJson(receipt),
      receiptSignature: withReceipt.receiptSignature as Hex,
      acceptance: { receiptHash, node: node.address, ...counts, ...rest },
      acceptanceSignature: `0x${'cd'.repeat(64)}1b`,
    },
  };
}

/** The storage of an object that nothing else uses. */
function inStorage(play: (storage: DurableObjectStorage) => void): Promise<void> {
  const stub = env.NODE_ACCOUNT.getByName(newId('acct'));
  return runInDurableObject(stub, (_, state) => play(state.storage));
}

const countOf = ({ sql }: DurableObjectStorage, table: string): number =>
  Number(sql.exec(`SELECT count(*) AS n FROM ${table}`).one()['n']);

test('a week long each comes back as it was, also after a restart', () =>
  inStorage((storage) => {
    const all = [1n, 2n, 2n ** 64n - 1n].map((seq) => make(seq, { isLate: seq === 2n }));
    const accepted = new AcceptedReceipts(storage, START);
    for (const one of all) accepted.add(one, START);
    for (const book of [accepted, new AcceptedReceipts(storage, START + PROOF_MS)])
      for (const { ticketHash, proof, earn, isLate } of all)
        expect(book.find(ticketHash)).toEqual({ proof, earn, isLate });
    expect(accepted.find(make(9n).ticketHash)).toBeNull();
    expect(accepted.chain()).toEqual({ lastSeq: 2n ** 64n - 1n, used: 3 });
  }));

test('after a week only what was paid is known, after two months not even that, and its number never is free again', () =>
  inStorage((storage) => {
    const accepted = new AcceptedReceipts(storage, START);
    const old = [1n, 2n, 3n, 5n].map((seq) => make(seq, { earn: Number(seq), isLate: seq === 3n }));
    for (const one of old) accepted.add(one, START);
    accepted.add(make(6n), START + PROOF_MS);
    expect(countOf(storage, 'proofs')).toBe(1);
    for (const { ticketHash, earn, isLate } of old)
      expect(accepted.find(ticketHash)).toEqual({ proof: null, earn, isLate });
    const check = (book: AcceptedReceipts): void => {
      for (const seq of [1n, 2n, 3n, 5n, 6n]) expect(book.isSeqUsed(seq)).toBe(true);
      // A receipt that its hub could not deliver for longer than a week is the first of its number still.
      for (const seq of [0n, 4n, 7n]) expect(book.isSeqUsed(seq)).toBe(false);
      expect(book.chain()).toEqual({ lastSeq: 6n, used: 5 });
    };
    check(accepted);
    const later = new AcceptedReceipts(storage, START + 2 * TURN_MS);
    for (const { ticketHash } of old) expect(later.find(ticketHash)).toBeNull();
    check(later);
  }));

test('a chain without gaps is one range, however long, and an endless one of gaps is bounded and refuses what it forgot', () =>
  inStorage((storage) => {
    const accepted = new AcceptedReceipts(storage, START);
    for (let seq = 1n; seq <= 60n; seq++) accepted.add(make(seq), START);
    accepted.add(make(61n), START + PROOF_MS);
    expect(countOf(storage, 'used')).toBe(1);
    const other = new AcceptedReceipts(storage, START + 2 * PROOF_MS);
    for (let i = 0n; i < 300n; i++) other.add(make(1000n + 2n * i), START + 2 * PROOF_MS);
    for (let i = 0; i < 4; i++) other.add(make(5000n + BigInt(i)), START + 3 * PROOF_MS + i * 3_600_000);
    expect(countOf(storage, 'used')).toBeLessThanOrEqual(256);
    for (const seq of [1n, 500n, 1000n, 1598n, 5003n]) expect(other.isSeqUsed(seq)).toBe(true);
    expect(other.isSeqUsed(1597n)).toBe(false);
  }));

test('links of the chain are checked when their second end comes', () =>
  inStorage((storage) => {
    const accepted = new AcceptedReceipts(storage, START);
    const first = make(1n);
    const second = make(2n, { prevReceipt: first.receiptHash });
    const third = make(3n);
    accepted.add(first, START);
    accepted.add(third, START);
    // It fits the first, and the third does not fit it.
    expect(accepted.countBreaks(second)).toBe(1);
    expect(accepted.countBreaks(make(2n ** 64n - 1n))).toBe(0);
    expect(accepted.countBreaks(make(0n))).toBe(1);
  }));

test('an object that kept them as JSON has the same in few bytes', () =>
  inStorage((storage) => {
    const all = Array.from({ length: 150 }, (_, i) => make(BigInt(i + 1), { isLate: i % 2 === 0 }));
    storage.sql.exec(
      `CREATE TABLE accepted (ticketHash TEXT PRIMARY KEY, seq TEXT NOT NULL, receiptHash TEXT NOT NULL, prevReceipt TEXT NOT NULL,
        earn INTEGER NOT NULL, isLate INTEGER NOT NULL, proof TEXT NOT NULL) WITHOUT ROWID`,
    );
    for (const { ticketHash, seq, receiptHash, prevReceipt, earn, isLate, proof } of all)
      storage.sql.exec(
        'INSERT INTO accepted VALUES (?, ?, ?, ?, ?, ?, ?)',
        ticketHash,
        seq.toString().padStart(20, '0'),
        receiptHash,
        prevReceipt,
        earn,
        isLate ? 1 : 0,
        JSON.stringify(proof),
      );
    const accepted = new AcceptedReceipts(storage, START);
    for (const { ticketHash, proof, earn, isLate } of all)
      expect(accepted.find(ticketHash)).toEqual({ proof, earn, isLate });
    expect(accepted.chain()).toEqual({ lastSeq: 150n, used: 150 });
    expect(storage.sql.exec("SELECT 1 FROM pragma_table_info('accepted')").toArray()).toEqual([]);
    expect(new AcceptedReceipts(storage, START).chain()).toEqual({ lastSeq: 150n, used: 150 });
  }));
