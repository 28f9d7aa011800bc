// POST /node/v1/links and /node/v1/links/token: a machine asks to be linked to its owner's account (RFC 8628), and fetches its enrolment code once the
// owner has said yes. Neither needs a key: the code goes to whoever holds the verifier that the link was begun with.
import { Hono } from 'hono';
import * as z from 'zod';
import { linkMachine } from '../auth/device-links.ts';
import { LINK_LIFE_MS, LINK_PACE_MS } from '../auth/judge-link.ts';
import type { TokenFault } from '../auth/judge-link.ts';
import { showUserCode } from '../auth/make-user-code.ts';
import { ApiError } from '../errors.ts';
import { readInput } from './admin-input.ts';
import type { AppEnv } from './app-env.ts';
import { LINKS, passDoor } from './counted-doors.ts';
import { findOwnOrigin } from './own-origin.ts';
import { requireCalm, slowDown } from './wrong-attempts.ts';

const linkBody = z.strictObject({
  machine: linkMachine,
  challenge: z
    .string()
    .regex(/^[A-Za-z0-9_-]{43}$/, 'must be base64url of the SHA-256 of the verifier: 43 characters without padding'),
});
const tokenBody = z.strictObject({
  device_code: z.string().min(1).max(100),
  verifier: z.string().regex(/^[A-Za-z0-9._~-]{43,128}$/, 'must be 43 to 128 letters, digits or . _ ~ -'),
});

/** What a machine says of itself, its models among it. */
const MAX_BYTES = 16 * 1024;
const TOO_MANY = 'Too many machines of this network are being linked. Use a code that was made for several: --code.';

export const nodeLinks = new Hono<AppEnv>();

nodeLinks.post('/node/v1/links', async (c) => {
  const { machine, challenge } = await readInput(c, linkBody, MAX_BYTES);
  await passDoor(c, LINKS, TOO_MANY);
  const { deviceCode, userCode } = await c.get('services').links.create({ machine, challenge }, Date.now());
  const shown = showUserCode(userCode);
  const page = `${findOwnOrigin(c)}/link`;
  const told = {
    device_code: deviceCode,
    user_code: shown,
    verification_uri: page,
    verification_uri_complete: `${page}?code=${shown}`,
    expires_in: LINK_LIFE_MS / 1000,
    interval: LINK_PACE_MS / 1000,
  };
  return c.json(told, 201, { 'cache-control': 'no-store' });
});

nodeLinks.post('/node/v1/links/token', async (c) => {
  requireCalm(c, 'enrol');
  const { device_code: deviceCode, verifier } = await readInput(c, tokenBody, MAX_BYTES);
  const taken = await c.get('services').links.takeCode({ deviceCode, verifier }, Date.now());
  if (taken.ok) {
    const { code, accountId, name } = taken.value;
    return c.json({ code, account: accountId, name }, 200, { 'cache-control': 'no-store' });
  }
  if (taken.error === 'unknown' || taken.error === 'wrong-verifier') await slowDown(c, 'enrol');
  throw refuseToken(taken.error);
});

function refuseToken(fault: TokenFault): ApiError {
  switch (fault) {
    case 'pending':
      return new ApiError('authorization_pending', 'Nobody has said yes or no yet. Open the link and type the code.');
    case 'slow-down':
      return new ApiError('slow_down', 'Asked too soon. Wait five seconds more between two questions.');
    case 'denied':
      return new ApiError('access_denied', 'The owner of the account said no, or too many wrong verifiers came.');
    case 'wrong-verifier':
      return new ApiError('access_denied', 'The verifier is not that of this link.', { param: 'verifier' });
    case 'expired':
      return new ApiError('expired_token', 'The code was not typed within ten minutes. Begin anew.');
    case 'used':
      return new ApiError('expired_token', 'The code of this link was given once already. Begin anew.');
    case 'unknown':
      return new ApiError('expired_token', 'There is no such link. Begin anew.', { param: 'device_code' });
  }
}
