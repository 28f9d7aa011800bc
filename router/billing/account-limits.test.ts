// What keys may spend and begin, decided in their account's book: at any order of holds, charges, lapses and restarts no limit is passed.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LimitsLab, NO_LIMITS } from '../test/workerd/limits-lab.ts';
import { readCount } from '../test/workerd/sqlite-objects.ts';

const RUNS = readCount('LIMIT_RUNS', 80);
const KEY = 'key_limited';
const OTHER = 'key_free';
const MIDNIGHT = Date.parse('2028-03-01T00:00:00Z');

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('hold' as const), amount: fc.integer({ min: 1, max: 60 }) }) },
  // Small ones of many jobs at once are not written one by one.
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('rush' as const), jobs: fc.integer({ min: 17, max: 24 }) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('settle' as const), at: fc.nat(), part: fc.nat(100) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('release' as const), at: fc.nat() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('restart' as const, 'fill' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pass' as const), s: fc.constantFrom(1, 25, 45) }) },
);

test('what is only asked of a key holds nothing and tells nobody, is refused as its calls would be, and is a request of its minute', () => {
  const lab = new LimitsLab(1000);
  const ask = (...amounts: number[]) => {
    const [first = 0, ...others] = amounts;
    const asked = (amount: number) => ({
      jobId: `job_${Math.random()}`,
      keyId: KEY,
      amount,
      expiresAt: lab.now + 60_000,
    });
    return lab.book.judge([asked(first), ...others.map(asked)], lab.now);
  };
  lab.limit(KEY, { day: 300, job: 200, concurrent: 2 });
  expect(ask(150, 150)).toBeNull();
  expect(ask(150, 151)).toMatchObject({ reason: 'spend-limit', of: 'day', amount: 301 });
  expect(ask(201)).toMatchObject({ reason: 'spend-limit', of: 'job', amount: 201 });
  expect(ask(1, 1, 1)).toMatchObject({ reason: 'too-many', of: 'key', limit: 2 });
  expect(lab.book).toMatchObject({ held: 0, openJobs: 0, available: 1000 });
  lab.limit(KEY, { requests: 2 });
  expect(ask(1001)).toMatchObject({ reason: 'no-credit', available: 1000 });
  expect(ask(1000)).toBeNull();
  expect(ask(1)).toMatchObject({ reason: 'rate-limit', of: 'requests' });
  expect(lab.hold(KEY, 1)).toMatchObject({ ok: false, reason: 'rate-limit' });
  lab.now += 61_000;
  expect(ask(1)).toBeNull();
  lab.book.disable(lab.now);
  expect(ask(1)).toMatchObject({ reason: 'account-disabled' });
});

test('whatever runs, ends, lapses or is forgotten by a restart, what a key is charged stays within its limits, and what is told of is charged in full', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 80 }), fc.boolean(), (steps, isTold) => {
      const lab = new LimitsLab(1_000_000);
      lab.now = MIDNIGHT - 400_000;
      lab.limit(KEY, { day: 300, total: 500 });
      const running = new Map<string, { keyId: string; amount: number }>();
      const charged = { days: new Map<number, number>(), total: 0 };
      const faults: string[] = [];
      const begin = (keyId: string, amount: number): void => {
        const { ok, jobId } = lab.hold(keyId, amount);
        if (ok) running.set(jobId, { keyId, amount });
        else if (keyId === OTHER) faults.push('another key was refused');
      };
      const pick = (at: number): string | undefined => [...running.keys()][at % running.size];
      for (const one of steps) {
        if (one.kind === 'hold') begin(KEY, one.amount);
        else if (one.kind === 'rush') for (let i = 0; i < one.jobs; i++) begin(i % 3 === 0 ? KEY : OTHER, 1);
        else if (one.kind === 'pass') lab.now += one.s * 1000;
        else if (!('at' in one)) {
          if (one.kind === 'restart') lab.restart();
          else begin(KEY, Math.max(1, leftOf(lab)));
        } else {
          const jobId = pick(one.at);
          const job = jobId === undefined ? undefined : running.get(jobId);
          if (jobId === undefined || !job) continue;
          running.delete(jobId);
          if (one.kind === 'release') lab.book.release(jobId, { interrupted: 0, fate: 'free' }, lab.now);
          else {
            const due = Math.floor((job.amount * one.part) / 100);
            const charge = lab.settle(jobId, job.keyId, due);
            if (isTold && charge !== due) faults.push(`${due} became ${charge}`);
            if (job.keyId === KEY) {
              const day = Math.floor(lab.now / 86_400_000);
              charged.days.set(day, (charged.days.get(day) ?? 0) + charge);
              charged.total += charge;
            }
          }
        }
        if (isTold) lab.book.renew([...running.keys()], lab.now);
        for (const ofDay of charged.days.values()) expect(ofDay).toBeLessThanOrEqual(300);
        expect(charged.total).toBeLessThanOrEqual(500);
        const { spent, held } = lab.book.keyUsage(KEY, lab.now);
        expect(spent.total).toBe(charged.total);
        expect(spent.day).toBe(charged.days.get(Math.floor(lab.now / 86_400_000)) ?? 0);
        expect(spent.day + held).toBeLessThanOrEqual(300);
        expect(faults).toEqual([]);
      }
    }),
    { numRuns: RUNS },
  );
}, 120_000);

