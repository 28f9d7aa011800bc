// The log on a disk that refuses, dies in the middle of anything, or gives back something else than was written.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Hex } from '../../schema/bytes.ts';
import { ACCEPTANCE, toMessageJson } from '../../schema/receipt.ts';
import { PLACEHOLDER_DOMAIN, ZERO_WORD } from '../../schema/typed-data.ts';
import { collectLog } from '../test/collect-log.ts';
import { ROUTER, ROUTER_KEY, signer } from '../test/hub-seals.ts';
import { acceptanceOf, acceptOne, draft, NODE, NODE_KEY, oldEntry, openSocket } from '../test/receipt-bench.ts';
import { DISK } from './append-file.ts';
import type { LogDisk } from './append-file.ts';
import { ReceiptBook } from './receipt-book.ts';
import { ReceiptLog } from './receipt-log.ts';
import type { LogDoors } from './receipt-log.ts';
import { sealReceipts } from './seal-receipts.ts';
import { readSignedTotals } from './signed-totals.ts';

let folder: string;
let file: string;
let { log, lines } = collectLog();
beforeEach(() => {
  ({ log, lines } = collectLog());
  folder = mkdtempSync(join(tmpdir(), 'irori-log-'));
  file = join(folder, 'receipts.log');
});
afterEach(() => rmSync(folder, { recursive: true }));

function open(more: Partial<LogDoors> = {}): Promise<ReceiptLog> {
  return ReceiptLog.open({ folder, log, ...more });
}

function openBook(): Promise<ReceiptBook> {
  return ReceiptBook.open(folder, NODE_KEY, { now: () => 0, log });
}

/** Stores the receipts of these jobs under one seal; gives their tickets. */
async function store(into: ReceiptLog, ...jobs: number[]): Promise<Hex[]> {
  const drafts = jobs.map((job) => draft(job, null));
  const { receipts, head } = sealReceipts(drafts, into.head, {
    node: drafts[0]!.ticket.node,
    privateKey: NODE_KEY,
    atMs: 1,
  });
  await into.store(receipts, head);
  return receipts.map(({ receipt }) => receipt.ticketHash);
}

const waitingIn = ({ waiting }: ReceiptLog): Hex[] => [...waiting.all()].map(({ ticketHash }) => ticketHash).sort();

/** A disk that dies at its `deadAt`th step, before it or with half of it done, and stays dead. */
function dyingDisk(deadAt: number, isHalfDone: boolean): { disk: LogDisk; steps: () => number } {
  let steps = 0;
  const step = <T>(work: () => T, half: () => unknown = work): T => {
    steps += 1;
    if (steps < deadAt) return work();
    if (steps === deadAt && isHalfDone) half();
    throw new Error('the power is cut');
  };
  const disk: LogDisk = {
    open: (path, flags) => step(() => DISK.open(path, flags)),
    close: (one) => step(() => DISK.close(one)),
    write: (one, bytes, at) =>
      step(
        () => DISK.write(one, bytes, at),
        () => DISK.write(one, bytes.subarray(0, bytes.length / 2), at),
      ),
    sync: async (one) => step(() => DISK.sync(one)),
    truncate: (one, length) => step(() => DISK.truncate(one, length)),
    rename: (from, to) => step(() => DISK.rename(from, to)),
    syncFolder: async (path) => step(() => DISK.syncFolder(path)),
  };
  return { disk, steps: () => steps };
}

