import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Hex } from '../../schema/bytes.ts';
import { lateReceiptSchema } from '../../schema/frames-to-hub.ts';
import { ACCEPTANCE, ACCEPTANCE_STATUS, JOB_TICKET, makeMessageSigner, USAGE_RECEIPT } from '../../schema/receipt.ts';
import { addressOfPrivateKey, PLACEHOLDER_DOMAIN, ZERO_WORD } from '../../schema/typed-data.ts';
import { sampleReceipt, sampleTicket } from '../../schema/sample-messages.ts';
import { collectLog } from '../test/collect-log.ts';
import { ReceiptBook } from './receipt-book.ts';
import type { AcceptedFrame, ReceiptDraft } from './receipt-book.ts';
import type { IssuedReceipt } from './sign-receipt.ts';

const KEY = new Uint8Array(32).fill(5);
const ROUTER_KEY = new Uint8Array(32).fill(9);
const ROUTER = addressOfPrivateKey(ROUTER_KEY);
const NODE = addressOfPrivateKey(KEY);
const signer = makeMessageSigner(PLACEHOLDER_DOMAIN);

let folder: string;
let now: number;
let { log, lines } = collectLog();
beforeEach(() => {
  ({ log, lines } = collectLog());
  folder = mkdtempSync(join(tmpdir(), 'irori-book-'));
  now = 1_000_000;
});
afterEach(() => rmSync(folder, { recursive: true }));

async function open(): Promise<ReceiptBook> {
  return (await ReceiptBook.open(folder, KEY, { now: () => now, log })).book;
}

function files(): string[] {
  return readdirSync(join(folder, 'outbox')).sort();
}

function draft(job: number, isSentNow = true): ReceiptDraft {
  const ticket = sampleTicket({
    jobId: `0x${job.toString(16).padStart(64, '0')}`,
    node: NODE,
    maxOutputTokens: 50,
    priceIn: 0n,
    expiresAtMs: 1n,
  });
  return {
    router: ROUTER,
    domain: PLACEHOLDER_DOMAIN,
    signer,
    ticket,
    ticketHash: signer.hash(JOB_TICKET, ticket),
    ticketSignature: signer.sign(JOB_TICKET, ticket, ROUTER_KEY),
    work: { promptTokens: 1, outputTokens: 2, finish: 'stop', ttftMs: 1, durationMs: 2, responseHash: ZERO_WORD },
    isSentNow,
  };
}

function accept(issued: IssuedReceipt, count: bigint, key = ROUTER_KEY): AcceptedFrame {
  const { receipt, receiptHash } = issued;
  const { promptTokens, outputTokens, amount } = receipt;
  const acceptance = {
    receiptHash,
    node: NODE,
    promptTokens,
    outputTokens,
    amount,
    status: 0,
    epoch: 1,
    count,
    cumulativeAmount: 2n * count,
  };
  return {
    ticketHash: receipt.ticketHash,
    acceptance,
    signature: signer.sign(ACCEPTANCE, acceptance, key),
    reason: null,
  };
}

