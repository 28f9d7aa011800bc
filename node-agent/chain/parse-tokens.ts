// Amounts of the test token as their owner writes them: tokens with six decimals, never its least parts. Pure.
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { WEI_PER_UNIT } from './tell-tokens.ts';

const UNITS_OF_TOKEN = 1_000_000n;

/** Least parts of what was written: tokens with up to six decimals, or `all`. */
export function parseTokens(written: string): Result<bigint | 'all', string> {
  if (written === 'all') return ok('all');
  const [, whole = '', part = ''] = /^(\d{1,12})(?:\.(\d{1,6}))?$/.exec(written) ?? [];
  const units = BigInt(`0${whole}`) * UNITS_OF_TOKEN + BigInt(part.padEnd(6, '0'));
  return units > 0n
    ? ok(units * WEI_PER_UNIT)
    : err(`'${written}' is no amount: write tokens, such as 2.5, with up to six decimals, or all.`);
}
