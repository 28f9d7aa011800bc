import { expect, test } from 'vitest';
import type { SettlementJson } from '../../schema/settlement.ts';
import { makeNode, makePart } from '../test/workerd/make-settlement.ts';
import { buildLateEntry, buildSettleEntry, buildChargeEntries } from './build-entry.ts';
import { addEarnings, addUsage, dayOf, daysOfEntry, shareJob, toEarningRow, toUsageRow } from './build-usage.ts';

const node = makeNode('usage-test');
const AT = 20_000 * 86_400_000 + 5;

/** Accepted, with this energy; 0 by method 0 where nothing is known. */
function partOf(facts: Partial<SettlementJson> = {}, [method, microWh] = [1, '70']): SettlementJson {
  const { withReceipt } = makePart(node, {
    settlement: { accountId: 'acct_c', ownerAccountId: 'acct_o', endedAt: AT },
  });
  const receipt = withReceipt.receipt && { ...withReceipt.receipt, energyMethod: method, energyMicroWh: microWh };
  const acceptance = {} as NonNullable<SettlementJson['acceptance']>;
  return { ...withReceipt, receipt, acceptance, kind: 'chat', ...facts };
}

const WHOLE = { jobs: 1, promptTokens: 10 } as const;

test('a part counts on the day it ended, for its caller by key, model, country and kind, for its owner by home and model', () => {
  const part = partOf();
  expect(toUsageRow(part, WHOLE)).toEqual([20_000, 'key_test', 'nano-demo', 'DE', 'chat', 1, 1, 10, 20, 50, 70, 1]);
  expect(toEarningRow(part, WHOLE)).toEqual([20_000, node.id, 'acct_o', 'nano-demo', 1, 1, 10, 20, 45, 70, 1]);
  const { kind: _kind, ...old } = part;
  expect(toUsageRow(old, WHOLE)[4]).toBe('unknown');
  expect([dayOf(AT - 6), dayOf(AT)]).toEqual([19_999, 20_000]);
});

test.each([
  ['no receipt', partOf({ receipt: null })],
  ['a receipt that was not accepted', partOf({ acceptance: null })],
  ['a receipt that knows no energy', partOf({}, [0, '9'])],
])('%s adds no energy and is not counted as known', (_, part) => {
  expect(toUsageRow(part, WHOLE).slice(-2)).toEqual([0, 0]);
});

test('a zero for tokens and what no home can take count as the least and the most that is possible', () => {
  expect(toUsageRow(partOf({}, [1, '0']), WHOLE).slice(-2)).toEqual([16, 1]);
  const most = toUsageRow(partOf({ durationMs: 1000 }, [1, '18446744073709551615']), WHOLE);
  expect(most.slice(-2)).toEqual([1_736_111, 1]);
});

test('a job of several parts is one job, with its longest prompt once', () => {
  const first = partOf({ isFinal: false });
  const second = { ...partOf({ promptTokens: 30 }), ticket: { ...first.ticket, chargePrompt: false } };
  expect(shareJob([first, second], 1)).toEqual([
    { jobs: 0, promptTokens: 10 },
    { jobs: 1, promptTokens: 0 },
  ]);
  expect(shareJob([first], 1)).toEqual([{ jobs: 1, promptTokens: 10 }]);
  expect(shareJob([second], 0)).toEqual([{ jobs: 0, promptTokens: 0 }]);
});

test('rows of the same names are one row', () => {
  const row = toUsageRow(partOf(), WHOLE);
  const other = toUsageRow(partOf({ country: 'FR' }), WHOLE);
  expect(addUsage([row, other, row])).toEqual([
    [20_000, 'key_test', 'nano-demo', 'DE', 'chat', 2, 2, 20, 40, 100, 140, 2],
    other,
  ]);
  const earned = toEarningRow(partOf(), WHOLE);
  expect(addEarnings([earned, earned])).toEqual([[20_000, node.id, 'acct_o', 'nano-demo', 2, 2, 20, 40, 90, 140, 2]]);
});

test('what comes alone is a part without its job; what is paid later stands on the day of the payment, its energy with the part', () => {
  const part = partOf();
  expect(daysOfEntry(buildSettleEntry({ ...part, receipt: null, earn: 0 }, null), part)).toEqual({
    usage: [[20_000, 'key_test', 'nano-demo', 'DE', 'chat', 0, 1, 10, 20, 50, 70, 1]],
    earnings: [[20_000, node.id, 'acct_o', 'nano-demo', 0, 1, 10, 20, 0, 70, 1]],
  });
  expect(daysOfEntry(buildLateEntry(part, AT + 86_400_000), part)).toEqual({
    usage: [[20_000, 'key_test', 'nano-demo', 'DE', 'chat', 0, 0, 0, 0, 0, 70, 1]],
    earnings: [[20_001, node.id, 'acct_o', 'nano-demo', 0, 0, 0, 0, 45, 70, 1]],
  });
  const [, rest] = buildChargeEntries(part, 5, 'a test');
  expect(rest && daysOfEntry(rest, part)).toEqual({
    usage: [],
    earnings: [[20_000, node.id, 'acct_o', 'nano-demo', 0, 0, 0, 0, 40, 0, 0]],
  });
});
