import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitCharge } from '../../schema/prices.ts';
import type { SettlementJson } from '../../schema/settlement.ts';
import { decideEarn, isCertain, isDecided, payableOf } from './decide-earn.ts';
import type { BookedPart } from './decide-earn.ts';

const settlement = {
  outcome: 'complete',
  isFinal: true,
  ticket: { chargePrompt: true, priceIn: '1', priceOut: '1' },
  charge: 50,
  earn: 45,
  endedAt: 1000,
} as SettlementJson;
const booked: BookedPart = {
  part: 1,
  ownerAccountId: 'acct_o',
  outcome: 'complete',
  charge: 50,
  hasToken: true,
};
const part = { worth: 100, outputTokens: 20, ownerAccountId: 'acct_o' };
const fate = { part: booked, earlier: [] };
const purse = { brought: 1000, drawn: 900, reserved: 40 };

describe('a hub’s own decision stands', () => {
  test.each(['complete', 'cancelled', 'cut-off'] as const)('for the one part of a job that ended as %s', (outcome) => {
    expect(isCertain({ ...settlement, outcome })).toBe(true);
  });

  test.each(['failed-before-token', 'failed-by-node', 'refused'] as const)('for %s, which earns nothing', (outcome) => {
    expect(isCertain({ ...settlement, outcome, charge: 0, earn: 0 })).toBe(true);
  });

  test.each<[string, Partial<SettlementJson>]>([
    ['that broke off', { outcome: 'interrupted-by-network', isFinal: false }],
    ['that failed by the network', { outcome: 'failed-by-network' }],
    ['that went on with another', { interrupted: 1 }],
    ['that does not charge its prompt', { ticket: { ...settlement.ticket, chargePrompt: false } }],
    ['that earns more than its share', { earn: 46 }],
    ['whose caller and home belong together', { related: 'address' }],
  ])('but not of a part %s: its caller’s account decides', (_, facts) => {
    expect(isCertain({ ...settlement, ...facts })).toBe(false);
  });

  test('for a free one that went on with nothing, whatever it comes to', () => {
    const ticket = { ...settlement.ticket, priceIn: '0', priceOut: '0' };
    expect(isCertain({ ...settlement, ticket, charge: 0, earn: 0 })).toBe(true);
  });
});

test('a fate is known when the part is booked and those before it are, or have been waited for', () => {
  const last = { ...settlement, interrupted: 1 };
  expect(isDecided(last, { part: null, earlier: [], brought: 0 }, 2000)).toBe(false);
  expect(isDecided(last, { part: booked, earlier: [], brought: 0 }, 2000)).toBe(false);
  expect(isDecided(last, { part: booked, earlier: [booked], brought: 0 }, 2000)).toBe(true);
  expect(isDecided(last, { part: booked, earlier: [], brought: 0 }, 601_000)).toBe(true);
});

describe('a part earns', () => {
  test('its share of what its caller paid, and of its worth what its home’s fees can give beyond', () => {
    expect(decideEarn(part, fate, purse)).toBe(60);
    expect(decideEarn(part, fate, { ...purse, drawn: 0 })).toBe(100);
    expect(decideEarn(part, fate, { ...purse, drawn: 1000 })).toBe(45);
    expect(decideEarn({ ...part, worth: 30 }, fate, purse)).toBe(30);
  });

  test('its share only where nothing came of it, where its home broke it off, and where the owner’s own home had', () => {
    const free = { ...purse, drawn: 0 };
    expect(decideEarn({ ...part, outputTokens: 0 }, fate, free)).toBe(45);
    expect(decideEarn(part, { ...fate, part: { ...booked, outcome: 'interrupted-by-node' } }, free)).toBe(45);
    const earlier = [{ ...booked, part: 0, outcome: 'interrupted-by-network' }];
    expect(decideEarn(part, { ...fate, earlier }, free)).toBe(45);
    expect(decideEarn(part, { ...fate, earlier: [{ ...earlier[0]!, ownerAccountId: 'acct_p' }] }, free)).toBe(100);
    expect(decideEarn(part, { ...fate, earlier: [{ ...earlier[0]!, hasToken: false }] }, free)).toBe(100);
    expect(decideEarn(part, { ...fate, earlier: [{ ...earlier[0]!, outcome: 'cancelled' }] }, free)).toBe(100);
  });

  test('where caller and home belong together its share of what bought credit paid, and nothing of its home’s fees', () => {
    const related = { ...booked, related: 'wallet' } as const;
    const free = { ...purse, drawn: 0 };
    const earnOf = (paidFrom: BookedPart['paidFrom']): number =>
      decideEarn(part, { part: { ...related, paidFrom }, earlier: [] }, free);
    expect(earnOf({ granted: 50, earned: 0, bought: 0 })).toBe(0);
    expect(earnOf({ granted: 0, earned: 50, bought: 0 })).toBe(0);
    expect(earnOf({ granted: 20, earned: 10, bought: 20 })).toBe(18);
    expect(earnOf({ granted: 0, earned: 0, bought: 50 })).toBe(45);
    // Of one that was booked before there were kinds nobody knows that it was bought.
    expect(earnOf(undefined)).toBe(0);
    expect(payableOf({ ...related, paidFrom: { granted: 20, earned: 10, bought: 20 } })).toBe(18);
    expect(payableOf(booked)).toBe(50);
  });

  test('by the fee of its part, where a vote has changed it', () => {
    expect(isCertain({ ...settlement, earn: 46 })).toBe(false);
    expect(isCertain({ ...settlement, earn: 46, feeBps: 800 })).toBe(true);
    expect(decideEarn(part, { part: { ...booked, feeBps: 800 }, earlier: [] }, { ...purse, brought: 0 })).toBe(46);
    const bought = { granted: 25, earned: 0, bought: 25 };
    expect(payableOf({ ...booked, related: 'wallet', paidFrom: bought, feeBps: 800 })).toBe(23);
  });

  test('never more than it is worth, nor than its charge and what is left of its home’s fees', () => {
    const units = fc.nat(1_000_000);
    fc.assert(
      fc.property(units, units, units, units, units, (worth, charge, brought, drawn, reserved) => {
        const earn = decideEarn(
          { ...part, worth },
          { part: { ...booked, charge }, earlier: [] },
          { brought, drawn, reserved },
        );
        expect(earn).toBeLessThanOrEqual(worth);
        expect(earn).toBeLessThanOrEqual(Math.max(splitCharge(charge).earn, brought - drawn - reserved));
      }),
    );
  });
});
