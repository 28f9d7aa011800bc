// Credit from the operator, whoever asks for it: out of nothing, or out of a sponsor's.
import * as z from 'zod';
import { makeId } from '../../schema/ids.ts';
import { GIVEN_CREDIT } from '../billing/credit-bodies.ts';
import { CREDIT_KINDS } from '../billing/credit-books.ts';
import { MAX_LOTS } from '../billing/credit-lots.ts';
import { MAX_BALANCE } from '../billing/account-credit.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services/edge.ts';
import { notFound } from './admin-input.ts';
import { giveCredit } from './credit-gifts.ts';
import { readEnd } from './credit-input.ts';
import type { Made } from './post-once.ts';

/** All grants together: their book is a sum of the same integers. */
const MAX_GRANTS = 8_000_000_000_000_000;
export const newCreditBody = z.strictObject({
  ...GIVEN_CREDIT,
  kind: z.enum(CREDIT_KINDS).optional(),
  /** Whose credit it is; the operator's where left out. */
  sponsor: z.string().max(100).nullish(),
});

/** What is given out of a sponsor's credit: what arrives is granted, whatever it was. */
async function giveOf(
  services: Services,
  { kind, ...gift }: Parameters<typeof giveCredit>[1] & { readonly kind: string | undefined },
): ReturnType<typeof giveCredit> {
  if (kind !== undefined && kind !== 'granted')
    throw new ApiError('invalid_value', 'What a sponsor gives is granted credit. Leave the kind out.', {
      param: 'kind',
    });
  if (!(await services.accounts.find(gift.sponsor))) throw notFound('account', 'sponsor');
  return giveCredit(services, gift);
}

/** `repeat`: the hash of the call's Idempotency-Key, null without one. Throws ApiError 400, 402 or 404. */
export async function grantCredit(
  services: Services,
  accountId: string,
  { input, repeat }: { readonly input: z.output<typeof newCreditBody>; readonly repeat: string | null },
): Promise<Made> {
  if (!(await services.accounts.find(accountId))) throw notFound('account', 'id');
  // Under an Idempotency-Key the event is the key's: whatever died in between, it is granted once.
  const eventId =
    input.event_id ?? (repeat === null ? makeId('evt', crypto.getRandomValues(new Uint8Array(16))) : `once-${repeat}`);
  if (input.sponsor) {
    const { sponsor, kind, ...gift } = input;
    return giveOf(services, { sponsor, kind, to: accountId, input: { ...gift, event_id: eventId } });
  }
  const grant = {
    eventId: `${accountId}:${eventId}`,
    accountId,
    amount: input.amount_micro,
    memo: input.memo ?? null,
    expiresAt: readEnd(input, Date.now()),
    purpose: input.purpose ?? null,
    ...(input.kind && { kind: input.kind }),
  };
  if (input.amount_micro - (await services.ledger.balanceOf('grants')) > MAX_GRANTS) throw refuseGrants();
  const { balance, applied, isTooMuch } = await services.account(accountId).grant(grant);
  if (isTooMuch) throw refuseGrant(balance);
  return { told: { event_id: eventId, balance_micro: balance, applied }, status: applied ? 201 : 200 };
}

function refuseGrant(balance: number): ApiError {
  const told = `The account has ${balance} and may have ${MAX_BALANCE} at most, in ${MAX_LOTS} parts with ends of their own. Grant less, or with an end that is there.`;
  return new ApiError('invalid_value', told, { param: 'amount_micro' });
}

function refuseGrants(): ApiError {
  const told = `All grants together may come to ${MAX_GRANTS} at most: amounts above it are no whole numbers any more. Grant less.`;
  return new ApiError('invalid_value', told, { param: 'amount_micro' });
}
