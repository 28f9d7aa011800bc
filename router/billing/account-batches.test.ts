// Batches of hubs, repeated, reordered, split and cut off at any moment, with a book that loses writes and answers: each part is charged once.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { SettlementBatch, SettlementJson } from '../../schema/settlement.ts';
import { makeNode, makeSettlement, makeTicket, newId } from '../test/workerd/make-settlement.ts';
import { FakeD1, FakeStorage, makeState, readCount, readMigrations } from '../test/workerd/sqlite-objects.ts';
import { Account } from './account.ts';
import { CROWD_LIMITS } from './decide-crowd.ts';
import { makeLedger } from './ledger.ts';
import { findReceipts } from './receipt-finder.ts';
import type { ReceiptFinderDoors } from './receipt-finder.ts';

type AccountDoor = ReturnType<ReceiptFinderDoors['account']>;

vi.mock('cloudflare:workers', () => ({
  DurableObject: class {
    readonly ctx: unknown;
    constructor(ctx: unknown) {
      this.ctx = ctx;
    }
  },
}));

const RUNS = readCount('BATCH_RUNS', 60);
const START = 1_800_000_000_000;
const HUBS = ['hub:weur:0', 'hub:weur:1'];
const CHARGE = 50;

beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'], now: START }));
afterAll(() => void vi.useRealTimers());

const d1 = new FakeD1(readMigrations());
const ledger = makeLedger(d1.door);
const node = makeNode('batches');
const ticket = makeTicket(node, { issuedAtMs: BigInt(START), expiresAtMs: BigInt(START + 3_600_000) });
const signed = makeSettlement(node, {
  ticket,
  receipt: null,
  jobId: newId('job'),
  accountId: 'acct_1',
  endedAt: START,
});

/** One that costs no signature. */
function partOf(accountId: string, size = 0): SettlementJson {
  const jobId = newId('job');
  return { ...signed, jobId, accountId, ...(size > 0 && { country: 'x'.repeat(size) }) };
}

class Lab {
  readonly accountId = newId('acct');
  readonly #storage = new FakeStorage();
  live = this.open();

  open(): Account {
    const terms = { leaseMs: 75_000, graceMs: 15_000, toldMs: 48_000 };
    return (this.live = new Account(
      makeState(this.accountId, this.#storage),
      {},
      { ledger, terms, crowd: CROWD_LIMITS, bookMs: 5000, sendTransfer: async () => ({ isTaken: true }) },
    ));
  }

  async settle(): Promise<void> {
    d1.lost = d1.unheard = 0;
    for (let i = 0; i < 4; i++) {
      vi.setSystemTime(Date.now() + 120_000);
      await this.live.alarm();
    }
  }
}

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('batch' as const), at: fc.nat(11), isHeld: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('split' as const), at: fc.nat(11) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('alarm' as const, 'evict' as const, 'kill' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(300, 6000, 100_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('d1' as const), lost: fc.nat(2), unheard: fc.nat(2) }) },
);

