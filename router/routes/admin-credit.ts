// Credit from the operator, and the command that compares the accounts' objects with the book.
import { Hono } from 'hono';
import * as z from 'zod';
import type { AppEnv } from './app-env.ts';
import type { Comparison } from '../billing/compare-books.ts';
import type { Services } from '../services/edge.ts';
import { setSponsor } from './account-desk.ts';
import { readInput, readPage } from './admin-input.ts';
import { compareAccount, findUnpaid } from './book-desk.ts';
import { grantCredit, newCreditBody } from './credit-desk.ts';
import { postOnce } from './post-once.ts';

const sponsorChange = z.strictObject({ is_sponsor: z.boolean() });

/** POST /accounts/:id/credit, PUT /accounts/:id/sponsor, GET /ledger/check. */
export function makeAdminCreditRoutes(): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  routes.post('/accounts/:id/credit', (c) =>
    postOnce(c, { schema: newCreditBody, who: 'admin' }, (input, repeat) =>
      grantCredit(c.get('services'), c.req.param('id'), { input, repeat }),
    ),
  );
  routes.put('/accounts/:id/sponsor', async (c) => {
    const { is_sponsor: isSponsor } = await readInput(c, sponsorChange);
    const accountId = c.req.param('id');
    await setSponsor(c.get('services'), accountId, isSponsor);
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

async function listIds(
  services: Services,
  page: { after: string; limit: number },
): Promise<{ ids: string[]; next: string | null }> {
  const rows = await services.accounts.list(page.after, page.limit);
  const ids = rows.map((row) => row.id);
  return { ids, next: ids.length === page.limit ? (ids.at(-1) ?? null) : null };
}
