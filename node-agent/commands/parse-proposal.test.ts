import { expect, test } from 'vitest';
import type { RuleValues } from '../../schema/rules-abi.ts';
import { parseProposal, planFromEpoch } from './parse-proposal.ts';

const values: RuleValues = {
  feeBps: 1000,
  slashBps: 5000,
  reporterBps: 2500,
  bonusBps: 10_000,
  unbondSeconds: 604_800,
  windowSeconds: 72_000,
  capUnits: 100_000_000_000n,
  rootBondUnits: 100_000_000n,
};
const epochSeconds = 86_400;
const now = { values, next: null, epochSeconds };

test.each<[string, Partial<RuleValues>]>([
  ['fee=8', { feeBps: 800 }],
  ['fee=7.25', { feeBps: 725 }],
  ['fee=0 bonus=50', { feeBps: 0, bonusBps: 5000 }],
  ['unbond=14 window=50000', { unbondSeconds: 14 * epochSeconds, windowSeconds: 50_000 }],
  ['cap=2.5 rootbond=300', { capUnits: 2_500_000n, rootBondUnits: 300_000_000n }],
])('%s changes that and nothing else', (words, changed) => {
  expect(parseProposal(words.split(' '), now)).toEqual({ ok: true, value: { ...values, ...changed } });
});

test('what is voted for already and does not count yet is kept', () => {
  const next = { fromEpoch: 9, values: { ...values, feeBps: 800 } };
  expect(parseProposal(['slash=40'], { ...now, next })).toMatchObject({ value: { feeBps: 800, slashBps: 4000 } });
});

test.each([
  ['', 'What is to change?'],
  ['fee=20.01', 'No vote leaves 0 % to 20 %'],
  ['fee=8%', 'is no change of the rules'],
  ['toString=1', 'is no change of the rules'],
  ['fee=8.001', 'too many decimals'],
  ['unbond=6', 'No vote leaves 7 d to 90 d'],
  ['cap=0', 'No vote leaves 0.000001 test tokens'],
])('%j is refused with what to do', (words, why) => {
  const parsed = parseProposal(words.split(' ').filter(Boolean), now);
  expect(parsed).toEqual({ ok: false, error: expect.stringContaining(why) as string });
});

test('changes count from an epoch that the vote is over before', () => {
  const delays = { voting: epochSeconds, period: 3 * epochSeconds, timelock: 2 * epochSeconds };
  const at = { now: 1000 * (100 * epochSeconds + 10), epoch: 100, epochSeconds, delays };
  expect(planFromEpoch(undefined, at)).toEqual({ ok: true, value: 110 });
  expect(planFromEpoch('107', at)).toEqual({ ok: true, value: 107 });
  expect(planFromEpoch('106', at)).toMatchObject({ error: expect.stringContaining('too soon') as string });
  expect(planFromEpoch('soon', at)).toMatchObject({ error: expect.stringContaining('--from-epoch') as string });
});
