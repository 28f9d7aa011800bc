// /v1/alerts: what an account is told of by webhook, by its owners themselves; and a test, to see whether it arrives.
import { Hono } from 'hono';
import type { Context } from 'hono';
import { newAlerts } from '../billing/alert-body.ts';
import { ApiError } from '../errors.ts';
import { allowsLocalWebhooks } from '../services/pick-local.ts';
import { readInput } from './admin-input.ts';
import { setAlerts, tellSent, testAlerts } from './alert-desk.ts';
import type { AppEnv } from './app-env.ts';
import { requireCallerNow } from './refuse.ts';

export const ownAlerts = new Hono<AppEnv>();

ownAlerts.get('/v1/alerts', async (c) => {
  const { settings, waiting, sent } = await (await findOwn(c)).alerts();
  return c.json({
    object: 'alerts',
    url: settings?.url ?? null,
    low_balance_micro: settings?.lowBalance ?? null,
    waiting,
    sent: sent.map(tellSent),
  });
});

ownAlerts.on(['PUT', 'POST'], '/v1/alerts', async (c) => {
  const account = await findOwn(c);
  return c.json(
    await setAlerts(account, await readInput(c, newAlerts), allowsLocalWebhooks(c.env)),
    c.req.method === 'POST' ? 201 : 200,
  );
});

ownAlerts.delete('/v1/alerts', async (c) => {
  await (await findOwn(c)).changeAlerts(null, null);
  return c.json({ deleted: true });
});

ownAlerts.post('/v1/alerts/test', async (c) => c.json(await testAlerts(await findOwn(c)), 201));

/** Throws ApiError 403 for a member that is no owner. */
async function findOwn(c: Context<AppEnv>): Promise<ReturnType<AppEnv['Variables']['services']['account']>> {
  const { accountId, role } = await requireCallerNow(c, 'keys');
  if (role !== null && role !== 'owner')
    throw new ApiError('forbidden', "Only an owner of the account, or a key of the account's own, sees to its alerts.");
  return c.get('services').account(accountId);
}
