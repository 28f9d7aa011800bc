import { beforeEach, describe, expect, test } from 'vitest';
import { UNSEALED } from '../../schema/seal.ts';
import { UnsealedJobs } from './unsealed-jobs.ts';
import type { UnsealedLimits } from './unsealed-jobs.ts';

const CHEAP = { priceOut: 1_000_000n };

let now: number;
beforeEach(() => {
  now = 5000;
});

function open(limits: Partial<UnsealedLimits> = {}): UnsealedJobs {
  return new UnsealedJobs(() => now, { ...UNSEALED, ...limits });
}

describe('by number', () => {
  test('so many may send, in the order of their arrival, and the next when one of them is proven or over', () => {
    const unsealed = open();
    const jobs = Array.from({ length: UNSEALED.jobs + 2 }, () => unsealed.begin(CHEAP));
    const free = (): number[] => jobs.flatMap((job, i) => (job.allows(1) ? [i] : []));
    expect(free()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    jobs[3]?.prove();
    expect(free()).toEqual([0, 1, 2, 4, 5, 6, 7, 8]);
    jobs[0]?.forfeit();
    expect(free()).toEqual([1, 2, 4, 5, 6, 7, 8, 9]);
  });
});

describe('by age', () => {
  test('each may send for a second since it came', () => {
    const unsealed = open();
    const first = unsealed.begin(CHEAP);
    now += 600;
    const second = unsealed.begin(CHEAP);
    now += 400;
    expect([first.allows(1), second.allows(1)]).toEqual([true, true]);
    now += 1;
    expect([first.allows(1), second.allows(1)]).toEqual([false, true]);
  });
});

describe('by value', () => {
  test('what all of them have sent at their prices counts together', () => {
    const unsealed = open({ units: 10 });
    const [one, other] = [unsealed.begin(CHEAP), unsealed.begin({ priceOut: 3_000_000n })];
    one.note(4);
    expect([other.allows(2), other.allows(3)]).toEqual([true, false]);
    other.note(2);
    expect([one.allows(1), other.allows(1)]).toEqual([false, false]);
  });

  test('what was proven counts no more; what never was counts for good', () => {
    const unsealed = open({ units: 10 });
    const [good, bad] = [unsealed.begin(CHEAP), unsealed.begin(CHEAP)];
    good.note(6);
    bad.note(4);
    good.prove();
    bad.forfeit();
    const next = unsealed.begin(CHEAP);
    expect([next.allows(6), next.allows(7)]).toEqual([true, false]);
    good.note(100);
    expect(next.allows(6)).toBe(true);
  });

  test('at a price beyond all bounds nothing leaves unproven, and free work always may', () => {
    const unsealed = open();
    expect(unsealed.begin({ priceOut: 2n ** 64n - 1n }).allows(1)).toBe(false);
    expect(unsealed.begin({ priceOut: 0n }).allows(1_000_000)).toBe(true);
  });
});
