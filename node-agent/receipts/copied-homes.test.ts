// A home's key and its log of receipts by random histories: kills, backups put back, folders copied to a second machine, a log that is lost, and a router that
// tells nothing, or an old number. Whatever happens, an honest agent never signs two receipts of one number, which would cost its bond.
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Hex } from '../../schema/bytes.ts';
import type { SignedReceipt } from '../../schema/frames-to-hub.ts';
import { PLACEHOLDER_DOMAIN } from '../../schema/typed-data.ts';
import { collectLog } from '../test/collect-log.ts';
import { draft, NODE_KEY, openSocket } from '../test/receipt-bench.ts';
import { ReceiptBook } from './receipt-book.ts';

const MACHINES = 3;
const machine = fc.nat({ max: MACHINES - 1 });
const happening = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('work' as const), on: machine, jobs: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('kill' as const), on: machine }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('back-up' as const), on: machine }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('restore' as const), on: machine }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('copy' as const), on: machine, to: machine }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose-log' as const), on: machine }) },
  // What a router tells: its newest, an old one, or nothing, as a cheating one would.
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('hello' as const), on: machine, behind: fc.constantFrom(0, 1, 3, 1000) }),
  },
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

class Homes {
  readonly #base = mkdtempSync(join(tmpdir(), 'irori-copied-'));
  readonly #running = new Map<number, ReceiptBook>();
  readonly #random: () => number;
  /** Of every number what was signed for it, whoever saw it. */
  readonly signed = new Map<bigint, Hex>();
  readonly twice: bigint[] = [];
  /** What reached the router. */
  readonly #arrived: SignedReceipt[] = [];
  #job = 0;

  constructor(seed: number) {
    let state = seed;
    this.#random = () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648);
  }

  async happen(one: Happening): Promise<void> {
    switch (one.kind) {
      case 'work':
        return this.#work(one.on, one.jobs);
      case 'kill':
        return void this.#running.delete(one.on);
      case 'back-up':
        return this.#copy(this.#folder(one.on), join(this.#base, 'backup'));
      case 'restore':
        this.#running.delete(one.on);
        return this.#copy(join(this.#base, 'backup'), this.#folder(one.on));
      case 'copy':
        this.#running.delete(one.to);
        return this.#copy(this.#folder(one.on), this.#folder(one.to));
      case 'lose-log':
        this.#running.delete(one.on);
        return rmSync(this.#folder(one.on), { recursive: true, force: true });
      case 'hello': {
        const told = this.#arrived.at(-1 - one.behind);
        if (told) (await this.#open(one.on)).goOnFrom(told, PLACEHOLDER_DOMAIN);
      }
    }
  }

  async #work(on: number, jobs: number): Promise<void> {
    const book = await this.#open(on);
    for (let i = 0; i < jobs; i++) {
      this.#job += 1;
      const socket = this.#random() & 65_536 ? openSocket() : null;
      const { receipt, receiptHash } = await book.issue(draft(this.#job, socket));
      if (this.signed.has(receipt.seq)) this.twice.push(receipt.seq);
      this.signed.set(receipt.seq, receiptHash);
      const frame = socket?.frames[0];
      if (frame) this.#arrived.push({ receipt, signature: frame.signature, sealed: { seal: frame.seal, proof: [] } });
    }
  }

  async #open(on: number): Promise<ReceiptBook> {
    const known = this.#running.get(on);
    if (known) return known;
    const { log } = collectLog();
    const drawGap = (): bigint => 1000n + BigInt(this.#random()) * 2n;
    const book = await ReceiptBook.open(this.#folder(on), NODE_KEY, { now: () => 0, log, drawGap });
    this.#running.set(on, book);
    return book;
  }

  #folder(on: number): string {
    return join(this.#base, `machine-${on}`);
  }

  #copy(from: string, to: string): void {
    if (from === to || !existsSync(from)) return;
    rmSync(to, { recursive: true, force: true });
    cpSync(from, to, { recursive: true });
  }

  async close(): Promise<void> {
    for (const book of this.#running.values()) await book.settled();
    rmSync(this.#base, { recursive: true, force: true });
  }
}

test('backups, copies and lost logs never sign one number twice, whatever the router tells', async () => {
  const play = async (all: readonly Happening[], seed: number): Promise<readonly bigint[]> => {
    const homes = new Homes(seed);
    try {
      for (const one of all) await homes.happen(one);
      return homes.twice;
    } finally {
      await homes.close();
    }
  };
  const all = fc.array(happening, { minLength: 4, maxLength: 24 });
  const property = fc.asyncProperty(all, fc.nat(), async (each, seed) => {
    expect(await play(each, seed)).toEqual([]);
  });
  await fc.assert(property, { numRuns: Number(process.env['HISTORIES'] ?? 40) });
});

test('numbers go on from the one before while an agent runs, and far behind it after each start', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'irori-leap-'));
  const { log } = collectLog();
  const doors = { now: () => 0, log, drawGap: () => 5000n };
  const seqs: bigint[] = [];
  for (let start = 0; start < 2; start++) {
    const book = await ReceiptBook.open(folder, NODE_KEY, doors);
    for (let i = 0; i < 2; i++) seqs.push((await book.issue(draft(10 * start + i, null))).receipt.seq);
    await book.settled();
  }
  rmSync(folder, { recursive: true });
  expect(seqs).toEqual([5001n, 5002n, 10_003n, 10_004n]);
});
