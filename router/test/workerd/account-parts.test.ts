import { applyD1Migrations, evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SettlementJson } from '../../../schema/settlement.ts';
import { compareBooks } from '../../billing/compare-books.ts';
import { decideCharge } from '../../billing/decide-charge.ts';
import { makeLedger } from '../../billing/ledger.ts';
import { faults } from './billing-worker.ts';
import { makeLate, makeNode, makeReceipt, makeSettlement, makeTicket, newId, PRICE } from './make-settlement.ts';
import type { TestNode } from './make-settlement.ts';

const node = makeNode('account-parts-test');
const ledger = makeLedger(env.DB);
const soon = (): number => Date.now() + 60_000;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));
beforeEach(() => {
  faults.refuse = 0;
  faults.loseAnswer = 0;
  faults.refusePrepare = 0;
});

async function openJob(facts: { hold?: number; expiresAt?: number; balance?: number } = {}) {
  const { hold = 400, expiresAt = soon(), balance = 1000 } = facts;
  const accountId = newId('acct');
  const jobId = newId('job');
  const stub = env.ACCOUNT.getByName(accountId);
  await stub.grant({ eventId: `${accountId}:start`, accountId, amount: balance, memo: null });
  await stub.hold({ jobId, keyId: 'key_1', amount: hold, expiresAt });
  return { accountId, jobId, stub, owner: newId('acct') };
}

type Job = Awaited<ReturnType<typeof openJob>>;
interface PartFacts extends Partial<Omit<SettlementJson, 'ticket' | 'receipt'>> {
  readonly chargePrompt?: boolean;
  readonly home?: TestNode;
  readonly expiresAtMs?: bigint;
}

/** A part of 20 output tokens at 2 units: the first is charged with its prompt of 10 (50), a later one without (40); both earn 45. */
function partOf(job: Job, part: number, facts: PartFacts = {}): SettlementJson {
  const { chargePrompt = part === 0, home = node, expiresAtMs = BigInt(Date.now() + 600_000), ...rest } = facts;
  const outcome = rest.outcome ?? (rest.isFinal ? 'complete' : 'interrupted-by-node');
  const counts = { promptTokens: rest.promptTokens ?? 10, outputTokens: rest.outputTokens ?? 20 };
  return makeSettlement(home, {
    ticket: makeTicket(home, { job: job.jobId, part, chargePrompt, expiresAtMs }),
    receipt: null,
    jobId: job.jobId,
    accountId: job.accountId,
    ownerAccountId: job.owner,
    outcome,
    isFinal: false,
    ...decideCharge({ outcome, counts, price: PRICE, chargePrompt }),
    ...rest,
  });
}

function finalOf(job: Job, part: number, facts: PartFacts = {}): SettlementJson {
  return partOf(job, part, { isFinal: true, interrupted: part, ...facts });
}

async function drain(stub: Job['stub']): Promise<void> {
  for (let i = 0; i < 20; i++) {
    await runDurableObjectAlarm(stub);
    if ((await stub.booked()).waiting === 0) return;
  }
  throw new Error('the outbox did not drain');
}

/** What has moved in D1, once everything has arrived there and the object agrees with it. */
async function booksOf(job: Job) {
  await drain(job.stub);
  const before = await job.stub.booked();
  const book = await ledger.balanceOf(job.accountId);
  const verdict = compareBooks({ account: job.accountId, before, book, after: await job.stub.booked() }).verdict;
  expect(verdict).toBe('equal');
  expect(await ledger.findUnbalanced()).toEqual([]);
  expect(await ledger.total()).toBe(0);
  return { caller: book - 1000, owner: await ledger.balanceOf(`owner:${job.owner}`) };
}

