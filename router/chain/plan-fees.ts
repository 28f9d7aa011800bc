// What a transaction may cost: the first time, and in place of one that is stuck. Pure.
import type { Fees } from './sign-transaction.ts';

const GWEI = 1_000_000_000n;
/** A base fee at most doubles within six full blocks. */
const BASE_FEES = 2n;
const LEAST_TIP = GWEI / 1000n;
/** Nodes take another of the same nonce for a tenth more; a quarter is clearly more. */
const [BUMP, BUMP_OF] = [5n, 4n];
/** Test coins, but faucets give few. */
export const MOST_FEE = 1000n * GWEI;

/** In wei a unit of gas. */
export interface GasPrices {
  readonly baseFee: bigint;
  /** As the node suggests it. */
  readonly tip: bigint;
}

/** `before`: what the transaction in whose place it goes pays. Null where it would cost more than is ever paid. */
export function planFees(prices: GasPrices, before: Fees | null): Fees | null {
  const usualTip = prices.tip > LEAST_TIP ? prices.tip : LEAST_TIP;
  const usual = { tip: usualTip, maxFee: BASE_FEES * prices.baseFee + usualTip };
  const tip = before ? atLeast(usual.tip, raise(before.tip)) : usual.tip;
  const maxFee = atLeast(before ? atLeast(usual.maxFee, raise(before.maxFee)) : usual.maxFee, tip);
  return maxFee > MOST_FEE ? null : { maxFee, tip };
}

/** What any transaction takes, and what nodes take no more of in one (EIP-7825). */
const [LEAST_GAS, MOST_GAS] = [21_000n, 1n << 24n];

/**
 * An estimate is too low where what is written depends on the second, as checkpoints of votes do. Throws RangeError for one that is none: what is signed
 * with it would be taken by nobody, and its nonce never be used.
 */
export function planGas(estimate: bigint): bigint {
  if (estimate < LEAST_GAS || estimate > MOST_GAS) throw new RangeError('no transaction takes so much gas');
  const gas = (estimate * 3n + 1n) / 2n;
  return gas < MOST_GAS ? gas : MOST_GAS;
}

function raise(fee: bigint): bigint {
  return (fee * BUMP + BUMP_OF - 1n) / BUMP_OF;
}

function atLeast(value: bigint, least: bigint): bigint {
  return value > least ? value : least;
}
