// Holds whose edge or hub is gone, at every moment of a job, with the clock in the test's hands: given back within two minutes, once, and
// never while somebody tells that the job lives.
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { TIMINGS } from '../../../schema/timings.ts';
import { CROWD_LIMITS } from '../../billing/decide-crowd.ts';
import { AccountBook } from '../../billing/account-book.ts';
import { decideCharge } from '../../billing/decide-charge.ts';
import { Outbox } from '../../billing/outbox.ts';
import { makeNode, makeSettlement, makeTicket, newId, PRICE } from './make-settlement.ts';
import type { SettlementFacts } from './make-settlement.ts';

const node = makeNode('account-leases-test');
const START = 1_800_000_000_000;
const JOB_MS = 60 * 60_000;
const HOLD = 400;
const BALANCE = 1000;
const TWO_MINUTES_MS = 120_000;
const terms = { leaseMs: TIMINGS.holdLeaseMs, graceMs: TIMINGS.holdGraceMs, toldMs: 48_000 };

/** One account and its job, with a clock of their own. `isAwake`: the object stays in memory; else each alarm finds it gone. */
class Lab {
  readonly jobId = newId('job');
  readonly #storage: DurableObjectStorage;
  readonly #isAwake: boolean;
  book: AccountBook;
  now = START;

  constructor(storage: DurableObjectStorage, isAwake: boolean) {
    this.#storage = storage;
    this.#isAwake = isAwake;
    this.book = this.restart();
    this.book.grant({ eventId: this.jobId, accountId: 'acct_lab', amount: BALANCE, memo: null }, this.now);
    this.hold(this.jobId);
  }

  hold(jobId: string, amount = HOLD): boolean {
    return this.book.hold({ jobId, keyId: 'key_1', amount, expiresAt: this.now + JOB_MS + 300_000 }, this.now).ok;
  }

