// Amounts of the test token as their owner writes and reads them: tokens with six decimals, never its least parts. Pure.
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';

/** The token's least parts in a unit of the router's books, a millionth of a token. */
export const WEI_OF_UNIT = 10n ** 12n;
const UNITS_OF_TOKEN = 1_000_000n;

/** Least parts of what was written: tokens with up to six decimals, or `all`. */
export function parseTokens(written: string): Result<bigint | 'all', string> {
  if (written === 'all') return ok('all');
  const [, whole = '', part = ''] = /^(\d{1,12})(?:\.(\d{1,6}))?$/.exec(written) ?? [];
  const units = BigInt(`0${whole}`) * UNITS_OF_TOKEN + BigInt(part.padEnd(6, '0'));
  return units > 0n
    ? ok(units * WEI_OF_UNIT)
    : err(`'${written}' is no amount: write tokens, such as 2.5, with up to six decimals, or all.`);
}

/** `2.500000`: what is less than a millionth is left out, and shown as that. */
export function tellTokens(wei: bigint): string {
  const text = String(wei / WEI_OF_UNIT).padStart(7, '0');
  const told = `${text.slice(0, -6)}.${text.slice(-6)}`;
  return wei > 0n && wei < WEI_OF_UNIT ? 'less than 0.000001' : told;
}
