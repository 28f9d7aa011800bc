// POST /v1/accounts: an account of one's own, without an operator, where the network lets anybody have one. No credit comes with it.
import { Hono } from 'hono';
import { SCOPES } from '../../schema/key-rights.ts';
import { signUpBody } from '../auth/bodies.ts';
import { ApiError } from '../errors.ts';
import type { AppEnv } from './app-env.ts';
import { mintKey } from './key-desk.ts';
import { ALL_SIGNUPS, familyOf, passDoor, SIGNUPS } from './counted-doors.ts';
import type { Knock } from './counted-doors.ts';
import { postOnce } from './post-once.ts';

const CLOSED = 'This network makes no accounts by itself. Ask whoever runs it for one.';
const TOO_MANY = 'Enough accounts were made from this network today. Use one of them, or come back later.';
const TOO_MANY_AT_ALL = 'Too many accounts are being made at the moment.';

export const signUp = new Hono<AppEnv>();

signUp.post('/v1/accounts', async (c) => {
  const services = c.get('services');
  refuseClosed(c);
  const family = familyOf(c);
  return postOnce(c, { schema: signUpBody, who: `signup ${family}` }, async ({ name }) => {
    await passSignUp(c);
    const { id, createdAt } = await services.accounts.create(name, Date.now(), family);
    const scopes = [...SCOPES];
    const { told, secret } = await mintKey(
      services,
      { accountId: id, member: null, by: null },
      { name: 'owner', scopes },
    );
    return { told: { account: id, name, created_at: createdAt, balance_micro: 0, key_id: told.id, scopes }, secret };
  });
});

function refuseClosed(c: Knock): void {
  if (!c.get('services').isSignupOpen) throw new ApiError('forbidden', CLOSED);
}

/** Counts one more account that is made from here, and tells the family's tag. Throws ApiError 403 where nobody may, 429 where these are too many. */
export async function passSignUp(c: Knock): Promise<string> {
  refuseClosed(c);
  await passDoor(c, SIGNUPS, TOO_MANY);
  const waitS = await c.get('services').doorCounts.take(ALL_SIGNUPS, 'all', Date.now());
  if (waitS !== null) throw new ApiError('rate_limit_exceeded', TOO_MANY_AT_ALL, { retryAfterS: waitS });
  return familyOf(c);
}
