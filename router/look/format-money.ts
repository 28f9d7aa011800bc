// Amounts of credit as people read them: millionths of a credit as credits, with as many decimals as say something. Pure.
import type { Locale } from './words.ts';

const MICRO = 1_000_000;

/** `1,234.56`, `0.000157`, `−3.00`: at least two decimals, at most the six that there are. Takes micro-credits. */
export function formatCredits(micro: number, locale: Locale): string {
  const whole = Math.abs(micro) >= MICRO;
  const options = { minimumFractionDigits: 2, maximumFractionDigits: whole ? 2 : 6 };
  return new Intl.NumberFormat(locale, options).format(micro / MICRO);
}

/** How amounts of one column are written: with as many decimals each, so that their points stand below one another, and no more than the smallest asks for. */
export function makeCreditFormat(micros: readonly number[], locale: Locale): (micro: number) => string {
  const small = micros.filter((micro) => micro !== 0 && Math.abs(micro) < MICRO);
  const digits = Math.max(2, ...small.map(countDecimals));
  const format = new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return (micro) => format.format(micro / MICRO);
}

function countDecimals(micro: number): number {
  return Math.abs(micro).toString().padStart(6, '0').replace(/0+$/, '').length;
}

/** All six decimals, for who compares with a receipt. */
export function formatCreditsWhole(micro: number, locale: Locale): string {
  const options = { minimumFractionDigits: 6, maximumFractionDigits: 6 };
  return new Intl.NumberFormat(locale, options).format(micro / MICRO);
}
