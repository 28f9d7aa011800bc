import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Hex } from '../../schema/bytes.ts';
import { lateReceiptSchema } from '../../schema/frames-to-hub.ts';
import { JOB_TICKET, USAGE_RECEIPT } from '../../schema/receipt.ts';
import { SEAL, SEAL_KIND } from '../../schema/seal.ts';
import { PLACEHOLDER_DOMAIN, ZERO_WORD } from '../../schema/typed-data.ts';
import { sampleReceipt } from '../../schema/sample-messages.ts';
import { collectLog } from '../test/collect-log.ts';
import { ROUTER, ROUTER_KEY, signer } from '../test/hub-seals.ts';
import { acceptOne, draft, NODE, NODE_KEY, openSocket } from '../test/receipt-bench.ts';
import { DISK } from './append-file.ts';
import type { LogDisk } from './append-file.ts';
import { ReceiptBook } from './receipt-book.ts';

let folder: string;
let now: number;
let { log, lines } = collectLog();
beforeEach(() => {
  ({ log, lines } = collectLog());
  folder = mkdtempSync(join(tmpdir(), 'irori-book-'));
  now = 1_000_000;
});
afterEach(() => rmSync(folder, { recursive: true }));

function open(disk?: LogDisk): Promise<ReceiptBook> {
  return ReceiptBook.open(folder, NODE_KEY, { now: () => now, log, ...(disk ? { disk } : {}) });
}

/** A disk that refuses to sync while it is full. */
function fullDisk(): { disk: LogDisk; state: { isFull: boolean } } {
  const state = { isFull: false };
  const sync: LogDisk['sync'] = async (file) => {
    if (state.isFull) throw new Error('ENOSPC');
    await DISK.sync(file);
  };
  return { disk: { ...DISK, sync }, state };
}

