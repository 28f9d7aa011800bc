// POST and GET /v1/credit/gifts: an account that is a sponsor gives credit of its own to others until a day, and sees what became of it.
import { Hono } from 'hono';
import type * as z from 'zod';
import { makeId } from '../../schema/ids.ts';
import type { Caller } from '../auth/judge-key.ts';
import type { AppEnv } from './app-env.ts';
import { newGiftBody } from '../billing/credit-bodies.ts';
import type { Gift } from '../billing/account-credit.ts';
import type { SponsoredSums } from '../billing/sponsored-credit.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services/edge.ts';
import { notFound, readPage } from './admin-input.ts';
import { readEnd } from './credit-input.ts';
import { postOnce, whoMakes } from './post-once.ts';
import type { Made } from './post-once.ts';
import { requireCaller, requireCallerNow } from './refuse.ts';

/** Receivers told of in one answer: each is asked what it has left. */
const PAGE = 50;

export const creditGifts = new Hono<AppEnv>();

creditGifts.post('/v1/credit/gifts', async (c) => {
  const caller = await requireCallerNow(c, 'keys');
  const { accountId } = caller;
  checkGiver(caller);
  return postOnce(c, { schema: newGiftBody, who: whoMakes(caller) }, async ({ account, ...said }, repeat) => {
    // Under an Idempotency-Key the event is the key's.
    const input = repeat === null ? said : { ...said, event_id: said.event_id ?? `once-${repeat}` };
    return giveCredit(c.get('services'), { sponsor: accountId, to: account, input });
  });
});

creditGifts.get('/v1/credit/gifts', async (c) => {
  const { accountId } = await requireCaller(c, 'usage');
  const services = c.get('services');
  const { after, limit } = readPage(c);
  const { isSponsor, gifts } = await services.account(accountId).gifts(after, Math.min(limit, PAGE));
  const data = await Promise.all(gifts.map((sums) => tellGift(services, accountId, sums)));
  const next = gifts.length === Math.min(limit, PAGE) ? (gifts.at(-1)?.accountId ?? null) : null;
  return c.json({ object: 'list', is_sponsor: isSponsor, data, next });
});

/** Throws ApiError 403 for a member whose role leaves this to others. */
export function checkGiver({ role }: Pick<Caller, 'role'>): void {
  if (role !== null && role !== 'owner')
    throw new ApiError(
      'forbidden',
      "Only an owner of the account may give its credit away, or a key of the account's own.",
    );
}

/**
 * Gives a sponsor's credit to another account, once by the event's id. Throws ApiError: 400 where it has no end or goes to the sponsor itself, 402
 * where there is not enough, 403 where it may not, 404 where there is no such account, 409 for
 * an event's id that was another gift's.
 */
export async function giveCredit(
  services: Services,
  gift: {
    readonly sponsor: string;
    readonly to: string;
    readonly input: Omit<z.output<typeof newGiftBody>, 'account'>;
  },
): Promise<Made> {
  const { sponsor, to, input } = gift;
  const expiresAt = readEnd(input, Date.now());
  if (expiresAt === null)
    throw new ApiError('invalid_value', "A gift needs an end: send 'expires_at' or 'expires_in_s'.", {
      param: 'expires_in_s',
    });
  if (to === sponsor)
    throw new ApiError('invalid_value', 'A sponsor gives to other accounts than its own.', { param: 'account' });
  if (!(await services.accounts.find(to))) throw notFound('account', 'account');
  const eventId = input.event_id ?? makeId('evt', crypto.getRandomValues(new Uint8Array(16)));
  const { amount_micro: amount, purpose = null, memo = null } = input;
  const given: Gift = { eventId, accountId: sponsor, to, amount, expiresAt, purpose, memo };
  const answer = await services.account(sponsor).give(given);
  if (!answer.ok) throw refuseGift(answer.reason, answer.givable);
  const { applied, balance } = answer;
  const told = { event_id: eventId, account: to, expires_at: expiresAt, balance_micro: balance, applied };
  return { told, status: applied ? 201 : 200 };
}

function refuseGift(reason: 'conflict' | 'no-sponsor' | 'no-credit' | 'account-disabled', givable: number): ApiError {
  switch (reason) {
    case 'conflict':
      return new ApiError(
        'conflict',
        "This 'event_id' was that of a gift to another account, or of another amount: send a new one for a new gift.",
        { param: 'event_id' },
      );
    case 'no-sponsor':
      return new ApiError(
        'forbidden',
        'This account may not give credit to others. Whoever runs the network makes it a sponsor.',
      );
    case 'no-credit':
      return new ApiError(
        'insufficient_credit',
        `Not enough credit to give: ${givable} micro-credits neither end, nor came from a sponsor, nor are held for running jobs. Give less, or add credit.`,
      );
    case 'account-disabled':
      return new ApiError('account_disabled', 'This account is disabled. Ask whoever runs the network.');
  }
}

/** Where the receiver cannot be asked, what is left is not told. */
async function tellGift(services: Services, sponsor: string, sums: SponsoredSums): Promise<object> {
  const { accountId, given, returned, at } = sums;
  const { left, returning } = await services.account(accountId).leftOf(sponsor);
  const spent = Math.max(0, given - returned - left - returning);
  return {
    account: accountId,
    given_micro: given,
    spent_micro: spent,
    left_micro: left,
    returned_micro: returned + returning,
    changed_at: at,
  };
}
