import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { computeCharge } from '../../schema/prices.ts';
import type { SettlementJson } from '../../schema/settlement.ts';
import { decideCharge } from './decide-charge.ts';
import { priceJob } from './price-job.ts';
import { billPart, computeDue, decideFate, isCarried, isTallied, openTally, shareDue } from './tally-job.ts';
import type { JobTally } from './tally-job.ts';

const EXPIRY = 1000;
const price = { priceIn: 1_000_000, priceOut: 2_000_000 };

/** A part that delivered `outputTokens`; the first charges the prompt of 10. */
function partOf(part: number, facts: Partial<SettlementJson> & { prices?: typeof price; chargePrompt?: boolean } = {}) {
  const { prices = price, chargePrompt = part === 0, ...rest } = facts;
  const outcome = rest.outcome ?? (rest.isFinal ? 'complete' : 'interrupted-by-node');
  const counts = { promptTokens: rest.promptTokens ?? 10, outputTokens: rest.outputTokens ?? 20 };
  const { charge } = decideCharge({ outcome, counts, price: prices, chargePrompt });
  const ticket = { priceIn: String(prices.priceIn), priceOut: String(prices.priceOut), chargePrompt };
  return {
    part,
    outcome,
    isFinal: false,
    ttftMs: 100,
    charge,
    ...counts,
    ticket,
    ...rest,
  } as unknown as SettlementJson;
}

function tallyOf(parts: readonly SettlementJson[], more: Partial<JobTally> = {}): JobTally {
  return { ...openTally(EXPIRY, { charge: 0, parts: 0 }), parts: parts.map(billPart), ...more };
}

test('an answer carries what broke off before it only where it went on from that', () => {
  expect(isCarried(tallyOf([partOf(0)]))).toBe(false);
  expect(isCarried(tallyOf([partOf(0), partOf(1, { isFinal: true, interrupted: 1 })]))).toBe(true);
  expect(isCarried(tallyOf([partOf(0), partOf(1, { isFinal: true })]))).toBe(false);
  expect(isCarried(tallyOf([partOf(0)], { release: { fate: 'charged', interrupted: 1 } }))).toBe(true);
});

describe('how a job ended', () => {
  const lower = partOf(0);

  test('nobody knows while only broken parts have come, until the hold has lapsed', () => {
    expect(decideFate(tallyOf([lower]), EXPIRY - 1)).toBeNull();
    expect(decideFate(tallyOf([lower]), EXPIRY)).toBe('free');
    expect(computeDue(tallyOf([lower]), EXPIRY)).toBe(0);
  });

  test.each([
    ['complete', 'charged'],
    ['cancelled', 'charged'],
    ['failed-by-node', 'free'],
    ['failed-by-network', 'free'],
    ['refused', 'free'],
  ] as const)('a final part that ended as %s leaves the earlier ones %s', (outcome, fate) => {
    const tally = tallyOf([partOf(1, { isFinal: true, outcome, interrupted: 1 }), lower]);
    expect(decideFate(tally, 0)).toBe(fate);
    expect(decideFate(tally, EXPIRY)).toBe(fate);
    expect(computeDue(tally, 0) > 0).toBe(fate === 'charged');
  });

  test('a part that takes itself for the last is not, where a later one has come', () => {
    const left = partOf(0, { isFinal: true, outcome: 'cancelled' });
    expect(decideFate(tallyOf([left, partOf(1)]), 0)).toBeNull();
    expect(decideFate(tallyOf([left, partOf(1, { isFinal: true, outcome: 'failed-by-node' })]), 0)).toBe('free');
  });

  test('a part that its hub forgot says nothing of it, and is none of those that delivered something', () => {
    const lost = partOf(2, { isFinal: true, outcome: 'failed-by-network', ttftMs: null });
    expect(decideFate(tallyOf([lower, lost]), 0)).toBeNull();
    const end = partOf(1, { isFinal: true, interrupted: 1 });
    expect(decideFate(tallyOf([end, lost]), 0)).toBe('charged');
    expect(isTallied(tallyOf([end, lost]), 0)).toBe(false);
    expect(isTallied(tallyOf([end, lost, lower]), 0)).toBe(true);
  });

  test('the edge’s word ends it; a free end stands against a part that comes after', () => {
    const release = { fate: 'free', interrupted: 1 } as const;
    expect(decideFate(tallyOf([lower], { release }), 0)).toBe('free');
    expect(decideFate(tallyOf([partOf(1, { isFinal: true })], { release }), 0)).toBe('free');
    expect(decideFate(tallyOf([lower], { release: { fate: 'charged', interrupted: 1 } }), 0)).toBe('charged');
  });

  test('it is closed when all that delivered something have come, or when nothing is charged any more', () => {
    const end = partOf(2, { isFinal: true, interrupted: 2 });
    expect(isTallied(tallyOf([end]), 0)).toBe(false);
    expect(isTallied(tallyOf([end, lower]), 0)).toBe(false);
    expect(isTallied(tallyOf([end, lower, partOf(1)]), 0)).toBe(true);
    expect(isTallied(tallyOf([partOf(2, { isFinal: true, interrupted: 2, outcome: 'failed-by-node' })]), 0)).toBe(true);
    expect(isTallied(tallyOf([lower]), 0)).toBe(false);
  });
});