describe('a part that broke off', () => {
  test('waits, uncharged and not booked, until its job ends; the hold stays', async () => {
    const job = await openJob();
    const part = partOf(job, 0);
    expect(await job.stub.settle(part)).toEqual({ applied: true });
    expect(await job.stub.settle(part)).toEqual({ applied: false });
    await evictDurableObject(job.stub);
    expect(await job.stub.settle(part)).toEqual({ applied: false });
    expect(await job.stub.usage()).toMatchObject({ balance: 1000, held: 400, totals: { jobs: 0, outputTokens: 0 } });
    expect(await job.stub.receipts(job.jobId)).toEqual({ settlements: [], waiting: [part], pending: true });
    expect(await booksOf(job)).toEqual({ caller: 0, owner: 0 });
  });

  test.each(['complete', 'cancelled'] as const)('is charged with the final part that ended as %s', async (outcome) => {
    const job = await openJob();
    await job.stub.settle(partOf(job, 0));
    await evictDurableObject(job.stub);
    await job.stub.settle(finalOf(job, 1, { outcome, promptTokens: 30 }));
    expect(await job.stub.usage()).toEqual({
      balance: 910,
      held: 0,
      totals: { jobs: 1, promptTokens: 10, outputTokens: 40, charged: 90 },
    });
    expect(await job.stub.receipts(job.jobId)).toMatchObject({ waiting: [], pending: false });
    expect(await booksOf(job)).toEqual({ caller: -90, owner: 45 + 63 });
  });

  test.each(['failed-by-node', 'failed-by-network'] as const)(
    'is free where the final part ended as %s; its home keeps what was accepted, from the fees',
    async (outcome) => {
      const job = await openJob();
      await job.stub.settle(partOf(job, 0));
      await job.stub.settle(finalOf(job, 1, { outcome, earn: 0 }));
      expect(await job.stub.usage()).toMatchObject({ balance: 1000, held: 0, totals: { jobs: 1, charged: 0 } });
      expect(await booksOf(job)).toEqual({ caller: 0, owner: 45 });
    },
  );

  test('that comes after the final one is booked at once by the job’s fate, and the hold is kept for it', async () => {
    const job = await openJob();
    await job.stub.settle(finalOf(job, 2));
    expect(await job.stub.usage()).toMatchObject({ balance: 960, held: 360, totals: { jobs: 1 } });
    await evictDurableObject(job.stub);
    await job.stub.settle(partOf(job, 1));
    expect(await job.stub.usage()).toMatchObject({ balance: 920, held: 320 });
    await job.stub.settle(partOf(job, 0));
    expect(await job.stub.usage()).toMatchObject({ balance: 870, held: 0, totals: { jobs: 1, charged: 130 } });
    expect(await booksOf(job)).toEqual({ caller: -130, owner: 135 });
  });

  test('that comes after a final one that failed is free, and the hold went back at once', async () => {
    const job = await openJob();
    await job.stub.settle(finalOf(job, 1, { outcome: 'failed-by-node' }));
    expect((await job.stub.usage()).held).toBe(0);
    await job.stub.settle(partOf(job, 0));
    expect(await job.stub.usage()).toMatchObject({ balance: 1000, totals: { jobs: 1, charged: 0 } });
  });

  test('of which the last home knows nothing was given to nobody and is free, in either order', async () => {
    for (const isFirst of [true, false]) {
      const job = await openJob();
      const parts = [partOf(job, 0), finalOf(job, 1, { chargePrompt: true, interrupted: 0 })];
      for (const part of isFirst ? parts : parts.toReversed()) await job.stub.settle(part);
      expect(await job.stub.usage()).toMatchObject({ balance: 950, held: 0, totals: { jobs: 1, charged: 50 } });
      expect(await booksOf(job)).toEqual({ caller: -50, owner: 90 });
      // So its home, which broke it off, has nothing to get either.
      expect(await ledger.findOutcome(job.jobId, 0)).toBe('failed-by-node');
    }
  });

  test('is booked as what became of it: interrupted where another went on, failed where none did', async () => {
    for (const [facts, booked] of [
      [{}, 'interrupted-by-node'],
      [{ outcome: 'failed-by-network' }, 'failed-by-node'],
    ] as const)
      for (const isFirst of [true, false]) {
        const job = await openJob();
        const parts = [partOf(job, 0), finalOf(job, 1, facts)];
        if (isFirst) await job.stub.settle(parts[0]!);
        await drain(job.stub);
        expect(await ledger.findOutcome(job.jobId, 0)).toBeNull();
        for (const part of parts.toReversed()) await job.stub.settle(part);
        await drain(job.stub);
        expect(await ledger.findOutcome(job.jobId, 0)).toBe(booked);
      }
  });
});