test('the last acceptance of each epoch outlives later ones, a rewrite and a restart, for whoever reads beside the agent', async () => {
  mkdirSync(join(folder, 'receipts'));
  const kept = await ReceiptLog.open({ folder: join(folder, 'receipts'), log, leastRewriteBytes: 0 });
  const facts = { receiptHash: ZERO_WORD, node: NODE, promptTokens: 1, outputTokens: 1, amount: 1n, status: 0 };
  for (const [count, epoch] of [
    [1n, 5],
    [2n, 5],
    [3n, 7],
    [4n, 8],
  ] as const) {
    const acceptance = { ...facts, epoch, count, cumulativeAmount: count };
    const signature = signer.sign(ACCEPTANCE, acceptance, ROUTER_KEY);
    kept.keepEarned({ router: ROUTER, domain: PLACEHOLDER_DOMAIN, acceptance, signature, sealed: null });
    await kept.settled();
  }
  kept.close();
  (await ReceiptLog.open({ folder: join(folder, 'receipts'), log })).close();
  const totals = await readSignedTotals(folder);
  expect(totals.map(({ acceptance: { epoch, count } }) => [epoch, count])).toEqual([
    [8, 4n],
    [7, 3n],
    [5, 2n],
  ]);
  expect(await readSignedTotals(join(folder, 'none'))).toEqual([]);
});

describe('a crash', () => {
  /** Seven receipts, of which some are answered; `seen` gets the highest number and what was stored and has no answer. */
  async function play(disk: LogDisk, seen: { stored: Hex[]; top: bigint }): Promise<string> {
    const dying = await open({ disk, leastRewriteBytes: 100 });
    for (const jobs of [[1, 2], [3], [4, 5, 6], [7]]) {
      seen.stored.push(...(await store(dying, ...jobs)));
      seen.top = dying.head.seq;
      dying.remove(seen.stored.splice(0, jobs.length - 1));
      await dying.settled();
    }
    return String(seen.top);
  }

  test.each([false, true])(
    'at any step of an append or a rewrite loses nothing that was stored (half done: %s)',
    async (isHalf) => {
      let wasWhole = false;
      for (let deadAt = 1; !wasWhole; deadAt++) {
        rmSync(folder, { recursive: true });
        mkdirSync(folder);
        const { disk, steps } = dyingDisk(deadAt, isHalf);
        const seen = { stored: [] as Hex[], top: 0n };
        const died = await play(disk, seen).catch(String);
        expect(died).toMatch(/^[0-9]+$|power/);
        wasWhole = steps() < deadAt;
        const next = await open();
        expect(waitingIn(next)).toEqual(expect.arrayContaining(seen.stored));
        expect(next.head.seq).toBeGreaterThanOrEqual(seen.top);
        expect(next.head.seal > 0n || seen.top === 0n).toBe(true);
        const [fresh] = await store(next, 100);
        expect(waitingIn(await open())).toEqual([...new Set([...waitingIn(next), fresh!])].sort());
        expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
      }
    },
  );

  test('in the middle of a line drops that line, whose numbers count as used', async () => {
    const first = await open();
    await store(first, 1);
    const size = readFileSync(file).length;
    await store(first, 2, 3);
    truncateSync(file, size + 300);
    const next = await open();
    expect(waitingIn(next)).toHaveLength(1);
    expect(next.head).toMatchObject({ seq: 3n, seal: 2n, receiptHash: [...next.waiting.all()][0]?.receiptHash });
    expect(lines.join('')).toMatch(/ended in the middle of a line/);
    await store(next, 4);
    expect((await open()).head).toMatchObject({ seq: 4n, seal: 3n });
  });

  test('that leaves no number to read makes them go on with a gap, also where nothing is written before the next start', async () => {
    const first = await open();
    await store(first, 1);
    const size = readFileSync(file).length;
    await store(first, 2);
    truncateSync(file, size + 10);
    for (let start = 0; start < 3; start++) expect((await open()).head).toMatchObject({ seq: 1001n, seal: 1001n });
    const next = await open();
    await next.settled();
    await store(next, 3);
    expect((await open()).head).toMatchObject({ seq: 1002n, seal: 1002n });
  });

  test('in the first line of all leaves a log that is begun anew, with a gap', async () => {
    await store(await open(), 1);
    truncateSync(file, 5);
    expect((await open()).head).toMatchObject({ seq: 1000n, seal: 1000n });
  });
});

