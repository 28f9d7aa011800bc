// Amounts of credit as people read them: millionths of a credit as credits, with as many decimals as say something. Pure.
import type { Locale } from './words.ts';

const MICRO = 1_000_000;

/** `1,234.56`, `0.000157`, `−3.00`: at least two decimals, at most the six that there are. Takes micro-credits. */
export function formatCredits(micro: number, locale: Locale): string {
  const whole = Math.abs(micro) >= MICRO;
  const options = { minimumFractionDigits: 2, maximumFractionDigits: whole ? 2 : 6 };
  return new Intl.NumberFormat(locale, options).format(micro / MICRO);
}

/** All six decimals, for who compares with a receipt. */
export function formatCreditsWhole(micro: number, locale: Locale): string {
  const options = { minimumFractionDigits: 6, maximumFractionDigits: 6 };
  return new Intl.NumberFormat(locale, options).format(micro / MICRO);
}
