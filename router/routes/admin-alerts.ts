// What an account is told of by webhook: a key near its spend limit, a low balance.
import { Hono } from 'hono';
import type { Context } from 'hono';
import * as z from 'zod';
import { judgeWebhookUrl } from '../billing/judge-webhook-url.ts';
import { makeWebhookSecret, SECRET_BYTES } from '../billing/sign-webhook.ts';
import { ApiError } from '../errors.ts';
import { allowsLocalWebhooks } from '../services/pick-local.ts';
import { notFound, readInput } from './admin-input.ts';
import type { AppEnv } from './app-env.ts';

const MAX_BALANCE = 4_000_000_000_000_000;
const newAlerts = z.strictObject({
  url: z.string(),
  low_balance_micro: z.int().min(1).max(MAX_BALANCE).nullish(),
  new_secret: z.boolean().default(false),
});

/** PUT, GET and DELETE /accounts/:id/alerts. */
export function makeAdminAlertRoutes(): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  routes.put('/accounts/:id/alerts', async (c) => {
    const { url, low_balance_micro: lowBalance = null, new_secret: isNew } = await readInput(c, newAlerts);
    const fault = judgeWebhookUrl(url, allowsLocalWebhooks(c.env));
    if (fault !== null) throw new ApiError('invalid_value', `'url' ${fault}.`, { param: 'url' });
    const account = await findAccount(c);
    const settings = { url, lowBalance };
    const kept = isNew ? false : await account.changeAlerts(settings, null);
    // Shown this once: who has it can sign.
    const secret = kept ? null : makeWebhookSecret(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)));
    if (secret !== null) await account.changeAlerts(settings, secret);
    return c.json({ url, low_balance_micro: lowBalance, secret });
  });
  routes.get('/accounts/:id/alerts', async (c) => {
    const { settings, waiting } = await (await findAccount(c)).alerts();
    if (!settings) throw new ApiError('not_found', 'This account is told of nothing. PUT {"url": "https://…"} here.');
    return c.json({ url: settings.url, low_balance_micro: settings.lowBalance, waiting });
  });
  routes.delete('/accounts/:id/alerts', async (c) => {
    await (await findAccount(c)).changeAlerts(null, null);
    return c.json({ deleted: true });
  });
  return routes;
}

async function findAccount(c: Context<AppEnv>): Promise<ReturnType<AppEnv['Variables']['services']['account']>> {
  const services = c.get('services');
  const accountId = c.req.param('id') ?? '';
  if (!(await services.accounts.find(accountId))) throw notFound('account', 'id');
  return services.account(accountId);
}
