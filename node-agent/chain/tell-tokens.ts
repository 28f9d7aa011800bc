// Amounts of tokens and of test coins in words: never in their least parts. Pure.

/** Beside every amount of tokens. */
export const NO_VALUE = 'test tokens, no value';
/** Units of a router's books that are one token. */
const UNITS = 1_000_000n;
/** Least parts of a token that are one unit. */
export const WEI_PER_UNIT = 10n ** 12n;
const COIN = 10n ** 18n;
/** Digits of an amount of coins that say something. */
const COIN_DIGITS = 4;

/** `0.000052`: with six decimals, which a unit is the last of. */
export function tellTokens(units: bigint): string {
  const [sign, size] = units < 0n ? ['-', -units] : ['', units];
  return `${sign}${size / UNITS}.${String(size % UNITS).padStart(6, '0')}`;
}

/** As `tellTokens`, of what a token contract counts; what is less than a unit is left out. */
export function tellTokenWei(wei: bigint): string {
  return tellTokens(wei / WEI_PER_UNIT);
}

/** `0.00007215`: to four digits that are not zero, rounded up, so that it is never told as nothing. */
export function tellCoins(wei: bigint): string {
  if (wei <= 0n) return '0';
  const places = String(wei).length;
  const step = places > COIN_DIGITS && wei < COIN ? 10n ** BigInt(places - COIN_DIGITS) : 1n;
  const rounded = wei >= COIN ? roundUp(wei, COIN / 10_000n) : roundUp(wei, step);
  const part = String(rounded % COIN)
    .padStart(18, '0')
    .replace(/0+$/, '');
  return part === '' ? String(rounded / COIN) : `${rounded / COIN}.${part}`;
}

function roundUp(value: bigint, step: bigint): bigint {
  return ((value + step - 1n) / step) * step;
}
