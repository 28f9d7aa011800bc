// What an account is told of by webhook: a key near its spend limit, a low balance.
import { Hono } from 'hono';
import type { Context } from 'hono';
import { newAlerts } from '../billing/alert-body.ts';
import { ApiError } from '../errors.ts';
import { allowsLocalWebhooks } from '../services/pick-local.ts';
import { notFound, readInput } from './admin-input.ts';
import { setAlerts, tellSent } from './alert-desk.ts';
import type { AppEnv } from './app-env.ts';

/** PUT, GET and DELETE /accounts/:id/alerts. */
export function makeAdminAlertRoutes(): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  routes.put('/accounts/:id/alerts', async (c) => {
    const said = await readInput(c, newAlerts);
    return c.json(await setAlerts(await findAccount(c), said, allowsLocalWebhooks(c.env)));
  });
  routes.get('/accounts/:id/alerts', async (c) => {
    const { settings, waiting, sent } = await (await findAccount(c)).alerts();
    if (!settings) throw new ApiError('not_found', 'This account is told of nothing. PUT {"url": "https://…"} here.');
    return c.json({ url: settings.url, low_balance_micro: settings.lowBalance, waiting, sent: sent.map(tellSent) });
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
