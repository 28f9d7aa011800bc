// /v1/alerts: what an account is told of by webhook, by its owners themselves; and a test, to see whether it arrives.
import { Hono } from 'hono';
import type { Context } from 'hono';
import { ApiError } from '../errors.ts';
import { allowsLocalWebhooks } from '../services/pick-local.ts';
import { readInput } from './admin-input.ts';
import { newAlerts, setAlerts, testAlerts } from './alert-desk.ts';
import type { AppEnv } from './app-env.ts';
import { requireCallerNow } from './refuse.ts';

export const ownAlerts = new Hono<AppEnv>();

ownAlerts.get('/v1/alerts', async (c) => {
  const { settings, waiting } = await (await findOwn(c)).alerts();
  if (!settings) throw new ApiError('not_found', 'This account is told of nothing. PUT {"url": "https://…"} here.');
  return c.json({ object: 'alerts', url: settings.url, low_balance_micro: settings.lowBalance, waiting });
});

ownAlerts.on(['PUT', 'POST'], '/v1/alerts', async (c) => {
  const account = await findOwn(c);
  return c.json(await setAlerts(account, await readInput(c, newAlerts), allowsLocalWebhooks(c.env)));
});

ownAlerts.delete('/v1/alerts', async (c) => {
  await (await findOwn(c)).changeAlerts(null, null);
  return c.json({ deleted: true });
});

ownAlerts.post('/v1/alerts/test', async (c) => c.json(await testAlerts(await findOwn(c)), 202));

/** Throws ApiError 403 for a member that is no owner. */
async function findOwn(c: Context<AppEnv>): Promise<ReturnType<AppEnv['Variables']['services']['account']>> {
  const { accountId, role } = await requireCallerNow(c, 'keys');
  if (role !== null && role !== 'owner')
    throw new ApiError('forbidden', "Only an owner of the account, or a key of the account's own, sees to its alerts.");
  return c.get('services').account(accountId);
}
