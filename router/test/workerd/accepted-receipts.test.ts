// What a node's account keeps of accepted receipts, with the clock in the test's hands: every answer for a week, what was paid for a month, and
// for ever which numbers are used.
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import type { Hex } from '../../../schema/bytes.ts';
import { jobTicketSchema, toMessageJson, USAGE_RECEIPT, JOB_TICKET } from '../../../schema/receipt.ts';
import { AcceptedReceipts, PROOF_MS } from '../../billing/accepted-receipts.ts';
import type { AcceptedReceipt } from '../../billing/pack-receipts.ts';
import { toSealedJson } from '../../../schema/seal.ts';
import { ZERO_WORD } from '../../../schema/typed-data.ts';
import { TURN_MS } from '../../billing/turned-tables.ts';
import { makeNode, makePart, newId, signer } from './make-settlement.ts';

const node = makeNode('accepted-receipts-test');
const START = 600 * TURN_MS;

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
    about: { jobId: newId('job'), part: 0, model: 'nano-demo' },
    proof: {
      receipt: toMessageJson(receipt),
      receiptSignature: withReceipt.receiptSignature as Hex,
      acceptance: { receiptHash, node: node.address, ...counts, ...rest },
      acceptanceSignature: `0x${'cd'.repeat(64)}1b`,
      receiptSeal: null,
      acceptanceSeal: null,
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

/** Accepts it as a batch of its own. */
function add(book: AcceptedReceipts, one: AcceptedReceipt, now: number): void {
  book.add([one], book.head, now);
}

test('a week long each comes back as it was, alone or in a batch, also after a restart', () =>
  inStorage((storage) => {
    const all = [1n, 2n, 3n, 2n ** 64n - 1n].map((seq) => make(seq, { isLate: seq === 2n }));
    const accepted = new AcceptedReceipts(storage, START);
    const head = { ...accepted.head, count: 4, cumulative: 180, sealNumber: 2, topSeal: 9n };
    accepted.add(all.slice(0, 3), accepted.head, START);
    accepted.add(all.slice(3), head, START);
    for (const book of [accepted, new AcceptedReceipts(storage, START + PROOF_MS)]) {
      for (const { ticketHash, proof, earn, isLate } of all)
        expect(book.find(ticketHash, START)).toEqual({ proof, earn, isLate });
      expect(book.find(make(9n).ticketHash, START)).toBeNull();
      expect(book.head).toEqual(head);
      expect(book.chain()).toEqual({ lastSeq: 2n ** 64n - 1n, missing: 0 });
    }
    expect(countOf(storage, 'batches')).toBe(2);
  }));

test('after a restart a ticket is found in any of many batches, and one that none has in none', () =>
  inStorage((storage) => {
    const sample = make(1n);
    const ticketOf = (number: number): Hex => `0x${number.toString(16).padStart(64, '0')}`;
    const BATCHES = 300;
    const before = new AcceptedReceipts(storage, START);
    for (let i = 1; i <= BATCHES; i++)
      add(before, { ...sample, ticketHash: ticketOf(i), seq: BigInt(i), earn: i }, START + 100 * i);
    const now = START + 100 * BATCHES;
    const after = new AcceptedReceipts(storage, now);
    for (const book of [before, after])
      expect(Array.from({ length: BATCHES + 2 }, (_, i) => book.find(ticketOf(i), START)?.earn)).toEqual([
        undefined,
        ...Array.from({ length: BATCHES }, (_, i) => i + 1),
        undefined,
      ]);
  }));

test('a batch under one seal takes a fraction of what each took alone', () =>
  inStorage((storage) => {
    const receipts = Array.from({ length: 32 }, (_, i) => makePart(node, { receipt: { seq: BigInt(i + 1) } }));
    const facts = { kind: 2, node: node.address, number: 1n, previous: ZERO_WORD, total: 1n, atMs: BigInt(START) };
    const hashes = receipts.map(({ receipt }) => signer.hash(USAGE_RECEIPT, receipt));
    const { seal, signature, proofs } = signer.seal(facts, hashes, node.key);
    const sealed = hashes.map((_, i) => toSealedJson({ seal, proof: [...proofs[i]!] }));
    const all = receipts.map((_, i) => {
      const one = make(BigInt(i + 1), { prevReceipt: i === 0 ? ZERO_WORD : hashes[i - 1]! });
      const seals = { receiptSeal: sealed[i]!, acceptanceSeal: sealed[i]! };
      return { ...one, proof: { ...one.proof, receiptSignature: signature, acceptanceSignature: signature, ...seals } };
    });
    const accepted = new AcceptedReceipts(storage, START);
    accepted.add(all, { ...accepted.head, topSeal: 1n }, START);
    for (const { ticketHash, proof } of all) expect(accepted.find(ticketHash, START)?.proof).toEqual(proof);
    expect(accepted.findSeal(1n)).toEqual({ seal, signature });
    expect(accepted.findSeal(2n)).toBeNull();
    const bytes = storage.sql.exec('SELECT length(receipts) AS n FROM batches').one()['n'];
    expect(Number(bytes) / 32).toBeLessThan(330);
  }));

test('after a week only what was paid is known, after two months not even that, and its number never is free again', () =>
  inStorage((storage) => {
    const accepted = new AcceptedReceipts(storage, START);
    const old = [1n, 2n, 3n, 5n].map((seq) => make(seq, { earn: Number(seq), isLate: seq === 3n }));
    for (const one of old) add(accepted, one, START);
    add(accepted, make(6n), START + PROOF_MS + 1000);
    expect(countOf(storage, 'batches')).toBe(1);
    for (const { ticketHash, earn, isLate } of old)
      expect(accepted.find(ticketHash, START)).toEqual({ proof: null, earn, isLate });
    const check = (book: AcceptedReceipts): void => {
      for (const seq of [1n, 2n, 3n, 5n, 6n]) expect(book.isSeqUsed(seq)).toBe(true);
      // A receipt that its hub could not deliver for longer than a week is the first of its number still.
      for (const seq of [0n, 4n, 7n]) expect(book.isSeqUsed(seq)).toBe(false);
      expect(book.chain()).toEqual({ lastSeq: 6n, missing: 1 });
    };
    check(accepted);
    const later = new AcceptedReceipts(storage, START + 2 * TURN_MS);
    for (const { ticketHash } of old) expect(later.find(ticketHash, START)).toBeNull();
    check(later);
  }));

test('a chain of gaps without end is bounded and refuses what it forgot', () =>
  inStorage((storage) => {
    const accepted = new AcceptedReceipts(storage, START);
    const all = Array.from({ length: 300 }, (_, i) => make(1000n + 2n * BigInt(i)));
    accepted.add(all, accepted.head, START);
    for (const book of [accepted, new AcceptedReceipts(storage, START)]) {
      for (const seq of [1000n, 1001n, 1598n]) expect(book.isSeqUsed(seq)).toBe(true);
      for (const seq of [1n, 1597n, 1599n]) expect(book.isSeqUsed(seq)).toBe(false);
    }
    expect(Number(storage.sql.exec('SELECT length(head) AS n FROM batches').one()['n'])).toBeLessThan(2000);
  }));

test('links of the chain are checked when their second end comes', () =>
  inStorage((storage) => {
    const accepted = new AcceptedReceipts(storage, START);
    const first = make(1n);
    const second = make(2n, { prevReceipt: first.receiptHash });
    const third = make(3n);
    add(accepted, first, START);
    add(accepted, third, START);
    // It fits the first, and the third does not fit it.
    expect(accepted.countBreaks([second])).toBe(1);
    expect(accepted.countBreaks([make(2n ** 64n - 1n)])).toBe(0);
    expect(accepted.countBreaks([make(0n)])).toBe(1);
  }));

test('an object that kept them one by one, as JSON, has them still, and goes on in batches', () =>
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
      expect(accepted.find(ticketHash, START)).toEqual({ proof, earn, isLate });
    expect(accepted.chain()).toEqual({ lastSeq: 150n, missing: 0 });
    add(accepted, make(151n), START);
    expect(new AcceptedReceipts(storage, START).chain()).toEqual({ lastSeq: 151n, missing: 0 });
  }));
