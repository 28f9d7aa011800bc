// What the rules on the chain are, as `Rules.Values` has them in its words, and the bounds that no vote leaves. Pure.
import type { Hex } from './bytes.ts';
import { MOST_FEE_BPS } from './fee-schedule.ts';
import { makeCall } from './abi-words.ts';
import type { AbiWords } from './abi-words.ts';

/** Shares are parts of 10,000; amounts are units, times seconds. */
export interface RuleValues {
  readonly feeBps: number;
  readonly slashBps: number;
  readonly reporterBps: number;
  readonly bonusBps: number;
  readonly unbondSeconds: number;
  readonly windowSeconds: number;
  readonly capUnits: bigint;
  readonly rootBondUnits: bigint;
}

/** In the order of the struct. */
export const RULE_NAMES = [
  'feeBps',
  'slashBps',
  'reporterBps',
  'bonusBps',
  'unbondSeconds',
  'windowSeconds',
  'capUnits',
  'rootBondUnits',
] as const satisfies readonly (keyof RuleValues)[];

export const SET_VALUES = 'setValues((uint16,uint16,uint16,uint16,uint32,uint32,uint64,uint64),uint32)';

/** From the word at `place` on. Throws RangeError for what is none. */
export function readRuleValues(words: AbiWords, place = 0): RuleValues {
  const at = (name: keyof RuleValues): number => place + RULE_NAMES.indexOf(name);
  const number = (name: keyof RuleValues): number => words.number(at(name));
  return {
    feeBps: number('feeBps'),
    slashBps: number('slashBps'),
    reporterBps: number('reporterBps'),
    bonusBps: number('bonusBps'),
    unbondSeconds: number('unbondSeconds'),
    windowSeconds: number('windowSeconds'),
    capUnits: words.big(at('capUnits')),
    rootBondUnits: words.big(at('rootBondUnits')),
  };
}

/** The call that a vote on the rules comes down to. */
export function encodeSetValues(values: RuleValues, fromEpoch: number): Hex {
  return makeCall(SET_VALUES, ...RULE_NAMES.map((name) => values[name]), fromEpoch);
}

/** The least and the most of a value, by the length of an epoch, s: as the contract holds them. */
export function boundsOf(name: keyof RuleValues, epochSeconds: number): readonly [least: bigint, most: bigint] {
  const seconds = BigInt(epochSeconds);
  switch (name) {
    case 'feeBps':
      return [0n, BigInt(MOST_FEE_BPS)];
    case 'slashBps':
      return [100n, 10_000n];
    case 'reporterBps':
      return [0n, 5000n];
    case 'bonusBps':
      return [0n, 10_000n];
    case 'unbondSeconds':
      return [7n * seconds, 90n * seconds];
    case 'windowSeconds':
      return [seconds / 2n, seconds - seconds / 12n];
    case 'capUnits':
      return [1n, 1_000_000_000_000n];
    case 'rootBondUnits':
      return [0n, 10_000_000_000n];
  }
}
