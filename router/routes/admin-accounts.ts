// Accounts: made and disabled by the operator.
import { Hono } from 'hono';
import * as z from 'zod';
import type { AccountRow } from '../auth/accounts.ts';
import { shownText } from '../auth/bodies.ts';
import { disableAccount } from './account-desk.ts';
import type { AppEnv } from './app-env.ts';
import { notFound, readPage } from './admin-input.ts';
import type { TellNode } from './node-desk.ts';
import { postOnce } from './post-once.ts';

const newAccount = z.strictObject({ name: shownText });

/** POST /accounts, GET /accounts, GET /accounts/:id, POST /accounts/:id/disable. */
export function makeAdminAccountRoutes(tellNode: TellNode): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  routes.post('/accounts', (c) =>
    postOnce(c, { schema: newAccount, who: 'admin' }, async ({ name }) => {
      const account = await c.get('services').accounts.create(name, Date.now());
      return { told: { id: account.id, name: account.name, created_at: account.createdAt } };
    }),
  );
  routes.get('/accounts', async (c) => {
    const { after, limit } = readPage(c);
    const rows = await c.get('services').accounts.list(after, limit);
    return c.json({ data: rows.map(toJson), next: rows.length === limit ? (rows.at(-1)?.id ?? null) : null });
  });
  routes.get('/accounts/:id', async (c) => {
    const services = c.get('services');
    const account = await services.accounts.find(c.req.param('id'));
    if (!account) throw notFound('account', 'id');
    const { balance, held, totals } = await services.account(account.id).usage();
    const { jobs, promptTokens, outputTokens, charged } = totals;
    const usage = { jobs, prompt_tokens: promptTokens, output_tokens: outputTokens, charged_micro: charged };
    return c.json({ ...toJson(account), balance_micro: balance, held_micro: held, usage });
  });
  routes.post('/accounts/:id/disable', async (c) => {
    const accountId = c.req.param('id');
    await disableAccount(c.get('services'), accountId, tellNode);
    return c.json({ id: accountId, disabled: true });
  });
  return routes;
}

function toJson({ id, name, createdAt, disabledAt, signedUpFrom }: AccountRow): object {
  return { id, name, created_at: createdAt, disabled_at: disabledAt, signed_up: signedUpFrom !== null };
}
