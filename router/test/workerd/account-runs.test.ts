// A job of three parts at three homes, settled in any order: the accounts of its caller and its homes, and the book.
import { applyD1Migrations, evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { makeLedger } from '../../billing/ledger.ts';
import { findBooked } from './find-booked.ts';
import { faults } from './billing-worker.ts';
import { makeLate, makeNode, makeReceipt, makeTicket, newId } from './make-settlement.ts';
import { booksOf, drain, openJob, partOf } from './open-job.ts';

const ledger = makeLedger(env.DB);

beforeAll(() => applyD1Migrations(env.DB, env.MIGRATIONS));
beforeEach(() => {
  faults.refuse = 0;
  faults.loseAnswer = 0;
  faults.refusePrepare = 0;
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
  /** True where one owner has all three homes. */
  readonly isOneOwner: boolean;
}

/**
 * What the homes, which have done nothing else, earn by parts that are worth 45 each: their shares of 50, 40 and 40. The second prefill
 * takes what its own part brings in beyond that, but not where homes of one owner have handed on; nobody pays for an unfinished answer.
 */
function earnedBy({ outcome, isOneOwner, breaks }: Run): number {
  const drawOf = (part: number): number => (isOneOwner || breaks[part] === 'node' ? 0 : 4);
  return outcome === 'failed-by-node' ? 0 : 45 + 36 + drawOf(1) + 36 + drawOf(2);
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
    isOneOwner: fc.boolean(),
  });
  const run = async (facts: Run): Promise<void> => {
    const { outcome, breaks, order, lates, evictAt, refuse, loseAnswer } = facts;
    const job = await openJob();
    const parts = [0, 1, 2].map((part) => {
      const home = makeNode(`parts-${homes++}`);
      const by = breaks[part];
      const ended = by ? { outcome: `interrupted-by-${by}` as const } : { isFinal: true, interrupted: 2, outcome };
      const ownerAccountId = facts.isOneOwner ? job.owner : newId('acct');
      const earn = outcome === 'failed-by-node' && !by ? 0 : 45;
      const settled = partOf(job, part, { home, ownerAccountId, earn, ...ended });
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
    expect(await booksOf(job)).toMatchObject({ caller: ENDS[outcome] });
    const owners = new Set(parts.map(({ settled }) => `owner:${settled.ownerAccountId}`));
    let earned = 0;
    for (const owner of owners) earned += await ledger.balanceOf(owner);
    expect(earned).toBe(earnedBy(facts));
    expect(await ledger.findDrifted()).toEqual([]);
    const usage = await job.stub.usage();
    expect(usage).toMatchObject({ balance: 1000 + ENDS[outcome], held: 0, totals: { jobs: 1 } });
    const rows = await findBooked(env.DB, ledger, job.accountId, job.jobId);
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