describe('an edge’s word that nothing follows', () => {
  test('leaves the parts that came and those that come later free', async () => {
    const job = await openJob();
    await job.stub.settle(partOf(job, 0));
    await job.stub.release(job.jobId, 2);
    expect(await job.stub.usage()).toMatchObject({ balance: 1000, held: 0, totals: { jobs: 1, charged: 0 } });
    await evictDurableObject(job.stub);
    await job.stub.settle(partOf(job, 1));
    await job.stub.release(job.jobId, 2);
    expect(await job.stub.usage()).toMatchObject({ balance: 1000, held: 0, totals: { jobs: 1, charged: 0 } });
    expect(await booksOf(job)).toEqual({ caller: 0, owner: 90 });
  });

  test('where the caller left during a resume the delivered parts are charged, come they before or after', async () => {
    const job = await openJob();
    await job.stub.settle(partOf(job, 0));
    await job.stub.release(job.jobId, 2, true);
    expect(await job.stub.usage()).toMatchObject({ balance: 950, held: 350, totals: { jobs: 1 } });
    await job.stub.settle(partOf(job, 1));
    expect(await job.stub.usage()).toMatchObject({ balance: 910, held: 0, totals: { jobs: 1, charged: 90 } });
  });

  test('stands against a home that reappears and takes itself for the last', async () => {
    const job = await openJob();
    await job.stub.release(job.jobId, 1);
    await job.stub.settle(finalOf(job, 1));
    await job.stub.settle(partOf(job, 0));
    expect(await job.stub.usage()).toMatchObject({ balance: 1000, held: 0, totals: { jobs: 1, charged: 0 } });
  });

  test('after the job has ended changes nothing', async () => {
    const job = await openJob();
    await job.stub.settle(finalOf(job, 1));
    await job.stub.release(job.jobId, 1);
    expect(await job.stub.usage()).toMatchObject({ balance: 960, held: 360 });
    await job.stub.settle(partOf(job, 0));
    expect(await job.stub.usage()).toMatchObject({ balance: 910, held: 0, totals: { jobs: 1 } });
  });
});

describe('when the hold lapses', () => {
  /** A hold outlives its tickets by five minutes. */
  const ticketOf = (holdExpiresAt: number): bigint => BigInt(holdExpiresAt - 5 * 60_000);

  test('parts that wait are booked free by the alarm, without any call', async () => {
    const expiresAt = Date.now() + 100;
    const job = await openJob({ expiresAt });
    await job.stub.settle(partOf(job, 0, { expiresAtMs: ticketOf(expiresAt) }));
    await expect.poll(() => ledger.balanceOf(`owner:${job.owner}`), { timeout: 5000 }).toBe(45);
    expect(await job.stub.usage()).toMatchObject({ balance: 1000, held: 0, totals: { jobs: 1, charged: 0 } });
    const memo = await env.DB.prepare('SELECT memo FROM events WHERE id = ?')
      .bind(`settle:${job.jobId}:0`)
      .first('memo');
    expect(memo).toBe('charge lowered from 50 to 0: the answer was not finished');
  });

  test('a part that comes only then is free, and a final one pays for itself alone', async () => {
    const expiresAt = Date.now() + 20;
    const job = await openJob({ expiresAt });
    await job.stub.settle(partOf(job, 0, { expiresAtMs: ticketOf(expiresAt) }));
    await sleep(40);
    await job.stub.settle(partOf(job, 1, { expiresAtMs: BigInt(Date.now() - 7_200_000) }));
    expect(await job.stub.usage()).toMatchObject({ balance: 1000, totals: { jobs: 1, charged: 0 } });
    await job.stub.settle(finalOf(job, 2));
    expect(await job.stub.usage()).toMatchObject({ balance: 960, totals: { jobs: 1, charged: 40 } });
    expect(await booksOf(job)).toEqual({ caller: -40, owner: 135 });
  });

  test('a fate that charges is still known to a part that comes after it, within what is available', async () => {
    const job = await openJob({ expiresAt: Date.now() + 30 });
    await job.stub.settle(finalOf(job, 1));
    await sleep(50);
    await job.stub.hold({ jobId: newId('job'), keyId: 'key_1', amount: 930, expiresAt: soon() });
    await job.stub.settle(partOf(job, 0));
    expect(await job.stub.usage()).toMatchObject({ balance: 930, held: 930, totals: { charged: 70 } });
  });

  test('a part of a job that nobody remembers is free', async () => {
    const job = await openJob();
    await job.stub.settle(partOf({ ...job, jobId: newId('job') }, 0, { expiresAtMs: BigInt(Date.now() - 7_200_000) }));
    expect(await job.stub.usage()).toMatchObject({ balance: 1000, totals: { charged: 0 } });
  });
});

