// Until when credit is given.
import { MAX_LIFE_S } from '../billing/credit-bodies.ts';
import { ApiError } from '../errors.ts';

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
