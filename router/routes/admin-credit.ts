// Credit from the operator, and the command that compares the accounts' objects with the book.
import { Hono } from 'hono';
import * as z from 'zod';
import { makeId } from '../../schema/ids.ts';
import type { AppEnv } from './app-env.ts';
import { GIVEN_CREDIT } from '../billing/credit-bodies.ts';
import { CREDIT_KINDS } from '../billing/credit-books.ts';
import { MAX_LOTS } from '../billing/credit-lots.ts';
import { MAX_BALANCE } from '../billing/account-credit.ts';
import { compareBooks } from '../billing/compare-books.ts';
import type { Comparison } from '../billing/compare-books.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services/edge.ts';
import { giveCredit } from './credit-gifts.ts';
import { readEnd } from './credit-input.ts';
import { notFound, readInput, readPage } from './admin-input.ts';
import { postOnce } from './post-once.ts';
import type { Made } from './post-once.ts';

const HOMES_MAX = 100;
/** All grants together: their book is a sum of the same integers. */
const MAX_GRANTS = 8_000_000_000_000_000;
const newCredit = z.strictObject({
  ...GIVEN_CREDIT,
  kind: z.enum(CREDIT_KINDS).optional(),
  /** Whose credit it is; the operator's where left out. */
  sponsor: z.string().max(100).nullish(),
});
const sponsorChange = z.strictObject({ is_sponsor: z.boolean() });

/** POST /accounts/:id/credit, PUT /accounts/:id/sponsor, GET /ledger/check. */
export function makeAdminCreditRoutes(): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  routes.post('/accounts/:id/credit', (c) =>
    postOnce(c, { schema: newCredit, who: 'admin' }, (input, repeat) =>
      grantCredit(c.get('services'), c.req.param('id'), { input, repeat }),
    ),
  );
  routes.put('/accounts/:id/sponsor', async (c) => {
    const { is_sponsor: isSponsor } = await readInput(c, sponsorChange);
    const services = c.get('services');
    const accountId = c.req.param('id');
    if (!(await services.accounts.find(accountId))) throw notFound('account', 'id');
    await services.account(accountId).setSponsor(isSponsor);
    return c.json({ id: accountId, is_sponsor: isSponsor });
  });
  addLedgerCheck(routes);
  return routes;
}

function addLedgerCheck(routes: Hono<AppEnv>): void {
  routes.get('/ledger/check', async (c) => {
    const services = c.get('services');
    const { ledger } = services;
    const [unbalanced, drifted, total, sums] = await Promise.all([
      ledger.findUnbalanced(),
      ledger.findDrifted(),
      ledger.total(),
      ledger.sumUp(),
    ]);
    const accountId = c.req.query('account');
    const { ids, next } =
      accountId === undefined ? await listIds(services, readPage(c)) : { ids: [accountId], next: null };
    const accounts: Comparison[] = [];
    for (const id of ids) {
      const compared = await compareAccount(services, id);
      accounts.push(drifted.includes(id) ? { ...compared, verdict: 'different' } : compared);
    }
    const homes = accountId === undefined ? [] : await findUnpaid(services, accountId);
    const isSound = sums.fees >= 0 && sums.overdrawn === 0 && drifted.length === 0;
    const isBalanced = total === 0 && unbalanced.length === 0;
    return c.json({
      ok: isBalanced && isSound && accounts.every((one) => one.verdict === 'equal'),
      total_micro: total,
      unbalanced_events: unbalanced,
      drifted_books: drifted,
      paid_micro: sums.paid,
      earned_micro: sums.earned,
      fees_micro: sums.fees,
      overdrawn_accounts: sums.overdrawn,
      accounts,
      homes_unpayable: homes,
      next,
    });
  });
}

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
async function grantCredit(
  services: Services,
  accountId: string,
  { input, repeat }: { readonly input: z.output<typeof newCredit>; readonly repeat: string | null },
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

async function listIds(
  services: Services,
  page: { after: string; limit: number },
): Promise<{ ids: string[]; next: string | null }> {
  const rows = await services.accounts.list(page.after, page.limit);
  const ids = rows.map((row) => row.id);
  return { ids, next: ids.length === page.limit ? (ids.at(-1) ?? null) : null };
}

/** An owner's homes with entries that the fees cannot pay yet, 100 homes at most. */
async function findUnpaid(services: Services, account: string): Promise<{ node: string; unpayable: number }[]> {
  const found: { node: string; unpayable: number }[] = [];
  for (const node of await services.nodes.listOwned(account, '', HOMES_MAX)) {
    const { unpayable } = await services.nodeAccount(node).booked();
    if (unpayable > 0) found.push({ node, unpayable });
  }
  return found;
}

async function compareAccount(services: Services, account: string): Promise<Comparison> {
  if (!(await services.accounts.find(account))) throw notFound('account', 'account');
  const object = services.account(account);
  const before = await object.booked();
  const book = await services.ledger.creditOf(account);
  return compareBooks({ account, before, book, after: await object.booked() });
}