describe('homes that were left and speak late', () => {
  test('a part that takes itself for the last does not end a job that went on', async () => {
    const left = { isFinal: true, outcome: 'cancelled' } as const;
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const job = await openJob();
      const parts = [partOf(job, 0, left), finalOf(job, 1)];
      for (const at of order) await job.stub.settle(parts[at]!);
      expect(await job.stub.usage()).toMatchObject({ balance: 910, held: 0, totals: { jobs: 1, charged: 90 } });
    }
  });

  test('a job that began anew after such a part pays one answer, not two', async () => {
    const left = { isFinal: true, outcome: 'cancelled' } as const;
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const job = await openJob();
      const parts = [partOf(job, 0, left), finalOf(job, 1, { chargePrompt: true, interrupted: 0, outputTokens: 30 })];
      for (const at of order) await job.stub.settle(parts[at]!);
      expect(await job.stub.usage()).toMatchObject({ balance: 930, held: 0, totals: { jobs: 1, charged: 70 } });
    }
  });

  test('a part that its hub forgot gives the credit back where it is all there is, and ends no job that went on', async () => {
    const lost = { outcome: 'failed-by-network', ttftMs: null, outputTokens: 0, promptTokens: 0 } as const;
    for (const order of [
      [0, 1, 2],
      [1, 0, 2],
      [0, 2, 1],
      [2, 1, 0],
    ]) {
      const job = await openJob();
      const parts = [partOf(job, 0), partOf(job, 1, { isFinal: true, ...lost }), finalOf(job, 2, { interrupted: 1 })];
      for (const at of order) await job.stub.settle(parts[at]!);
      expect(await job.stub.usage()).toMatchObject({ balance: 910, held: 0, totals: { jobs: 1, charged: 90 } });
    }
    const alone = await openJob();
    await alone.stub.settle(partOf(alone, 0, { isFinal: true, ...lost }));
    expect(await alone.stub.usage()).toMatchObject({ balance: 1000, held: 0, totals: { jobs: 1 } });
  });

  test('the hold bounds all parts together', async () => {
    const job = await openJob({ hold: 60 });
    await job.stub.settle(partOf(job, 0));
    await job.stub.settle(finalOf(job, 1));
    expect(await job.stub.usage()).toMatchObject({ balance: 940, held: 0, totals: { charged: 60 } });
    expect(await booksOf(job)).toEqual({ caller: -60, owner: 90 });
  });
});

/** What a job of three parts must come to for its caller, however its parts arrive. */
const ENDS = { complete: -130, cancelled: -130, 'failed-by-node': 0 } as const;

interface Run {
  readonly outcome: keyof typeof ENDS;
  /** Whose doing it was that the first two parts broke off. */
  readonly breaks: readonly ('node' | 'network')[];
  /** Deliveries by part, with repeats. */
  readonly order: number[];
  /** Parts whose receipt comes after their settlement. */
  readonly lates: number[];
  readonly evictAt: number;
  readonly refuse: number;
  readonly loseAnswer: number;
}