describe('issuing', () => {
  test('receipts that end together get consecutive numbers, each pointing at the one before', async () => {
    const book = await open();
    const issued = await Promise.all(Array.from({ length: 10 }, (_, i) => book.issue(draft(i))));
    let previous: Hex = ZERO_WORD;
    issued.forEach((one, i) => {
      expect(one.receipt).toMatchObject({ seq: BigInt(i + 1), prevReceipt: previous });
      expect(signer.hash(USAGE_RECEIPT, one.receipt)).toBe(one.receiptHash);
      previous = one.receiptHash;
    });
    expect(book.unacknowledged).toBe(10);
  });

  test('a receipt is on disk, readable by its owner only, before it may be sent', async () => {
    const book = await open();
    const { receipt } = await book.issue(draft(1));
    expect(files()).toEqual([`1-${receipt.ticketHash}.json`]);
    expect(JSON.parse(readFileSync(join(folder, 'outbox', files()[0]!), 'utf8'))).toMatchObject({
      receipt: { seq: '1' },
      router: ROUTER,
    });
  });

  test('a process that dies goes on with the next number, whether its receipts were acknowledged or not', async () => {
    const first = await open();
    const one = await first.issue(draft(1));
    const two = await first.issue(draft(2));
    const second = await open();
    expect(second.unacknowledged).toBe(2);
    const three = await second.issue(draft(3));
    expect(three.receipt).toMatchObject({ seq: 3n, prevReceipt: two.receiptHash });
    for (const [issued, count] of [
      [one, 1n],
      [two, 2n],
      [three, 3n],
    ] as const)
      expect(second.accept(accept(issued, count))).toBe('taken');
    await second.settled();
    expect(files()).toEqual([]);
    const third = await open();
    expect((await third.issue(draft(4))).receipt).toMatchObject({ seq: 4n, prevReceipt: three.receiptHash });
  });

  test('when the disk refuses, nothing is used up', async () => {
    const book = await open();
    await book.issue(draft(1));
    rmSync(join(folder, 'outbox'), { recursive: true });
    await expect(book.issue(draft(2))).rejects.toThrow('ENOENT');
    mkdirSync(join(folder, 'outbox'));
    expect((await book.issue(draft(3))).receipt.seq).toBe(2n);
  });

  test('an unreadable file is set aside and its number stays used', async () => {
    const book = await open();
    await book.issue(draft(1));
    writeFileSync(join(folder, 'outbox', files()[0]!), '{');
    for (let start = 0; start < 2; start++) {
      const reopened = await ReceiptBook.open(folder, KEY, { now: () => now, log });
      expect(reopened.unreadable.length).toBe(start === 0 ? 1 : 0);
      expect(reopened.book.unacknowledged).toBe(0);
    }
    expect((await (await open()).issue(draft(2))).receipt.seq).toBe(2n);
  });

  test('where the router has a newer receipt of this key, numbers go on well behind it, also after a restart', async () => {
    const book = await open();
    await book.issue(draft(1));
    const receipt = sampleReceipt({ ticketHash: ZERO_WORD, node: NODE, seq: 50n });
    const signature = signer.sign(USAGE_RECEIPT, receipt, KEY);
    expect(book.goOnFrom({ receipt, signature }, PLACEHOLDER_DOMAIN)).toEqual({ here: 1n, router: 50n, next: 1051n });
    expect(book.restored).toMatchObject({ next: 1051n });
    const next = await book.issue(draft(2));
    expect(next.receipt).toMatchObject({ seq: 1051n, prevReceipt: signer.hash(USAGE_RECEIPT, receipt) });
    expect(book.goOnFrom({ receipt, signature }, PLACEHOLDER_DOMAIN)).toBeNull();
    expect((await (await open()).issue(draft(3))).receipt.seq).toBe(1052n);
  });

  test('a chain that was adopted and not yet used is kept too', async () => {
    const book = await open();
    const receipt = sampleReceipt({ ticketHash: ZERO_WORD, node: NODE, seq: 7n });
    book.goOnFrom({ receipt, signature: signer.sign(USAGE_RECEIPT, receipt, KEY) }, PLACEHOLDER_DOMAIN);
    await vi.waitFor(() => expect(readFileSync(join(folder, 'chain.json'), 'utf8')).toContain('"1007"'));
    expect((await (await open()).issue(draft(1))).receipt.seq).toBe(1008n);
  });

  test('no router can push the numbers beyond what this key has signed', async () => {
    const book = await open();
    const receipt = sampleReceipt({ ticketHash: ZERO_WORD, node: NODE, seq: 2n ** 64n - 1n });
    const signature = signer.sign(USAGE_RECEIPT, receipt, ROUTER_KEY);
    expect(book.goOnFrom({ receipt, signature }, PLACEHOLDER_DOMAIN)).toBeNull();
    const elsewhere = { chainId: 1, verifyingContract: PLACEHOLDER_DOMAIN.verifyingContract };
    const own = signer.sign(USAGE_RECEIPT, receipt, KEY);
    expect(book.goOnFrom({ receipt, signature: own }, elsewhere)).toBeNull();
    expect((await book.issue(draft(1))).receipt.seq).toBe(1n);
  });

  test('a damaged chain is not started over', async () => {
    writeFileSync(join(folder, 'chain.json'), '{"seq":"x"}');
    await expect(open()).rejects.toThrow('decimal');
  });
});

