// Credit from the operator, and the command that compares the accounts' objects with the book.
import { Hono } from 'hono';
import * as z from 'zod';
import { makeId } from '../../schema/ids.ts';
import type { AppEnv } from './app-env.ts';
import { compareBooks } from '../billing/compare-books.ts';
import type { Comparison } from '../billing/compare-books.ts';
import type { Services } from '../services/edge.ts';
import { notFound, readInput, readPage } from './admin-input.ts';

/** A thousand million credits: far above any grant, far below where integers end. */
const MAX_GRANT = 1_000_000_000_000_000;
const newCredit = z.strictObject({
  amount_micro: z.number().int().min(1).max(MAX_GRANT),
  event_id: z
    .string()
    .regex(/^[\w.:-]{1,100}$/, 'must be 1 to 100 letters, digits or . : _ -')
    .optional(),
  memo: z.string().max(500).nullish(),
});

/** POST /accounts/:id/credit, GET /ledger/check. */
export function makeAdminCreditRoutes(): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  routes.post('/accounts/:id/credit', async (c) => {
    const input = await readInput(c, newCredit);
    const services = c.get('services');
    const accountId = c.req.param('id');
    if (!(await services.accounts.find(accountId))) throw notFound('account', 'id');
    const eventId = input.event_id ?? makeId('evt', crypto.getRandomValues(new Uint8Array(16)));
    const grant = {
      eventId: `${accountId}:${eventId}`,
      accountId,
      amount: input.amount_micro,
      memo: input.memo ?? null,
    };
    const { balance, applied } = await services.account(accountId).grant(grant);
    return c.json({ event_id: eventId, balance_micro: balance, applied }, applied ? 201 : 200);
  });
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
      next,
    });
  });
  return routes;
}

async function listIds(
  services: Services,
  page: { after: string; limit: number },
): Promise<{ ids: string[]; next: string | null }> {
  const rows = await services.accounts.list(page.after, page.limit);
  const ids = rows.map((row) => row.id);
  return { ids, next: ids.length === page.limit ? (ids.at(-1) ?? null) : null };
}

async function compareAccount(services: Services, account: string): Promise<Comparison> {
  if (!(await services.accounts.find(account))) throw notFound('account', 'account');
  const object = services.account(account);
  const before = await object.booked();
  const book = await services.ledger.balanceOf(account);
  return compareBooks({ account, before, book, after: await object.booked() });
}