/** Units that the limits of the key leave. */
function leftOf(lab: LimitsLab): number {
  return Math.min(...lab.book.keyUsage(KEY, lab.now).left.spend.map(({ left }) => left));
}

test('holds that a restart forgets are held on within their key’s limits, by a share that was set aside for them', () => {
  const lab = new LimitsLab(1_000_000);
  lab.limit(KEY, { day: 100 });
  for (let i = 0; i < 20; i++) lab.hold(OTHER, 1);
  const first = lab.hold(KEY, 1);
  const unwritten = [lab.hold(KEY, 2), lab.hold(KEY, 2)];
  lab.restart();
  lab.book.renew(
    [...unwritten, first].map(({ jobId }) => jobId),
    lab.now,
  );
  expect(lab.hold(KEY, 96)).toMatchObject({ ok: false, of: 'day', left: 95, held: 5 });
  expect(lab.hold(KEY, 95).ok).toBe(true);
  for (const { jobId } of unwritten) expect(lab.settle(jobId, KEY, 2)).toBe(2);
  expect(lab.settle(first.jobId, KEY, 1)).toBe(1);
  expect(lab.book.keyUsage(KEY, lab.now)).toMatchObject({ spent: { day: 5 }, held: 95 });
});

describe('a spend limit', () => {
  test('holds what jobs may cost, counts what they did cost, and gives back what they did not use', () => {
    const lab = new LimitsLab(10_000);
    lab.limit(KEY, { day: 100 });
    const first = lab.hold(KEY, 80);
    expect(lab.hold(KEY, 21)).toMatchObject({ ok: false, reason: 'spend-limit', of: 'day', left: 20, held: 80 });
    lab.settle(first.jobId, KEY, 30);
    expect(lab.hold(KEY, 71)).toMatchObject({ ok: false, left: 70, held: 0 });
    expect(lab.hold(KEY, 70).ok).toBe(true);
    expect(lab.hold(OTHER, 9000).ok).toBe(true);
  });

  test('of a day and of a month begins anew at its UTC midnight, at once, and what is held is held on', () => {
    const lab = new LimitsLab(10_000);
    lab.now = MIDNIGHT - 60_000;
    lab.limit(KEY, { day: 100, month: 150 });
    lab.spend(KEY, 60);
    const late = lab.hold(KEY, 40);
    expect(lab.hold(KEY, 1)).toMatchObject({ of: 'day', resetAt: MIDNIGHT, retryMs: 60_000 });
    lab.now = MIDNIGHT - 1;
    expect(lab.hold(KEY, 1).ok).toBe(false);
    lab.now = MIDNIGHT;
    expect(lab.hold(KEY, 61)).toMatchObject({ ok: false, of: 'day', left: 60, held: 40 });
    lab.settle(late.jobId, KEY, 40);
    expect(lab.book.keyUsage(KEY, lab.now).spent).toEqual({ day: 40, month: 40, total: 100 });
    expect(lab.hold(KEY, 60).ok).toBe(true);
  });

  test('counts what was spent before it was set, also under no limit', () => {
    const lab = new LimitsLab(10_000);
    lab.spend(KEY, 90);
    lab.restart();
    lab.limit(KEY, { total: 100 });
    expect(lab.hold(KEY, 11)).toMatchObject({ ok: false, of: 'total', left: 10, resetAt: null });
    lab.book.setKeyLimits(KEY, null, lab.now);
    expect(lab.hold(KEY, 11).ok).toBe(true);
  });

  test('leaves free jobs alone, and a job that was held for already', () => {
    const lab = new LimitsLab(10_000);
    lab.limit(KEY, { day: 50, job: 50 });
    const { jobId } = lab.hold(KEY, 50);
    expect(lab.hold(KEY, 50, { jobId }).ok).toBe(true);
    expect(lab.hold(KEY, 51, { jobId })).toMatchObject({ ok: false, of: 'job' });
    expect(lab.hold(KEY, 0).ok).toBe(true);
    expect(lab.hold(KEY, 1).ok).toBe(false);
  });

  test('is free again of a job that nobody tells of', () => {
    const lab = new LimitsLab(10_000);
    lab.limit(KEY, { day: 50 });
    const { jobId } = lab.hold(KEY, 50);
    lab.now += 75_000;
    expect(lab.hold(KEY, 40).ok).toBe(true);
    // What comes of it all the same is charged as far as the limit goes.
    expect(lab.settle(jobId, KEY, 50)).toBe(10);
    expect(lab.book.keyUsage(KEY, lab.now)).toMatchObject({ spent: { day: 10 }, held: 40 });
  });

  test('counts a job of several parts as its one charge', () => {
    const lab = new LimitsLab(10_000);
    lab.limit(KEY, { day: 100 });
    const { jobId } = lab.hold(KEY, 100);
    const broke = lab.settle(jobId, KEY, 50, { isFinal: false, outcome: 'interrupted-by-node' });
    expect([broke, lab.book.keyUsage(KEY, lab.now)]).toMatchObject([0, { spent: { day: 0 }, held: 100 }]);
    lab.settle(jobId, KEY, 40, { part: 1, interrupted: 1, resumedTokens: 20, outputTokens: 20, promptTokens: 0 });
    const { spent, held } = lab.book.keyUsage(KEY, lab.now);
    expect([spent.day, held]).toEqual([10_000 - lab.book.balance, 0]);
    expect(spent.day).toBeGreaterThan(50);
  });

  test('of many keys is known after restarts, in pages beside the state', () => {
    const lab = new LimitsLab(1_000_000);
    const keys = Array.from({ length: 300 }, (_, i) => `key_${i}`);
    for (let round = 1; round <= 2; round++) {
      for (const [i, keyId] of keys.entries()) lab.spend(keyId, i + 1);
      lab.restart();
      for (const [i, keyId] of keys.entries())
        expect(lab.book.keyUsage(keyId, lab.now).spent.total).toBe((i + 1) * round);
    }
  });
});

