import { describe, expect, test } from 'vitest';
import { encodeFunctionData } from 'viem';
import { PAYOUTS_ABI, RULES_ABI } from './contracts/abi.ts';
import { describeProposal } from './describe-proposal.ts';
import type { VoteFacts } from './describe-proposal.ts';
import { boundsOf, encodeSetValues, RULE_NAMES } from './rules-abi.ts';
import type { RuleValues } from './rules-abi.ts';

const [RULES, PAYOUTS, OTHER] = [`0x${'a1'.repeat(20)}`, `0x${'b2'.repeat(20)}`, `0x${'c3'.repeat(20)}`] as const;
const DAY = 86_400;
const values: RuleValues = {
  feeBps: 1000,
  slashBps: 5000,
  reporterBps: 2500,
  bonusBps: 10_000,
  unbondSeconds: 7 * DAY,
  windowSeconds: 72_000,
  capUnits: 100_000_000_000n,
  rootBondUnits: 100_000_000n,
};
const facts: VoteFacts = { rules: RULES, payouts: PAYOUTS, epochSeconds: DAY, values, next: null, last: null };
const tell = (data: `0x${string}`, target: `0x${string}` = RULES, value = 0n): readonly string[] =>
  describeProposal([{ target, value, data }], facts);
const set = (changed: Partial<RuleValues>, from = 20_800): readonly string[] =>
  tell(encodeSetValues({ ...values, ...changed }, from));

test('a call that sets rules is encoded as the contract reads it', () => {
  const next = { ...values, feeBps: 800 };
  const encoded = encodeFunctionData({ abi: RULES_ABI, functionName: 'setValues', args: [next, 20_800] });
  expect(encodeSetValues(next, 20_800)).toBe(encoded);
});

describe('in words of its calls', () => {
  test('a change of the fee, and of nothing else', () => {
    expect(set({ feeBps: 800 })).toEqual([
      'The network’s fee goes from 10 % to 8 % from epoch 20800 on (2026-12-13 00:00 UTC): of what callers pay; the home gets the rest.',
    ]);
  });

  test('a change that was carried out, whatever counts by now', () => {
    const calls = [{ target: RULES, value: 0n, data: encodeSetValues({ ...values, feeBps: 800 }, 20_800) }];
    const after = { ...facts, values: { ...values, feeBps: 800 }, last: { fromEpoch: 20_800, before: values } };
    expect(describeProposal(calls, after, { isCarried: true })[0]).toContain(
      'fee goes from 10 % to 8 % from epoch 20800 on',
    );
    expect(
      describeProposal(calls, { ...after, last: { fromEpoch: 20_900, before: values } }, { isCarried: true }),
    ).toEqual([
      expect.stringMatching(/^Set all values from epoch 20800 on .*The network’s fee: 8 %; What a proven fault/),
    ]);
  });

  test('a change beside another that is decided and on its way: what it undoes is told', () => {
    const next = { fromEpoch: 20_790, values: { ...values, feeBps: 800 } };
    const beside = (changed: Partial<RuleValues>, from: number): readonly string[] =>
      describeProposal([{ target: RULES, value: 0n, data: encodeSetValues({ ...values, ...changed }, from) }], {
        ...facts,
        next,
      });
    const replaced = expect.stringMatching(
      /^Carried out before then, it replaces what is to count from epoch 20790 on/,
    );
    expect(beside({}, 20_800)).toEqual([
      expect.stringContaining('fee goes from 8 % to 10 % from epoch 20800'),
      replaced,
    ]);
    expect(beside({ feeBps: 800 }, 20_800)).toEqual([expect.stringContaining('nothing changes'), replaced]);
    expect(beside({ feeBps: 800 }, 20_780)).toEqual([expect.stringContaining('from 10 % to 8 %'), replaced]);
  });

  test('each value that changes, with its own unit', () => {
    const told = set({ unbondSeconds: 10 * DAY, capUnits: 2_500_000n, reporterBps: 125 });
    expect(told).toHaveLength(3);
    expect(told.join(' ')).toMatch(/from 25 % to 1\.25 %.*from 7 d to 10 d.*from 100,000 test tokens to 2\.5 test/);
    expect(set({})).toEqual([expect.stringContaining('nothing changes')]);
  });

  test('what the code will refuse is told as that', () => {
    expect(set({ feeBps: 2100 })[0]).toContain('it cannot be carried out');
  });

  test('keys, the pause, and a root that is made void', () => {
    const key = `0x${'d4'.repeat(20)}` as const;
    const rules = (functionName: string, args: unknown[] = []): readonly string[] =>
      tell(encodeFunctionData({ abi: RULES_ABI, functionName, args } as never));
    expect(rules('nameRootKey', [key])[0]).toContain(`Names ${key} the root key`);
    expect(rules('nameGuardian', [key])[0]).toContain(`Names ${key} the guardian`);
    expect(rules('nameRouterKey', [key, 3, 9])[0]).toContain('from 3 to epoch 9');
    expect(rules('nameRouterKey', [key, 3, 0xffffffff])[0]).toContain('from 3 without an end');
    expect(rules('nameRouterKey', [key, 0, 0])[0]).toContain('Takes back the router key');
    expect(rules('resume')).toEqual(['Ends the guardian’s pause at once.']);
    const voided = encodeFunctionData({ abi: PAYOUTS_ABI, functionName: 'voidPending' });
    expect(tell(voided, PAYOUTS)[0]).toContain('void');
  });

  test.each<[string, readonly string[]]>([
    ['another contract', tell(encodeSetValues(values, 5), OTHER)],
    ['another function', tell('0x12345678')],
    ['coins with it', tell(encodeSetValues(values, 5), RULES, 1n)],
    ['a call that is cut off', tell(encodeSetValues(values, 5).slice(0, 60) as `0x${string}`)],
    ['an address that is none', tell(`0x${'ff'.repeat(4)}${'ff'.repeat(32)}`)],
    ['nothing', tell('0x')],
  ])('%s is told as unknown, and never in words of another', (_, told) => {
    expect(told).toEqual([expect.stringMatching(/^CALLS 0x.* Do not vote for what you cannot read\.$/)]);
  });
});

test('the values of a network that starts are within the bounds that are told', () => {
  for (const name of RULE_NAMES) {
    const [least, most] = boundsOf(name, DAY);
    expect([name, BigInt(values[name]) >= least, BigInt(values[name]) <= most]).toEqual([name, true, true]);
  }
});
