// Whatever callers, homes and owners do together, and however what they leave is delivered: they never get out more than callers paid in.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Coalition } from '../test/workerd/coalition.ts';
import type { Step } from '../test/workerd/coalition.ts';
import { CLAIMS, ENDS } from '../test/workerd/coalition-plans.ts';
import type { JobPlan, PartPlan } from '../test/workerd/coalition-plans.ts';
import { makeLedger } from './ledger.ts';
import { FakeD1, readCount, readMigrations } from '../test/workerd/sqlite-objects.ts';

vi.mock('cloudflare:workers', () => ({
  DurableObject: class {
    readonly ctx: unknown;
    constructor(ctx: unknown) {
      this.ctx = ctx;
    }
  },
}));

/** Sequences of a run; `COALITION_RUNS=5000` plays more. */
const RUNS = readCount('COALITION_RUNS', 150);

beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterAll(() => void vi.useRealTimers());

/** How long a hold lasts of whose job nobody hears: seldom in these runs, and often. */
const LEASES_MS = [3_000_000, 60_000];
const index = fc.nat(60);
const part: fc.Arbitrary<PartPlan> = fc.record({
  home: fc.nat(3),
  tokens: fc.oneof(fc.constant(0), fc.nat(400)),
  end: fc.constantFrom(...ENDS),
  claim: fc.constantFrom(...CLAIMS),
  inTime: fc.boolean(),
  notedTokens: fc.nat(4000),
  isRelated: fc.boolean(),
});
const job: fc.Arbitrary<JobPlan> = fc.record({
  caller: fc.nat(1),
  isResumeOff: fc.boolean(),
  stream: fc.boolean(),
  hasOwnLimit: fc.boolean(),
  promptTokens: fc.nat(1000),
  maxTokens: fc.integer({ min: 1, max: 600 }),
  leavesBetween: fc.boolean(),
  parts: fc.array(part, { minLength: 1, maxLength: 4 }),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom('deliver', 'half', 'offer', 'alarm', 'evict', 'credit'), at: index }),
  fc.record({ kind: fc.constant('pass'), ms: fc.constantFrom(300, 2000, 100_000, 4_200_000) }),
  fc.record({ kind: fc.constant('d1'), lost: fc.nat(2), unheard: fc.nat(2) }),
);
const kind = fc.constantFrom('granted' as const, 'earned' as const, 'bought' as const);
const sequence = fc.record({
  /** Little credit runs out; a hold that lapsed leaves a charge that cannot be taken in full. */
  credit: fc.tuple(fc.nat(5000), fc.nat(5000)),
  kinds: fc.tuple(kind, kind),
  leaseMs: fc.constantFrom(...LEASES_MS),
  moves: fc.array(fc.oneof({ arbitrary: job, weight: 1 }, { arbitrary: step, weight: 3 }), {
    minLength: 4,
    maxLength: 60,
  }),
});

/** Where a hold can have lapsed, or an edge has left a part, a charge may be lowered after its home was told of its pay. */
function mayLower(moves: readonly (JobPlan | Step)[], leaseMs: number): boolean {
  let passedMs = 0;
  for (const move of moves) {
    if ('parts' in move) passedMs += 1000 * move.parts.length;
    else if (move.kind === 'pass') passedMs += move.ms;
  }
  return passedMs >= leaseMs || moves.some((move) => 'parts' in move && move.parts.some(({ end }) => end === 'left'));
}

test('no coalition gets out more than callers paid in, the fees never fall below zero and no account below its holds, at any step', async () => {
  const d1 = new FakeD1(readMigrations());
  const drawn = { jobs: 0, steps: 0 };
  const play = async ({
    credit,
    kinds,
    leaseMs,
    moves,
  }: typeof sequence extends fc.Arbitrary<infer T> ? T : never): Promise<void> => {
    const coalition = new Coalition(d1, leaseMs);
    credit.forEach((amount, caller) => {
      if (amount > 0) coalition.grant(caller, Math.ceil(amount / 2));
      if (amount > 1) coalition.grant(caller, Math.floor(amount / 2), kinds[caller]);
    });
    for (const move of moves) {
      if ('parts' in move) coalition.run(move);
      else await coalition.take(move);
      drawn['parts' in move ? 'jobs' : 'steps'] += 1;
      expect(coalition.faults()).toEqual([]);
    }
    await coalition.settle();
    expect(await coalition.lastFaults(mayLower(moves, leaseMs))).toEqual([]);
  };
  await fc.assert(fc.asyncProperty(sequence, play), { numRuns: RUNS });
  const ledger = makeLedger(d1.door);
  expect(await ledger.total()).toBe(0);
  expect(await ledger.findUnbalanced()).toEqual([]);
  expect(await ledger.findDrifted()).toEqual([]);
  const { paid, earned, fees, overdrawn } = await ledger.sumUp();
  // What owners turned into credit is theirs as callers.
  expect({ sum: earned + fees, overdrawn }).toEqual({ sum: paid, overdrawn: 0 });
  // It must not hold for want of anything to pay.
  expect(earned).toBeGreaterThan(0);
  expect(drawn.jobs).toBeGreaterThan(RUNS);
}, 1_200_000);
