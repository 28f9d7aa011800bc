// What is told of credit that is given, by an operator or a sponsor: how much, for what, and until when.
import * as z from 'zod';
import { CREDIT_PURPOSES } from '../../schema/credit.ts';
import { ApiError } from '../errors.ts';

/** A thousand million credits: far above any grant, far below where integers end. */
const MAX_GRANT = 1_000_000_000_000_000;
/** Ten years: who means for ever leaves it out. */
const MAX_LIFE_S = 10 * 366 * 86_400;

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

/** When it ends, ms since epoch; null for never. Throws ApiError 400 where both are told, or an end that is past or too far away. */
export function readEnd(
  input: { readonly expires_at?: number | null | undefined; readonly expires_in_s?: number | null | undefined },
  now: number,
): number | null {
  const { expires_at: at = null, expires_in_s: inS = null } = input;
  if (at !== null && inS !== null)
    throw new ApiError('invalid_value', "Send either 'expires_at' or 'expires_in_s', not both.", {
      param: 'expires_at',
    });
  if (inS !== null) return now + inS * 1000;
  if (at === null) return null;
  if (at <= now || at > now + MAX_LIFE_S * 1000)
    throw new ApiError(
      'invalid_value',
      `'expires_at' is in ms since 1970 and must lie ahead, within ten years. It is ${now} now.`,
      { param: 'expires_at' },
    );
  return at;
}