  /** The object's memory is gone. */
  restart(): AccountBook {
    const outbox = new Outbox(this.#storage, async () => [], { accountId: 'acct_lab' });
    return (this.book = new AccountBook(this.#storage, outbox, { terms, crowd: CROWD_LIMITS, now: this.now }));
  }

  /** Time passes, with alarms as the object asked for them. */
  pass(ms: number): void {
    const until = this.now + ms;
    for (let at = this.book.nextLapseAt; at !== null && at <= until; at = this.book.nextLapseAt) {
      this.now = Math.max(this.now, at);
      if (!this.#isAwake) this.restart();
      this.book.sweep(this.now);
    }
    this.now = until;
    if (!this.#isAwake) this.restart();
    this.book.sweep(this.now);
  }

  /** Time passes with everything down: no alarm runs until the end of it. */
  sleep(ms: number): void {
    this.now += ms;
    this.restart();
  }

  /** Time passes, and then somebody tells that the job lives. */
  live(ms: number): void {
    this.pass(ms);
    this.renew();
  }

  renew(): void {
    this.book.renew([this.jobId], this.now);
  }

  settle(part: number, facts: Partial<Omit<SettlementFacts, 'ticket' | 'receipt'>>): boolean {
    const outcome = facts.outcome ?? 'complete';
    const counts = { promptTokens: 10, outputTokens: 20 };
    const expiresAtMs = BigInt(START + JOB_MS);
    const settlement = makeSettlement(node, {
      ticket: makeTicket(node, { job: this.jobId, part, chargePrompt: part === 0, expiresAtMs }),
      receipt: null,
      jobId: this.jobId,
      accountId: 'acct_lab',
      outcome,
      ...decideCharge({ outcome, counts, price: PRICE, chargePrompt: part === 0 }),
      ...facts,
    });
    return this.book.settle(settlement, this.now);
  }

  get money(): { balance: number; held: number; available: number } {
    const { balance, held, available } = this.book;
    return { balance, held, available };
  }
}

const FREE = { balance: BALANCE, held: 0, available: BALANCE };
const HELD = { balance: BALANCE, held: HOLD, available: BALANCE - HOLD };
/** As a hub settles a part that died with its memory. */
const LOST = {
  outcome: 'failed-by-network',
  promptTokens: 0,
  outputTokens: 0,
  charge: 0,
  earn: 0,
  ttftMs: null,
} as const;
const BROKEN = { outcome: 'interrupted-by-node', isFinal: false } as const;

async function inLab(isAwake: boolean, play: (lab: Lab) => void): Promise<void> {
  const stub = env.ACCOUNT.getByName(newId('acct'));
  await runInDurableObject(stub, async (_, state) => {
    play(new Lab(state.storage, isAwake));
    await state.storage.deleteAlarm();
  });
}

describe.each([
  ['stays in memory', true],
  ['is evicted between its alarms', false],
])('an account that %s', (_, isAwake) => {
  /** How far a job had come when its edge died: no hub knows it from then on. */
  const MOMENTS: [string, (lab: Lab) => void][] = [
    ['before any hub was asked', () => undefined],
    ['after half a minute of looking for a home', (lab) => lab.live(30_000)],
    [
      'after ten minutes in lines',
      (lab) => {
        for (let i = 0; i < 20; i++) lab.live(30_000);
      },
    ],
    ['between two homes, the first of which had broken off', (lab) => void lab.settle(0, BROKEN)],
    [
      'between two homes after a long first part',
      (lab) => {
        lab.live(30_000);
        lab.pass(40_000);
        lab.settle(0, BROKEN);
      },
    ],
  ];

  test.each(MOMENTS)('frees the hold of an edge that died %s within two minutes, once', (_name, play) =>
    inLab(isAwake, (lab) => {
      play(lab);
      expect(lab.money).toEqual(HELD);
      lab.pass(60_000);
      expect(lab.money).toEqual(HELD);
      lab.pass(TWO_MINUTES_MS - 60_000);
      expect(lab.money).toEqual(FREE);
      expect(lab.book.isOpen(lab.jobId)).toBe(false);
      // Neither the edge's own word, were it to come after all, nor a hub's frees anything a second time.
      expect(lab.hold(newId('job'), 900)).toBe(true);
      lab.renew();
      lab.book.release(lab.jobId, { interrupted: 0, fate: 'free' }, lab.now);
      expect(lab.money).toEqual({ balance: BALANCE, held: 900, available: 100 });
    }),
  );

  test.each([0, 10_000, 60_000, 100_000, 180_000, 7_200_000])(
    'frees it too where everything was down for %i ms',
    (downMs) =>
      inLab(isAwake, (lab) => {
        lab.sleep(downMs);
        lab.pass(TWO_MINUTES_MS - Math.min(downMs, 90_000));
        expect(lab.money).toEqual(FREE);
      }),
  );

  test.each([0, 10_000, 60_000, 100_000, 180_000, 3_600_000])(
    'lets a part that its hub had decided settle first, after %i ms in which everything was down',
    (downMs) =>
      inLab(isAwake, (lab) => {
        lab.sleep(downMs);
        lab.book.sweep(lab.now);
        // Who asks in the same moment gets nothing of what is owed.
        expect(lab.hold(newId('job'), BALANCE - HOLD + 1)).toBe(false);
        lab.pass(TIMINGS.retryMs);
        expect(lab.settle(0, {})).toBe(true);
        expect(lab.settle(0, {})).toBe(false);
        expect(lab.money).toEqual({ balance: 950, held: 0, available: 950 });
        lab.pass(TWO_MINUTES_MS);
        expect(lab.money).toEqual({ balance: 950, held: 0, available: 950 });
      }),
  );

  test('keeps the hold as long as a hub tells of the part, through lost tellings, and frees it with the lost part', () =>
    inLab(isAwake, (lab) => {
      for (let i = 0; i < 40; i++) {
        // Two of three are lost.
        lab.pass(TIMINGS.holdRenewMs);
        if (i % 2 === 1) lab.renew();
        expect(lab.money).toEqual(HELD);
      }
      expect(lab.settle(0, LOST)).toBe(true);
      expect(lab.money).toEqual(FREE);
    }));

  test('keeps parts waiting while their job is told of, and charges them with the answer they belong to', () =>
    inLab(isAwake, (lab) => {
      lab.settle(0, BROKEN);
      for (let i = 0; i < 20; i++) lab.live(TIMINGS.holdRenewMs);
      lab.settle(1, { interrupted: 1 });
      expect(lab.money).toEqual({ balance: BALANCE - 90, held: 0, available: BALANCE - 90 });
    }));

  test('charges a part that comes after its hold was freed once, out of what is available', () =>
    inLab(isAwake, (lab) => {
      lab.pass(TWO_MINUTES_MS);
      expect(lab.hold(newId('job'), 980)).toBe(true);
      expect(lab.settle(0, {})).toBe(true);
      expect(lab.settle(0, {})).toBe(false);
      expect(lab.money).toEqual({ balance: 980, held: 980, available: 0 });
    }));

  test('never holds longer than the job may last, whoever tells of it', () =>
    inLab(isAwake, (lab) => {
      for (let i = 0; i < 131; i++) lab.live(TIMINGS.holdRenewMs);
      expect(lab.money).toEqual(FREE);
    }));
});

test('an object from before leases keeps its holds for one lease', async () => {
  const stub = env.ACCOUNT.getByName(newId('acct'));
  await runInDurableObject(stub, async (_, state) => {
    state.storage.sql.exec('DROP TABLE held');
    state.storage.sql.exec(
      'CREATE TABLE holds (jobId TEXT PRIMARY KEY, amount INTEGER NOT NULL, expiresAt INTEGER NOT NULL) WITHOUT ROWID',
    );
    state.storage.sql.exec('INSERT INTO holds VALUES (?, ?, ?)', 'job_old', 70, START + JOB_MS);
    const open = (now: number): AccountBook =>
      new AccountBook(state.storage, new Outbox(state.storage, async () => [], {}), {
        terms,
        crowd: CROWD_LIMITS,
        now,
      });
    expect(open(START).held).toBe(70);
    const later = open(START + TIMINGS.holdLeaseMs);
    expect(later.held).toBe(70);
    later.sweep(START + TIMINGS.holdLeaseMs + TIMINGS.holdGraceMs);
    expect(later.held).toBe(0);
    await state.storage.deleteAlarm();
  });
});

describe('many jobs at once of an account that can afford them', () => {
  const ROWS = 'SELECT shared FROM held';
  /** An account of a million units with so many jobs of 100. */
  async function inCrowd(
    jobs: number,
    play: (open: () => AccountBook, ids: string[], rows: () => number) => void,
  ): Promise<void> {
    const stub = env.ACCOUNT.getByName(newId('acct'));
    await runInDurableObject(stub, async (_, { storage }) => {
      const open = (now = START): AccountBook =>
        new AccountBook(storage, new Outbox(storage, async () => [], {}), { terms, crowd: CROWD_LIMITS, now });
      const book = open();
      book.grant({ eventId: newId('job'), accountId: 'acct_lab', amount: 1_000_000, memo: null }, START);
      const ids = Array.from({ length: jobs }, () => newId('job'));
      for (const jobId of ids) book.hold({ jobId, keyId: 'key_1', amount: 100, expiresAt: START + JOB_MS }, START);
      play(
        () => open(START + 1000),
        ids,
        () => Number(storage.sql.exec<{ shared: number }>(ROWS).toArray()[0]?.shared ?? 0),
      );
      await storage.deleteAlarm();
    });
  }

  test('a restart that forgets some of their holds holds at least as much for them, while one is told of that it does not know', () =>
    inCrowd(100, (open, ids) => {
      const book = open();
      expect(book.held).toBeGreaterThanOrEqual(100 * 100);
      for (let at = 0; at < 4; at++) {
        book.renew(ids, START + TIMINGS.holdRenewMs * at);
        expect(book.held).toBeGreaterThanOrEqual(100 * 100);
      }
      book.sweep(START + TIMINGS.holdRenewMs * 3 + terms.leaseMs + terms.graceMs);
      expect([book.held, book.available]).toEqual([0, 1_000_000]);
    }));

  test('where nobody tells of one that was forgotten, as after a crash of all, its share is free before a lease is over', () =>
    inCrowd(100, (open) => {
      const book = open();
      const told = START + 1000 + terms.toldMs;
      book.sweep(told - 1);
      expect(book.held).toBeGreaterThanOrEqual(100 * 100);
      book.sweep(told);
      // Of those that were written down a restart knows the ids: they last their lease.
      expect(book.held).toBe(16 * 100);
      book.sweep(START + terms.leaseMs);
      expect(book.held).toBe(0);
    }));

  test('a job whose hold was forgotten is charged out of what is held for it, and the others keep the rest', () =>
    inCrowd(100, (open, ids) => {
      const book = open();
      const before = book.available;
      const jobId = ids.at(-1) ?? '';
      const ticket = makeTicket(node, { job: jobId, issuedAtMs: BigInt(START), expiresAtMs: BigInt(START + JOB_MS) });
      expect(book.settle(makeSettlement(node, { ticket, receipt: null, jobId, accountId: 'acct_lab' }), START)).toBe(
        true,
      );
      expect([book.balance, book.available]).toEqual([1_000_000 - 50, before]);
    }));

  test('when the last has ended nothing is set aside, so that a restart finds the account as it is', () =>
    inCrowd(100, (open, ids, shared) => {
      expect(shared()).toBeGreaterThan(0);
      const book = open();
      for (const jobId of ids) book.release(jobId, { interrupted: 0, fate: 'free' }, START);
      book.sweep(START + terms.leaseMs + terms.graceMs + 1000);
      expect(shared()).toBe(0);
      expect(open().held).toBe(0);
    }));
});
