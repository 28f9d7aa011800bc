// Doors that anybody may knock at and that write into the books: how often an address family, or an account, may come to each.
import type { HonoRequest } from 'hono';
import type { DoorRule } from '../auth/door-counts.ts';
import { hashToken } from '../auth/make-session-token.ts';
import { ADDRESS_HEADER, readAddress } from '../auth/read-address.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services/edge.ts';

/** Who knocks: a request of the API or of a page. */
export interface Knock {
  readonly req: Pick<HonoRequest, 'header'>;
  readonly get: (key: 'services') => Services;
}

const HOUR_MS = 3_600_000;

/** Accounts of one address family in a day, and of all in an hour. */
export const SIGNUPS: DoorRule = { door: 'signup', most: 5, windowMs: 24 * HOUR_MS };
export const ALL_SIGNUPS: DoorRule = { door: 'signup', most: 1000, windowMs: HOUR_MS };
/** Machines of one address family that begin to be linked in an hour: a lab stands behind one address. */
export const LINKS: DoorRule = { door: 'link', most: 120, windowMs: HOUR_MS };
/** User codes that do not exist, by account in an hour: of 25,600 million. */
export const WRONG_CODES: DoorRule = { door: 'link-code', most: 20, windowMs: HOUR_MS };
/** Links by mail that are asked for from one address family in an hour, and for one mail address: nobody's box is to be filled from here. */
const MAILS_ASKED: DoorRule = { door: 'sign-in', most: 20, windowMs: HOUR_MS };
const MAILS_TO: DoorRule = { door: 'sign-in-mail', most: 5, windowMs: HOUR_MS };
/** Challenges for passkeys, by address family in an hour. */
export const PASSKEYS_ASKED: DoorRule = { door: 'passkey', most: 120, windowMs: HOUR_MS };
/** Where no address tells who it is, as on a local network. */
const NOBODY_TIMES = 200;

/** The tag of the family that the request comes from; '' where its address tells none. */
export function familyOf(c: Knock): string {
  return c.get('services').families.tag(readAddress(c.req.header(ADDRESS_HEADER))) ?? '';
}

/** Counts one more of this family. Throws ApiError 429 where these are too many. */
export async function passDoor(c: Knock, rule: DoorRule, told: string): Promise<void> {
  const family = familyOf(c);
  const most = family === '' ? rule.most * NOBODY_TIMES : rule.most;
  const waitS = await c.get('services').doorCounts.take({ ...rule, most }, `from ${family}`, Date.now());
  if (waitS !== null) throw new ApiError('rate_limit_exceeded', told, { retryAfterS: waitS });
}

/** Counts one more mail that is asked for from here, and to this address. Throws ApiError 429 where either are too many. */
export async function passMails(c: Knock, email: string, told: string): Promise<void> {
  await passDoor(c, MAILS_ASKED, told);
  const who = hashToken(`mail ${email.toLowerCase()}`);
  const waitS = await c.get('services').doorCounts.take(MAILS_TO, who, Date.now());
  if (waitS !== null) throw new ApiError('rate_limit_exceeded', told, { retryAfterS: waitS, param: 'email' });
}
