// What many wrong keys, secrets and codes from one address come to: late answers first, then refusals. What is right is never held up by them.
import type { Context } from 'hono';
import type { Attempt } from '../auth/failed-attempts.ts';
import { ADDRESS_HEADER, readAddress } from '../auth/read-address.ts';
import { ApiError } from '../errors.ts';
import type { AppEnv } from './app-env.ts';

/** A key, a secret or a code was wrong: the answer may come late. Throws ApiError 429 where too many were from this address. */
export async function slowDown(c: Context<AppEnv>, attempt: Attempt): Promise<void> {
  const waitS = await c.get('services').attempts.fail(attempt, readAddress(c.req.header(ADDRESS_HEADER)), Date.now());
  if (waitS !== null) throw refuseAttempts(waitS);
}

/** Throws ApiError 429 where too many attempts from this address have failed already: for those that cost something before they fail. */
export function requireCalm(c: Context<AppEnv>, attempt: Attempt): void {
  const waitS = c.get('services').attempts.refuse(attempt, readAddress(c.req.header(ADDRESS_HEADER)), Date.now());
  if (waitS !== null) throw refuseAttempts(waitS);
}

function refuseAttempts(retryAfterS: number): ApiError {
  const told = 'Too many wrong keys, secrets or codes came from this address. Check yours, and try again later.';
  return new ApiError('rate_limit_exceeded', told, { retryAfterS });
}