describe('acceptances', () => {
  test("only the router's own signature over this receipt lets it go", async () => {
    const book = await open();
    const issued = await book.issue(draft(1));
    const other = await book.issue(draft(2));
    expect(book.accept(accept(issued, 1n, KEY))).toBe('bad-signature');
    expect(book.accept({ ...accept(other, 1n), ticketHash: issued.receipt.ticketHash })).toBe('bad-signature');
    expect(book.accept({ ...accept(issued, 1n), ticketHash: ZERO_WORD })).toBe('unknown');
    expect(book.unacknowledged).toBe(2);
    expect(book.accept(accept(issued, 1n))).toBe('taken');
    expect(book.unacknowledged).toBe(1);
    expect(book.accept(accept(issued, 1n))).toBe('unknown');
    await book.settled();
    expect(files().length).toBe(1);
  });

  test('those that earn nothing are counted, and how many came last', async () => {
    const book = await open();
    const paid = [false, true, false, false];
    const issued = await Promise.all(paid.map((_, i) => book.issue(draft(i + 1))));
    issued.forEach((one, i) => {
      const { acceptance, ...frame } = accept(one, BigInt(i + 1));
      if (!acceptance) throw new Error('no acceptance');
      const status = paid[i] === true ? acceptance.status : ACCEPTANCE_STATUS.unpaid;
      const changed = { ...acceptance, status };
      const signature = signer.sign(ACCEPTANCE, changed, ROUTER_KEY);
      expect(book.accept({ ...frame, acceptance: changed, signature })).toBe('taken');
    });
    expect(book.unpaid).toEqual({ answered: 4, unpaid: 3, inARow: 2 });
  });

  test('a receipt that the router refuses for good leaves too', async () => {
    const book = await open();
    const { receipt } = await book.issue(draft(1));
    expect(book.accept({ ticketHash: receipt.ticketHash, acceptance: null, signature: null, reason: 'too late' })).toBe(
      'refused',
    );
    await book.settled();
    expect(files()).toEqual([]);
  });

  test('where the disk keeps a receipt that was accepted, the owner is told and it stays for the next start', async () => {
    const book = await open();
    const issued = await book.issue(draft(1));
    mkdirSync(join(folder, 'chain.json'));
    expect(book.accept(accept(issued, 1n))).toBe('taken');
    await book.settled();
    expect(files()).toHaveLength(1);
    expect(lines.join('')).toMatch(/cannot leave the outbox.*count=1 reason=E/);
  });

  test('answers that count on from the newest are taken by the signature of the last', async () => {
    const book = await open();
    const issued = await Promise.all([1, 2, 3, 4].map((i) => book.issue(draft(i))));
    const [first, second, third, fourth] = issued.map((one, i) => accept(one, BigInt(i + 1)));
    expect(book.acceptAll([first!])).toEqual(['taken']);
    const unsigned = { ...second!, signature: third!.signature };
    expect(book.acceptAll([unsigned, third!, fourth!])).toEqual(['taken', 'taken', 'taken']);
    expect(book.earned).toMatchObject({ count: 4n, cumulativeAmount: 8n });
    await book.settled();
    expect(files()).toEqual([]);
  });

  test('answers with a gap, another total or an unsigned last are checked one by one', async () => {
    const book = await open();
    const issued = await Promise.all([1, 2, 3, 4, 5].map((i) => book.issue(draft(i))));
    const [first, second, third, fourth, fifth] = issued.map((one, i) => accept(one, BigInt(i + 1)));
    const forged = { ...second!, signature: third!.signature };
    expect(book.acceptAll([forged, third!])).toEqual(['bad-signature', 'taken']);
    expect(book.acceptAll([first!])).toEqual(['taken']);
    expect(book.acceptAll([fourth!, accept(issued[4]!, 5n, KEY)])).toEqual(['taken', 'bad-signature']);
    const acceptance = { ...second!.acceptance!, count: 5n, cumulativeAmount: 99n };
    expect(book.acceptAll([{ ...second!, acceptance }, fifth!])).toEqual(['bad-signature', 'taken']);
    expect(book.unacknowledged).toBe(1);
  });

  test("the highest total is kept as the owner's proof, also over a restart", async () => {
    const book = await open();
    const one = await book.issue(draft(1));
    const two = await book.issue(draft(2));
    book.accept(accept(two, 2n));
    book.accept(accept(one, 1n));
    expect(book.earned).toMatchObject({ count: 2n, cumulativeAmount: 4n });
    await book.settled();
    expect((await open()).earned).toMatchObject({ count: 2n, cumulativeAmount: 4n });
  });
});

