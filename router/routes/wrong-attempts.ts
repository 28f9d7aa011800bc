// What many wrong keys, secrets and codes from one address come to: late answers first, then refusals. What is right is never held up by them.
import type { Context } from 'hono';
import type { Attempt } from '../auth/failed-attempts.ts';
import { ADDRESS_HEADER, readAddress } from '../auth/read-address.ts';
import { ApiError } from '../errors.ts';
import type { AppEnv } from './app-env.ts';

/** A key, a secret, a code or an id was wrong: the answer may come late. Throws ApiError 429 where too many were; `from`: an address, or an account. */
export async function slowDown(c: Context<AppEnv>, attempt: Attempt, from = addressOf(c)): Promise<void> {
  const waitS = await c.get('services').attempts.fail(attempt, from, Date.now());
  if (waitS !== null) throw refuseAttempts(waitS);
}

/** Throws ApiError 429 where too many attempts from this address have failed already: for those that cost something before they fail. */
export function requireCalm(c: Context<AppEnv>, attempt: Attempt, from = addressOf(c)): void {
  const waitS = c.get('services').attempts.refuse(attempt, from, Date.now());
  if (waitS !== null) throw refuseAttempts(waitS);
}

function addressOf(c: Context<AppEnv>): string {
  return readAddress(c.req.header(ADDRESS_HEADER));
}

function refuseAttempts(retryAfterS: number): ApiError {
  const told = 'Too many wrong keys, secrets, codes or ids came from here. Check yours.';
  return new ApiError('rate_limit_exceeded', told, { retryAfterS });
}