describe('what it comes to', () => {
  test('the prompt once and the output of every part', () => {
    const end = partOf(2, { isFinal: true, interrupted: 2, promptTokens: 50 });
    expect(computeDue(tallyOf([end, partOf(0), partOf(1)]), 0)).toBe(10 + 60 * 2);
  });

  test('the prompt once also where two homes were asked to charge it', () => {
    const parts = [partOf(0), partOf(1, { chargePrompt: true }), partOf(2, { isFinal: true, interrupted: 1 })];
    expect(computeDue(tallyOf(parts), 0)).toBe(10 + 60 * 2);
  });

  test('earlier parts never count more output than the answer that the last one went on from', () => {
    const end = partOf(2, { isFinal: true, interrupted: 2, resumedTokens: 33 });
    expect(computeDue(tallyOf([end, partOf(0), partOf(1)]), 0)).toBe(10 + (33 + 20) * 2);
  });

  test('a part that went on from none leaves earlier ones free: nobody was given what they sent', () => {
    const end = partOf(1, { isFinal: true, chargePrompt: true });
    expect(computeDue(tallyOf([partOf(0), end]), 0)).toBe(50);
  });

  test('a part on the caller’s own home counts nothing, whichever part it is', () => {
    const own = { prices: { priceIn: 0, priceOut: 0 } };
    expect(computeDue(tallyOf([partOf(0, own), partOf(1, { isFinal: true, interrupted: 1 })]), 0)).toBe(40);
    expect(computeDue(tallyOf([partOf(0), partOf(1, { isFinal: true, interrupted: 1, ...own })]), 0)).toBe(50);
  });

  test('what was booked before anyone knew of several parts counts in a job that went on, and not in one that began anew', () => {
    const before = { charge: 50, parts: 1 };
    const goesOn = partOf(1, { isFinal: true, interrupted: 1 });
    expect(computeDue({ ...tallyOf([goesOn]), before, booked: 50 }, 0)).toBe(90);
    expect(computeDue({ ...tallyOf([partOf(1, { isFinal: true, chargePrompt: true })]), before, booked: 50 }, 0)).toBe(
      50,
    );
  });
});

test('what is due is shared in the order of the parts, each at most what its hub decided', () => {
  const waiting = [
    { part: 2, charge: 40 },
    { part: 0, charge: 50 },
  ];
  expect([...shareDue(waiting, 89)]).toEqual([
    [0, 50],
    [2, 39],
  ]);
  expect([...shareDue(waiting, -5).values()]).toEqual([0, 0]);
});

const anyJob = fc.record({
  priceIn: fc.nat(3_000_000),
  priceOut: fc.nat(3_000_000),
  promptTokens: fc.nat(5000),
  outputs: fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 4 }),
  seed: fc.infiniteStream(fc.nat()),
});

test('in any order the parts of an answer cost exactly what it had cost undisturbed, and never more than was held', () => {
  fc.assert(
    fc.property(anyJob, ({ priceIn, priceOut, promptTokens, outputs, seed }) => {
      const prices = { priceIn, priceOut };
      const last = outputs.length - 1;
      const parts = outputs.map((outputTokens, part) =>
        partOf(part, {
          prices,
          outputTokens,
          promptTokens: promptTokens + outputs.slice(0, part).reduce((sum, one) => sum + one, 0),
          ...(part === last ? { isFinal: true, interrupted: last } : {}),
        }),
      );
      const order = parts
        .map((part) => ({ part, at: seed.next().value ?? 0 }))
        .toSorted((a, b) => a.at - b.at)
        .map(({ part }) => part);
      let tally = openTally(EXPIRY, { charge: 0, parts: 0 });
      let waiting: SettlementJson[] = [];
      for (const part of order) {
        tally = { ...tally, parts: [...tally.parts, billPart(part)] };
        waiting.push(part);
        if (!decideFate(tally, 0)) continue;
        const shares = shareDue(waiting, computeDue(tally, 0) - tally.booked);
        tally = { ...tally, booked: [...shares.values()].reduce((sum, one) => sum + one, tally.booked) };
        for (const one of waiting) expect(shares.get(one.part)).toBeLessThanOrEqual(one.charge);
        waiting = [];
      }
      const outputTokens = outputs.reduce((sum, one) => sum + one, 0);
      expect(tally.booked).toBe(computeCharge(prices, { promptTokens, outputTokens }));
      expect(tally.booked).toBeLessThanOrEqual(
        priceJob({ price: prices, promptTokens, maxOutputTokens: outputTokens }),
      );
      expect(isTallied(tally, 0)).toBe(true);
    }),
  );
});
