// What is said of credit that is given, by an operator or a sponsor: how much, for what, and until when.
import * as z from 'zod';
import { CREDIT_PURPOSES } from '../../schema/credit.ts';
import { isId } from '../../schema/ids.ts';

/** A thousand million credits: far above any grant, far below where integers end. */
const MAX_GRANT = 1_000_000_000_000_000;
/** Ten years: who means for ever leaves it out. */
export const MAX_LIFE_S = 10 * 366 * 86_400;

/** Fields of a body that gives credit. */
export const GIVEN_CREDIT = {
  amount_micro: z.number().int().min(1).max(MAX_GRANT),
  event_id: z
    .string()
    .regex(/^[\w.:-]{1,100}$/, 'must be 1 to 100 letters, digits or . : _ -')
    .optional(),
  memo: z.string().max(500).nullish(),
  purpose: z.enum(CREDIT_PURPOSES).nullish(),
  expires_at: z.number().int().min(0).nullish(),
  expires_in_s: z.number().int().min(1).max(MAX_LIFE_S).nullish(),
};

/** What a sponsor gives. */
export const newGiftBody = z.strictObject({
  ...GIVEN_CREDIT,
  account: z.string().refine((text) => isId('acct', text), 'must be an account’s id: acct_ and 32 hex digits'),
});