describe('issuing', () => {
  test('receipts that end together get consecutive numbers, each pointing at the one before, under one seal', async () => {
    const book = await open();
    const socket = openSocket();
    const issued = await Promise.all(Array.from({ length: 10 }, (_, i) => book.issue(draft(i, socket))));
    let previous: Hex = ZERO_WORD;
    issued.forEach((one, i) => {
      expect(one.receipt).toMatchObject({ seq: BigInt(i + 1), prevReceipt: previous });
      expect(signer.hash(USAGE_RECEIPT, one.receipt)).toBe(one.receiptHash);
      previous = one.receiptHash;
    });
    expect(socket.frames).toMatchObject([
      {
        seq: 1n,
        prevReceipt: ZERO_WORD,
        jobs: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        seal: { number: 1n, count: 10, total: 20n },
      },
    ]);
    const [{ seal, signature } = expect.fail('no frame')] = socket.frames;
    expect(seal).toMatchObject({ kind: SEAL_KIND.receipts, node: NODE, previous: ZERO_WORD });
    expect(signer.isSealSignedBy(seal, signature, NODE)).toBe(true);
    expect(book.unacknowledged).toBe(10);
  });

  test('each socket has seals of its own, which follow one another, and so has what waits for the next', async () => {
    const book = await open();
    const [one, other] = [openSocket(), openSocket()];
    const drafts = [draft(1, one), draft(2, other), draft(3, null), draft(4, one), draft(5, null)];
    await Promise.all(drafts.map((each) => book.issue(each)));
    expect(one.frames).toMatchObject([{ jobs: [1, 4], seq: 1n, seal: { number: 1n } }]);
    expect(other.frames).toMatchObject([{ jobs: [2], seq: 3n, seal: { number: 2n } }]);
    expect(other.frames[0]?.seal.previous).toBe(signer.hash(SEAL, one.frames[0]!.seal));
    const late = book.takeLate(ROUTER);
    expect(late.map(({ receiptSeal }) => receiptSeal?.seal.number)).toEqual(['3', '3']);
    expect(late.map(({ receipt }) => receipt.seq)).toEqual(['4', '5']);
  });

  test('while many jobs run receipts wait for one another, and 64 wait for no more', async () => {
    const book = await open();
    const socket = openSocket();
    await Promise.all(Array.from({ length: 100 }, (_, i) => book.issue(draft(i, socket), true)));
    expect(socket.frames.map(({ jobs }) => jobs.length)).toEqual([64, 36]);
    await new Promise((done) => setImmediate(done));
    const alone = openSocket();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const first = book.issue(draft(200, alone), true);
      await new Promise((done) => setImmediate(done));
      const second = book.issue(draft(201, alone), true);
      vi.advanceTimersByTime(3);
      await new Promise((done) => setImmediate(done));
      expect(alone.frames).toEqual([]);
      vi.advanceTimersByTime(1);
      await Promise.all([first, second]);
    } finally {
      vi.useRealTimers();
    }
    expect(alone.frames).toMatchObject([{ jobs: [200, 201] }]);
  });

  test('a receipt is on disk, readable by its owner only, before it is sent', async () => {
    const disk: LogDisk = {
      ...DISK,
      sync: async (file) => {
        expect(socket.frames).toEqual([]);
        await DISK.sync(file);
      },
    };
    const socket = openSocket();
    const book = await open(disk);
    const { receipt, isSent } = await book.issue(draft(1, socket));
    expect(isSent).toBe(true);
    const file = join(folder, 'receipts.log');
    expect(readFileSync(file, 'utf8')).toContain(receipt.ticketHash);
    expect(statSync(file).mode & 0o077).toBe(0);
  });

  test('one whose socket went meanwhile is offered on the next', async () => {
    const book = await open();
    const socket = openSocket();
    socket.isGone = true;
    expect((await book.issue(draft(1, socket))).isSent).toBe(false);
    expect(book.takeLate(ROUTER)).toHaveLength(1);
  });

  test('a process that dies goes on with the next numbers, whether its receipts were acknowledged or not', async () => {
    const first = await open();
    const one = await first.issue(draft(1));
    const two = await first.issue(draft(2));
    const second = await open();
    expect(second.unacknowledged).toBe(2);
    const socket = openSocket();
    const three = await second.issue(draft(3, socket));
    expect(three.receipt).toMatchObject({ seq: 3n, prevReceipt: two.receiptHash });
    expect(socket.frames[0]?.seal.number).toBe(3n);
    [one, two, three].forEach((issued, i) => {
      expect(second.accept(acceptOne(issued, BigInt(i + 1)))).toEqual(['taken']);
    });
    await second.settled();
    const third = await open();
    expect(third.unacknowledged).toBe(0);
    expect((await third.issue(draft(4))).receipt).toMatchObject({ seq: 4n, prevReceipt: three.receiptHash });
  });

  test('when the disk refuses, no number is used up and nothing is sent', async () => {
    const { disk, state } = fullDisk();
    const book = await open(disk);
    await book.issue(draft(1));
    state.isFull = true;
    const socket = openSocket();
    await expect(book.issue(draft(2, socket))).rejects.toThrow('ENOSPC');
    expect(socket.frames).toEqual([]);
    expect(book.unacknowledged).toBe(1);
    expect(book.has(draft(2).ticketHash)).toBe(true);
    state.isFull = false;
    expect((await book.issue(draft(3))).receipt.seq).toBe(2n);
  });

  test('what the disk refused is stored when it has room again, and offered late', async () => {
    const { disk, state } = fullDisk();
    const book = await open(disk);
    expect(book.retry()).toBe(false);
    state.isFull = true;
    await expect(book.issue(draft(1))).rejects.toThrow('ENOSPC');
    expect(book.retry()).toBe(true);
    await new Promise((done) => setTimeout(done, 20));
    expect(book.takeLate(ROUTER)).toEqual([]);
    state.isFull = false;
    expect(book.retry()).toBe(true);
    await book.issue(draft(2));
    expect(book.takeLate(ROUTER)).toMatchObject([{ receipt: { seq: '1', ticketHash: draft(1).ticketHash } }]);
    expect((await open()).unacknowledged).toBe(2);
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
});

describe('a state folder older than what the router has', () => {
  const receipt = sampleReceipt({ ticketHash: ZERO_WORD, node: NODE, seq: 50n });
  const facts = { kind: SEAL_KIND.receipts, node: NODE, number: 20n, previous: ZERO_WORD, total: 0n, atMs: 1n };

  test('numbers of receipts and of seals go on well behind the router’s newest, also after a restart', async () => {
    const book = await open();
    await book.issue(draft(1));
    const { seal, signature } = signer.seal(facts, [signer.hash(USAGE_RECEIPT, receipt)], NODE_KEY);
    const shown = { receipt, signature, sealed: { seal, proof: [] } };
    expect(book.goOnFrom(shown, PLACEHOLDER_DOMAIN)).toEqual({ here: 1n, router: 50n, next: 1051n });
    expect(book.restored).toMatchObject({ next: 1051n });
    const socket = openSocket();
    const next = await book.issue(draft(2, socket));
    expect(next.receipt).toMatchObject({ seq: 1051n, prevReceipt: signer.hash(USAGE_RECEIPT, receipt) });
    expect(socket.frames[0]?.seal).toMatchObject({ number: 1021n, previous: signer.hash(SEAL, seal) });
    expect(book.goOnFrom(shown, PLACEHOLDER_DOMAIN)).toBeNull();
    const again = openSocket();
    expect((await (await open()).issue(draft(3, again))).receipt.seq).toBe(1052n);
    expect(again.frames[0]?.seal.number).toBe(1022n);
  });

  test('seals go on behind the router’s newest also where the receipts here are newer', async () => {
    const book = await open();
    const { seal, signature } = signer.seal(facts, [signer.hash(USAGE_RECEIPT, { ...receipt, seq: 1n })], NODE_KEY);
    const first = { receipt: { ...receipt, seq: 1n }, signature, sealed: { seal, proof: [] } };
    await book.issue(draft(1));
    await book.issue(draft(2));
    expect(book.goOnFrom(first, PLACEHOLDER_DOMAIN)).toMatchObject({ next: 3n });
    const socket = openSocket();
    await book.issue(draft(3, socket));
    expect(socket.frames).toMatchObject([{ seq: 3n, seal: { number: 1021n } }]);
  });

  test('one that was signed for itself, before there were seals, moves both chains too', async () => {
    const book = await open();
    const signature = signer.sign(USAGE_RECEIPT, receipt, NODE_KEY);
    book.goOnFrom({ receipt, signature }, PLACEHOLDER_DOMAIN);
    const socket = openSocket();
    await book.issue(draft(1, socket));
    expect(socket.frames).toMatchObject([{ seq: 1051n, seal: { number: 1001n } }]);
  });

  test('a router that tells it while a receipt is on its way to the disk sets nothing back', async () => {
    let told = false;
    const sync: LogDisk['sync'] = async (file) => {
      const signature = signer.sign(USAGE_RECEIPT, receipt, NODE_KEY);
      if (!told) book.goOnFrom({ receipt, signature }, PLACEHOLDER_DOMAIN);
      told = true;
      await DISK.sync(file);
    };
    const book = await open({ ...DISK, sync });
    await book.issue(draft(1));
    expect(book.numbers).toMatchObject({ seq: 1050n, seal: 1000n });
    expect((await book.issue(draft(2))).receipt.seq).toBe(1051n);
    await book.settled();
    expect((await open()).numbers).toMatchObject({ seq: 1051n, seal: 1001n });
  });

  test('a chain that was adopted and not yet used is kept too', async () => {
    const book = await open();
    book.goOnFrom({ receipt, signature: signer.sign(USAGE_RECEIPT, receipt, NODE_KEY) }, PLACEHOLDER_DOMAIN);
    await book.settled();
    expect((await (await open()).issue(draft(1))).receipt.seq).toBe(1051n);
  });

  test('no router can push the numbers beyond what this key has signed', async () => {
    const book = await open();
    const far = { ...receipt, seq: 2n ** 64n - 1n };
    const signature = signer.sign(USAGE_RECEIPT, far, ROUTER_KEY);
    expect(book.goOnFrom({ receipt: far, signature }, PLACEHOLDER_DOMAIN)).toBeNull();
    const elsewhere = { chainId: 1, verifyingContract: PLACEHOLDER_DOMAIN.verifyingContract };
    const own = signer.sign(USAGE_RECEIPT, far, NODE_KEY);
    expect(book.goOnFrom({ receipt: far, signature: own }, elsewhere)).toBeNull();
    const { seal, signature: sealed } = signer.seal(facts, [signer.hash(USAGE_RECEIPT, receipt)], NODE_KEY);
    expect(
      book.goOnFrom({ receipt: far, signature: sealed, sealed: { seal, proof: [] } }, PLACEHOLDER_DOMAIN),
    ).toBeNull();
    expect((await book.issue(draft(1))).receipt.seq).toBe(1n);
  });
});

describe('late receipts', () => {
  test('what was sent is offered again only after a while, what was not at once, oldest first', async () => {
    const book = await open();
    await book.issue(draft(1));
    const unsent = await book.issue(draft(2, null));
    const late = book.takeLate(ROUTER);
    expect(late.map((one) => one.receipt.ticketHash)).toEqual([unsent.receipt.ticketHash]);
    expect(book.takeLate(ROUTER)).toEqual([]);
    now += 5000;
    expect(book.takeLate(ROUTER).map((one) => one.receipt.seq)).toEqual(['1', '2']);
    book.forgetOffers();
    expect(book.takeLate(ROUTER).length).toBe(2);
  });

  test('each proves itself: its ticket, and its place under the seal of those it ended with', async () => {
    const book = await open();
    await Promise.all([1, 2, 3].map((job) => book.issue(draft(job, null))));
    const offered = book.takeLate(ROUTER);
    expect(offered).toHaveLength(3);
    for (const json of offered) {
      const late = lateReceiptSchema.parse(JSON.parse(JSON.stringify(json)));
      const sealed = late.receiptSeal ?? null;
      expect(sealed?.seal.count).toBe(3);
      const proof = { signature: late.signature, sealed, address: NODE };
      expect(signer.isProvenBy(USAGE_RECEIPT, late.receipt, proof)).toBe(true);
      const given = { signature: late.ticketSignature, sealed: late.ticketSeal ?? null, address: ROUTER };
      expect(signer.isProvenBy(JOB_TICKET, late.ticket, given)).toBe(true);
    }
  });

  test('of many no more are given than are asked for, and the rest the next time', async () => {
    const book = await open();
    for (let job = 1; job <= 5; job++) await book.issue(draft(job, null));
    const seqs = (): string[] => book.takeLate(ROUTER, 2).map(({ receipt }) => receipt.seq);
    expect([seqs(), seqs(), seqs(), seqs()]).toEqual([['1', '2'], ['3', '4'], ['5'], []]);
  });

  test('without an answer it is offered ever less often, at last once a minute, and anew on a new connection', async () => {
    const book = await open();
    await book.issue(draft(1));
    const offeredAt: number[] = [];
    for (const start = now; now < start + 220_000; now += 2500)
      if (book.takeLate(ROUTER).length > 0) offeredAt.push((now - start) / 1000);
    expect(offeredAt).toEqual([5, 15, 35, 75, 135, 195]);
    book.forgetOffers();
    expect(book.takeLate(ROUTER).length).toBe(1);
    now += 5000;
    expect(book.takeLate(ROUTER).length).toBe(1);
  });

  test('a receipt is offered to the router that gave the job and to no other', async () => {
    const book = await open();
    await book.issue(draft(1, null));
    expect(book.takeLate(NODE)).toEqual([]);
  });

  test('one whose line was damaged since the start is not offered, and the owner is told', async () => {
    const book = await open();
    await book.issue(draft(1, null));
    const disk = DISK.open(join(folder, 'receipts.log'), 'r+');
    DISK.write(disk, Buffer.from('??'), 200);
    DISK.close(disk);
    expect(book.takeLate(ROUTER)).toEqual([]);
    expect(lines.join('')).toMatch(/a stored receipt cannot be read.*number=1/);
  });
});

describe('what waits', () => {
  test('is measured in value, and in what was offered long ago', async () => {
    const book = await open();
    await book.issue(draft(1, openSocket(), 1_000_000_000_000n));
    await book.issue(draft(2, null, 1_000_000_000_000n));
    expect(book.measure()).toEqual({ receipts: 2, units: 4_000_000n, agedUnits: 0n });
    now += 600_001;
    expect(book.measure()).toMatchObject({ units: 4_000_000n, agedUnits: 2_000_000n });
    book.takeLate(ROUTER);
    now += 600_001;
    expect(book.measure()).toMatchObject({ agedUnits: 4_000_000n });
  });
});

test('the folder of the receipts is made where there is none', async () => {
  const inner = join(folder, 'receipts');
  await ReceiptBook.open(inner, NODE_KEY, { now: () => now, log });
  expect(statSync(inner).mode & 0o077).toBe(0);
});