test('whatever comes again, in another order, under other numbers or after a kill, is charged once and booked once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 40 }), async (steps) => {
      const lab = new Lab();
      lab.live.grant({ eventId: lab.accountId, accountId: lab.accountId, amount: 100_000, memo: null });
      const batches: SettlementBatch[] = Array.from({ length: 12 }, (_, i) => ({
        hub: HUBS[i % 2] ?? '',
        number: Math.floor(i / 2) + 1,
        settlements: Array.from({ length: (i % 3) + 1 }, () => partOf(lab.accountId, i % 4 === 0 ? 9000 : 0)),
      }));
      const taken = new Set<string>();
      let refused = 0;
      for (const one of steps) {
        const batch = 'at' in one ? batches[one.at] : undefined;
        if (one.kind === 'batch' && batch) {
          const expiresAt = Date.now() + 3_000_000;
          if (one.isHeld)
            for (const { jobId } of batch.settlements) lab.live.hold({ jobId, keyId: 'key_1', amount: 100, expiresAt });
          const answers = lab.live.settleAll(batch);
          for (const [i, { jobId }] of batch.settlements.entries()) if (answers[i]) taken.add(jobId);
          refused += answers.filter((isTaken) => !isTaken).length;
        } else if (one.kind === 'split' && batch) {
          // As a hub that crashed tells them again: one by one, and even under one number.
          for (const settlement of batch.settlements) {
            lab.live.settleAll({ hub: batch.hub, number: 100, settlements: [settlement] });
            taken.add(settlement.jobId);
          }
        } else if (one.kind === 'alarm') await lab.live.alarm();
        // What is on its way to the book is cut off there, wherever it is.
        else if (one.kind === 'kill') void lab.live.alarm().catch(() => undefined);
        else if (one.kind === 'pass') vi.setSystemTime(Date.now() + one.ms);
        else if (one.kind === 'd1') [d1.lost, d1.unheard] = [one.lost, one.unheard];
        if (one.kind === 'kill' || one.kind === 'evict') lab.open();
        const { balance, held } = lab.live.usage();
        expect(balance).toBe(100_000 - CHARGE * taken.size);
        expect(held).toBeGreaterThanOrEqual(0);
        expect((await ledger.balanceOf(lab.accountId)) >= 0).toBe(true);
      }
      await lab.settle();
      expect(refused).toBe(0);
      expect(lab.live.booked()).toEqual({ booked: 100_000 - CHARGE * taken.size, waiting: 0, unpayable: 0 });
      expect(await ledger.balanceOf(lab.accountId)).toBe(100_000 - CHARGE * taken.size);
      const doors = { ledger, account: () => lab.live as unknown as AccountDoor };
      for (const jobId of taken) {
        const { settlements } = await findReceipts(doors, { accountId: lab.accountId, jobId });
        expect(settlements).toMatchObject([{ jobId, charge: CHARGE }]);
      }
      expect(lab.live.usage().totals).toMatchObject({ jobs: taken.size, charged: CHARGE * taken.size });
    }),
    { numRuns: RUNS },
  );
  expect([await ledger.total(), await ledger.findUnbalanced(), await ledger.findDrifted()]).toEqual([0, [], []]);
}, 600_000);

test('a repeated number gets the first answer, also for a part that could not be taken and after a restart; a part is judged anew under another', () => {
  const lab = new Lab();
  const good = partOf(lab.accountId);
  const bad = { ...partOf(lab.accountId), charge: Number.NaN };
  const batch = { hub: 'hub:weur:0', number: 7, settlements: [good, bad] };
  lab.live.grant({ eventId: lab.accountId, accountId: lab.accountId, amount: 1000, memo: null });
  expect(lab.live.settleAll(batch)).toEqual([true, false]);
  const mended = { ...batch, settlements: [good, { ...bad, charge: CHARGE }] };
  expect(lab.live.settleAll(mended)).toEqual([true, false]);
  lab.open();
  expect(lab.live.settleAll(mended)).toEqual([true, false]);
  expect(lab.live.usage().balance).toBe(950);
  expect(lab.live.settleAll({ ...mended, number: 8 })).toEqual([true, true]);
  expect(lab.live.usage().balance).toBe(900);
});

test('what the book has had for long is known in memory and on disk, and never twice', async () => {
  const lab = new Lab();
  lab.live.grant({ eventId: lab.accountId, accountId: lab.accountId, amount: 100_000, memo: null });
  const tables = Array.from({ length: 11 }, () => Array.from({ length: 8 }, () => partOf(lab.accountId, 9000)));
  let number = 0;
  const deliver = (settlements: SettlementJson[]): boolean[] =>
    lab.live.settleAll({ hub: 'hub:weur:0', number: ++number, settlements });
  for (const [i, settlements] of tables.entries()) {
    expect(deliver(settlements)).toEqual(settlements.map(() => true));
    await lab.settle();
    // A clock that steps back.
    if (i % 3 === 0) vi.setSystemTime(Date.now() - 400_000);
  }
  const jobs = tables.flat();
  // In this life and in the next.
  for (let life = 0; life < 2; life++) {
    for (const settlements of tables) expect(deliver(settlements)).toEqual(settlements.map(() => true));
    expect(lab.live.usage().balance).toBe(100_000 - CHARGE * jobs.length);
    for (const { jobId } of jobs) expect(lab.live.flushesOf(jobId)).toHaveLength(1);
    lab.open();
  }
});