describe('limits by the minute', () => {
  test('count calls and what their answers are expected to have, and then what they had', () => {
    const lab = new LimitsLab(10_000);
    lab.limit(KEY, { requests: 3, tokens: 100 });
    const first = lab.hold(KEY, 1, { tokens: 90, tells: true });
    expect(first.leaves).toMatchObject({ requests: { limit: 3, left: 2 }, tokens: { limit: 100, left: 10 } });
    expect(lab.hold(KEY, 1, { tokens: 11 })).toMatchObject({ ok: false, reason: 'rate-limit', of: 'tokens', left: 10 });
    // Of 10 and 20 tokens.
    lab.settle(first.jobId, KEY, 1);
    const second = lab.hold(KEY, 1, { tokens: 70 });
    expect(second.ok).toBe(true);
    lab.book.release(second.jobId, { interrupted: 0, fate: 'free' }, lab.now);
    expect(lab.hold(KEY, 1, { tokens: 70 }).ok).toBe(true);
    expect(lab.hold(KEY, 0, { tokens: 0 })).toMatchObject({ ok: false, of: 'requests', left: 0, retryMs: 61_000 });
    lab.now += 61_000;
    expect(lab.hold(KEY, 0, { tokens: 100 }).ok).toBe(true);
  });

  test('count a job once, however often it is held for, and nothing of one that is refused', () => {
    const lab = new LimitsLab(100);
    lab.limit(KEY, { requests: 2 });
    const { jobId } = lab.hold(KEY, 50);
    lab.hold(KEY, 50, { jobId });
    expect(lab.hold(KEY, 51)).toMatchObject({ ok: false, reason: 'no-credit' });
    expect(lab.hold(KEY, 1).ok).toBe(true);
    expect(lab.hold(KEY, 1)).toMatchObject({ ok: false, of: 'requests' });
  });

  test('are forgotten by a restart, which knows all that was spent and held', () => {
    const lab = new LimitsLab(100);
    lab.limit(KEY, { requests: 1, day: 50, concurrent: 1 });
    lab.hold(KEY, 50);
    lab.restart();
    expect(lab.hold(KEY, 1)).toMatchObject({ ok: false, reason: 'spend-limit', held: 50 });
    lab.limit(KEY, { requests: 1, concurrent: 1 });
    expect(lab.hold(KEY, 1)).toMatchObject({ ok: false, reason: 'too-many', of: 'key', limit: 1 });
    lab.limit(KEY, { requests: 1 });
    expect(lab.hold(KEY, 1).ok).toBe(true);
  });
});

test('jobs at once are counted by key, free ones too, and each that ends makes room', () => {
  const lab = new LimitsLab(100);
  lab.limit(KEY, { concurrent: 2 });
  const first = lab.hold(KEY, 1);
  lab.hold(KEY, 0);
  expect(lab.hold(KEY, 0)).toMatchObject({ ok: false, reason: 'too-many', of: 'key', limit: 2 });
  expect(lab.book.keyUsage(KEY, lab.now)).toMatchObject({ running: 2, limits: { ...NO_LIMITS, concurrent: 2 } });
  expect(lab.hold(KEY, 0, { ended: [first.jobId] }).ok).toBe(true);
});