describe('damage', () => {
  async function damage(at: number): Promise<void> {
    const bytes = readFileSync(file);
    bytes[at] = bytes[at]! ^ 1;
    writeFileSync(file, bytes);
  }

  test('of a line in the middle sets it aside, keeps the others, and is told once', async () => {
    const first = await open();
    const [one, , three] = [await store(first, 1), await store(first, 2), await store(first, 3)];
    const [, second] = [...first.waiting.all()];
    await damage(second!.at + 200);
    const next = await open();
    expect(waitingIn(next)).toEqual([...one, ...three!].sort());
    expect(next.head).toMatchObject({ seq: 3n, seal: 3n });
    expect(lines.join('')).toMatch(/cannot be read and were set aside.*count=1/);
    expect(readFileSync(join(folder, 'receipts.damaged'), 'utf8')).toMatch(/^[0-9a-f]{16} 2 2 \{/);
    await store(next, 4);
    lines.length = 0;
    expect(waitingIn(await open())).toHaveLength(3);
    expect(lines).toEqual([]);
  });

  test('of the last line counts its numbers as used where they can be right, else many', async () => {
    const first = await open();
    await store(first, 1);
    await store(first, 2);
    const last = [...first.waiting.all()][1]!;
    const whole = readFileSync(file);
    await damage(last.at + 200);
    expect((await open()).head).toMatchObject({ seq: 2n, seal: 2n });
    writeFileSync(file, whole);
    const far = Buffer.from(`${'0'.repeat(16)} 99999 99999 {}\n`);
    writeFileSync(file, Buffer.concat([whole, far]));
    expect((await open()).head).toMatchObject({ seq: 1002n, seal: 1002n });
  });

  test('of one line of a rewritten log never loses the head', async () => {
    const first = await open({ leastRewriteBytes: 100 });
    first.remove(await store(first, 1, 2, 3));
    await first.settled();
    const text = readFileSync(file, 'utf8');
    expect(text.split('\n').filter((line) => line.includes('"head"'))).toHaveLength(2);
    for (const at of [30, text.length - 30]) {
      writeFileSync(file, text);
      await damage(at);
      expect((await open()).head).toMatchObject({ seq: 3n, seal: 1n });
    }
  });

  test('of everything is not started over', async () => {
    writeFileSync(file, 'nothing\nof ours\n');
    await expect(open()).rejects.toThrow('can be read');
    await expect(openBook()).rejects.toThrow('can be read');
  });
});

test('what is needed no more leaves when the log is rewritten, and what is stays', async () => {
  const book = await open({ leastRewriteBytes: 4000 });
  const stored = await store(book, 1, 2, 3, 4, 5, 6, 7, 8);
  const before = readFileSync(file).length;
  book.remove(stored.slice(0, 6));
  await book.settled();
  const after = readFileSync(file).length;
  expect(after).toBeLessThan(before / 2);
  expect(waitingIn(book)).toEqual(stored.slice(6).sort());
  for (const waiting of book.waiting.all()) expect(book.load(waiting)?.receipt.ticketHash).toBe(waiting.ticketHash);
  expect(waitingIn(await open())).toEqual(stored.slice(6).sort());
  await book.settled();
  expect(readFileSync(file).length).toBe(after);
});

test('tickets that had their answer are known when the log was rewritten without their receipts', async () => {
  const book = await open({ leastRewriteBytes: 100 });
  const stored = await store(book, 1, 2, 3);
  book.remove(stored.slice(0, 2));
  await book.settled();
  const again = await open();
  expect(stored.map((ticket) => again.seen.has(ticket, 0))).toEqual([true, true, false]);
  expect(readFileSync(file, 'utf8')).toContain('"kind":"seen"');
});

test('on a disk that refuses, an append leaves the file as if it had never been tried', async () => {
  let isFull = false;
  const sync: LogDisk['sync'] = async (one) => {
    await DISK.sync(one);
    if (isFull) throw new Error('EIO');
  };
  const book = await open({ disk: { ...DISK, sync } });
  await store(book, 1);
  isFull = true;
  await expect(store(book, 2, 3, 4)).rejects.toThrow('EIO');
  isFull = false;
  const [five] = await store(book, 5);
  expect(book.head).toMatchObject({ seq: 2n, seal: 2n });
  const next = await open();
  expect(waitingIn(next)).toEqual(waitingIn(book));
  expect(waitingIn(next)).toContain(five);
});

describe('what agents before version 3 kept', () => {
  function writeOld(...seqs: bigint[]): Hex[] {
    mkdirSync(join(folder, 'outbox'));
    let previous: Hex = ZERO_WORD;
    const hashes = seqs.map((seq) => {
      const entry = oldEntry(Number(seq), seq, previous);
      writeFileSync(join(folder, 'outbox', entry.file), JSON.stringify(entry.json));
      previous = entry.receiptHash;
      return entry.receiptHash;
    });
    writeFileSync(join(folder, 'chain.json'), JSON.stringify({ seq: '3', receiptHash: `0x${'ab'.repeat(32)}` }));
    return hashes;
  }

  test('is taken over once: numbers go on, receipts are offered with their own signatures, files are gone', async () => {
    const hashes = writeOld(4n, 5n);
    const acceptance = acceptanceOf({ receipt: oldReceipt(9), receiptHash: ZERO_WORD, isSent: true }, 7n);
    const signed = {
      router: ROUTER,
      acceptance: toMessageJson(acceptance),
      signature: signer.sign(ACCEPTANCE, acceptance, ROUTER_KEY),
    };
    writeFileSync(join(folder, 'acceptance.json'), JSON.stringify(signed));
    for (let start = 0; start < 2; start++) {
      const book = await openBook();
      expect(book.unacknowledged).toBe(2);
      expect(book.earned).toMatchObject({ acceptance: { count: 7n }, sealed: null });
      expect(readdirSync(folder)).toEqual(['receipts.log']);
      const late = book.takeLate(ROUTER);
      expect(late).toMatchObject([
        { receipt: { seq: '4' }, ticketSeal: null, receiptSeal: null },
        { receipt: { seq: '5' }, ticketSeal: null, receiptSeal: null },
      ]);
    }
    const book = await openBook();
    const socket = openSocket();
    const issued = await book.issue(draft(20, socket));
    expect(issued.receipt).toMatchObject({ seq: 6n, prevReceipt: hashes[1] });
    expect(socket.frames[0]?.seal.number).toBe(1n);
    const old = { ...issued, receipt: oldReceipt(4), receiptHash: hashes[0]! };
    expect(book.accept(acceptOne(old, 8n))).toEqual(['taken']);
  });

  test('is taken over again after a crash in the middle, and nothing that was answered meanwhile is lost or doubled', async () => {
    writeOld(4n);
    const entry = oldEntry(4, 4n, ZERO_WORD);
    const first = await openBook();
    await first.issue(draft(20));
    mkdirSync(join(folder, 'outbox'));
    writeFileSync(join(folder, 'outbox', entry.file), JSON.stringify(entry.json));
    const again = await openBook();
    expect(again.unacknowledged).toBe(2);
    expect((await again.issue(draft(21))).receipt.seq).toBe(6n);
    expect(existsSync(join(folder, 'outbox'))).toBe(false);
  });

  test('that cannot be read is set aside, told, and its number stays used', async () => {
    writeOld(4n, 5n);
    const [, last] = readdirSync(join(folder, 'outbox')).sort();
    writeFileSync(join(folder, 'outbox', last!), '{');
    for (let start = 0; start < 2; start++) expect((await openBook()).unacknowledged).toBe(1);
    expect(readdirSync(join(folder, 'outbox'))).toEqual([`${last}.unreadable`]);
    expect(lines.filter((line) => line.includes('set aside'))).toHaveLength(1);
    expect((await (await openBook()).issue(draft(20))).receipt.seq).toBe(6n);
  });

  test('with a damaged chain is not started over', async () => {
    writeFileSync(join(folder, 'chain.json'), '{"seq":"x"}');
    await expect(openBook()).rejects.toThrow('decimal');
    expect(existsSync(join(folder, 'chain.json'))).toBe(true);
  });

  function oldReceipt(job: number) {
    const { ticketHash, work, ticket } = draft(job, null);
    return { ticketHash, node: ticket.node, seq: BigInt(job), prevReceipt: ZERO_WORD, ...work };
  }
});