/** Each home its own part, but where it broke it off itself and nobody finished the answer. */
function earnedBy(run: Run): number {
  const isFinished = run.outcome !== 'failed-by-node';
  return 45 * (run.breaks.filter((by) => isFinished || by === 'network').length + (isFinished ? 1 : 0));
}

test('in any order, repeated, evicted in between, with late receipts and a failing D1, the books end equal and exact', async () => {
  let homes = 0;
  const breakage = fc.constantFrom<'node' | 'network'>('node', 'network');
  const anyRun: fc.Arbitrary<Run> = fc.record({
    outcome: fc.constantFrom('complete', 'cancelled', 'failed-by-node'),
    breaks: fc.tuple(breakage, breakage),
    order: fc.shuffledSubarray([0, 1, 2, 0, 1, 2, 0, 2], { minLength: 8 }),
    lates: fc.array(fc.nat(2), { maxLength: 6 }),
    evictAt: fc.nat(8),
    refuse: fc.nat(2),
    loseAnswer: fc.nat(2),
  });
  const run = async (facts: Run): Promise<void> => {
    const { outcome, breaks, order, lates, evictAt, refuse, loseAnswer } = facts;
    const job = await openJob();
    const parts = [0, 1, 2].map((part) => {
      const home = makeNode(`parts-${homes++}`);
      const by = breaks[part];
      const ended = by ? { outcome: `interrupted-by-${by}` as const } : { isFinal: true, interrupted: 2, outcome };
      const settled = partOf(job, part, { home, ...ended });
      const ticket = makeTicket(home, { job: job.jobId, part, chargePrompt: part === 0 });
      const late = makeLate(home, ticket, makeReceipt(ticket));
      return { home, late, settled: { ...settled, ticket: toJson(ticket) }, isLate: lates.includes(part) };
    });
    faults.refuse = refuse;
    faults.loseAnswer = loseAnswer;
    for (const [i, at] of order.entries()) {
      const { home, late, settled, isLate } = parts[at]!;
      const stub = env.NODE_ACCOUNT.getByName(home.id);
      const signed = { receipt: toJson(late.receipt), receiptSignature: late.signature };
      const accepted = await stub.accept({
        ...settled,
        ticketSignature: late.ticketSignature,
        ...(isLate ? {} : signed),
      });
      if (isLate) await stub.acceptLate(late);
      await job.stub.settle(accepted);
      if (i === evictAt) await evictDurableObject(job.stub);
    }
    await drain(job.stub);
    for (const [part, { home, late }] of parts.entries()) {
      const stub = env.NODE_ACCOUNT.getByName(home.id);
      const answer = await stub.acceptLate(late);
      const isForNothing = outcome === 'failed-by-node' && breaks[part] === 'node';
      expect(answer).toMatchObject(isForNothing ? { acceptance: null } : { reason: null });
      expect(await stub.acceptLate(late)).toEqual(answer);
      for (let i = 0; i < 6; i++) await runDurableObjectAlarm(stub);
    }
    expect(await booksOf(job)).toEqual({ caller: ENDS[outcome], owner: earnedBy(facts) });
    const usage = await job.stub.usage();
    expect(usage).toMatchObject({ balance: 1000 + ENDS[outcome], held: 0, totals: { jobs: 1 } });
    const rows = await ledger.findReceipts(job.accountId, job.jobId);
    expect(rows.reduce((sum, row) => sum + row.charge, 0)).toBe(0 - ENDS[outcome]);
    expect(rows.reduce((sum, row) => sum + row.earn, 0)).toBe(earnedBy(facts));
    const words = breaks.map((by) => `${outcome === 'failed-by-node' ? 'failed' : 'interrupted'}-by-${by}`);
    expect(rows.map((row) => row.outcome)).toEqual([...words, outcome]);
  };
  await fc.assert(fc.asyncProperty(anyRun, run), { numRuns: 25 });
}, 60_000);

function toJson<T extends object>(message: T): never {
  return JSON.parse(
    JSON.stringify(message, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)),
  ) as never;
}
