// Prices and charges. One unit is a millionth of a credit (1 credit = 1 USD); prices are units per million tokens.

/** The network's share of every charge, in hundredths of a percent, where no vote has said otherwise (fee-schedule.ts). */
export const FEE_BASIS_POINTS = 1000;

export interface Price {
  /** Units per 1,000,000 prompt tokens. */
  readonly priceIn: number;
  /** Units per 1,000,000 output tokens. */
  readonly priceOut: number;
}

/** The prices of a catalogue model: what it costs at most, and what a home may sell it for at least. */
export interface PriceBounds extends Price {
  /** Left out, no home sells it for less. */
  readonly leastPriceIn?: number | undefined;
  readonly leastPriceOut?: number | undefined;
}

/** What a home sells a model for, units per million tokens: its owner's share of the price, rounded up, within the bounds. */
export function priceAtHome(bounds: PriceBounds, share = 1): Price {
  const { priceIn, priceOut, leastPriceIn = priceIn, leastPriceOut = priceOut } = bounds;
  const of = (most: number, least: number): number => Math.min(most, Math.max(least, Math.ceil(most * share)));
  return { priceIn: of(priceIn, leastPriceIn), priceOut: of(priceOut, leastPriceOut) };
}

export interface Counts {
  readonly promptTokens: number;
  readonly outputTokens: number;
}

/** What counts cost at a price, in units, rounded up to the next whole unit; zero tokens cost nothing. */
export function computeCharge(price: Price, counts: Counts): number {
  return toUnits(priceTokens(price.priceIn, counts.promptTokens) + priceTokens(price.priceOut, counts.outputTokens));
}

/** Tokens at a price, in millionths of a unit: exact, so that sums of them are rounded once. */
export function priceTokens(price: number, tokens: number): bigint {
  return BigInt(price) * BigInt(tokens);
}

/** Millionths of a unit as whole units, rounded up. */
export function toUnits(micro: bigint): number {
  return Number((micro + 999_999n) / 1_000_000n);
}

/**
 * Splits a charge into the home's earnings and the network's fee, in units; the fee is rounded down in the home's favour. `feeBps`: of 10,000, as its part
 * has it; the usual where it says none.
 */
export function splitCharge(
  charge: number,
  feeBps: number | undefined = FEE_BASIS_POINTS,
): { readonly earn: number; readonly fee: number } {
  const fee = Math.floor((charge * feeBps) / 10_000);
  return { earn: charge - fee, fee };
}