describe('late receipts', () => {
  test('what was sent is offered again only after a while, what was not at once, oldest first', async () => {
    const book = await open();
    await book.issue(draft(1));
    const unsent = await book.issue(draft(2, false));
    const late = await book.takeLate(ROUTER);
    expect(late.map((one) => one.receipt.ticketHash)).toEqual([unsent.receipt.ticketHash]);
    expect(lateReceiptSchema.safeParse(late[0]).success).toBe(true);
    expect(await book.takeLate(ROUTER)).toEqual([]);
    now += 5000;
    expect((await book.takeLate(ROUTER)).map((one) => one.receipt.seq)).toEqual(['1', '2']);
    book.forgetOffers();
    expect((await book.takeLate(ROUTER)).length).toBe(2);
  });

  test('of many no more are given than are asked for, and the rest the next time', async () => {
    const book = await open();
    for (let job = 1; job <= 5; job++) await book.issue(draft(job, false));
    const seqs = async (): Promise<string[]> => (await book.takeLate(ROUTER, 2)).map(({ receipt }) => receipt.seq);
    expect([await seqs(), await seqs(), await seqs(), await seqs()]).toEqual([['1', '2'], ['3', '4'], ['5'], []]);
  });

  test('without an answer it is offered ever less often, at last once a minute, and anew on a new connection', async () => {
    const book = await open();
    await book.issue(draft(1));
    const offeredAt: number[] = [];
    for (const start = now; now < start + 220_000; now += 2500)
      if ((await book.takeLate(ROUTER)).length > 0) offeredAt.push((now - start) / 1000);
    expect(offeredAt).toEqual([5, 15, 35, 75, 135, 195]);
    book.forgetOffers();
    expect((await book.takeLate(ROUTER)).length).toBe(1);
    now += 5000;
    expect((await book.takeLate(ROUTER)).length).toBe(1);
  });

  test('one whose file was damaged since the start is not offered, and the owner is told', async () => {
    const book = await open();
    await book.issue(draft(1, false));
    writeFileSync(join(folder, 'outbox', files()[0]!), '{');
    expect(await book.takeLate(ROUTER)).toEqual([]);
    expect(lines.join('')).toMatch(/a stored receipt cannot be read.*file=1-0x/);
  });

  test('a ticket under which work goes on is known until it ends', async () => {
    const book = await open();
    const { ticketHash } = draft(1);
    expect(book.has(ticketHash)).toBe(false);
    book.begin(ticketHash);
    expect(book.has(ticketHash)).toBe(true);
    book.end(ticketHash);
    expect(book.has(ticketHash)).toBe(false);
  });

  test('a receipt is offered to the router that gave the job and to no other', async () => {
    const book = await open();
    await book.issue(draft(1, false));
    expect(await book.takeLate(NODE)).toEqual([]);
  });
});
