// What a caller may say of a checkout. Pure.
import * as z from 'zod';
import { UNITS_A_CENT } from './judge-checkout.ts';

/** Stripe takes no less than half a dollar, and a mistyped amount should not be a fortune. */
const LEAST_CENTS = 50;
const MOST_CENTS = 1_000_000;

const page = z
  .url({ protocol: /^https?$/, error: 'must be an http(s) address' })
  .max(2000, 'must be 2000 characters at most');

export const checkoutBody = z
  .strictObject({
    amount_micro: z
      .number()
      .int()
      .multipleOf(UNITS_A_CENT, 'must be whole cents: a multiple of 10,000')
      .min(LEAST_CENTS * UNITS_A_CENT)
      .max(MOST_CENTS * UNITS_A_CENT)
      .optional(),
    usd: z
      .number()
      .min(LEAST_CENTS / 100)
      .max(MOST_CENTS / 100)
      .refine((usd) => Math.abs(usd * 100 - Math.round(usd * 100)) < 1e-6, 'must be whole cents')
      .optional(),
    success_url: page,
    cancel_url: page,
  })
  .refine(({ amount_micro, usd }) => (amount_micro === undefined) !== (usd === undefined), {
    path: ['amount_micro'],
    message: 'say either amount_micro or usd',
  });
