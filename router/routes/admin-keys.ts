// The operator's way to API keys: minted once, listed without their text, revoked at once where credit is held and within a minute everywhere.
import { Hono } from 'hono';
import { keyChangeBody, newKeyBody } from '../auth/bodies.ts';
import type { AppEnv } from './app-env.ts';
import { notFound, readInput } from './admin-input.ts';
import { changeKey, mintKey, revokeKey } from './key-desk.ts';
import { listKeys } from './list-keys.ts';
import { findMember } from './member-desk.ts';
import { postOnce } from './post-once.ts';

/** POST and GET /accounts/:id/keys, PATCH and DELETE /keys/:id. */
export function makeAdminKeyRoutes(): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  routes.post('/accounts/:id/keys', (c) =>
    postOnce(c, { schema: newKeyBody, who: 'admin' }, async ({ member: memberId, ...said }) => {
      const services = c.get('services');
      const accountId = c.req.param('id');
      const member = memberId == null ? null : await findMember(services, { accountId, memberId, param: 'member' });
      return mintKey(services, { accountId, member, by: null }, said);
    }),
  );
  routes.get('/accounts/:id/keys', async (c) => {
    const services = c.get('services');
    const accountId = c.req.param('id');
    if (!(await services.accounts.find(accountId))) throw notFound('account', 'id');
    return c.json(await listKeys(c, accountId));
  });
  routes.patch('/keys/:id', async (c) => {
    const said = await readInput(c, keyChangeBody);
    const services = c.get('services');
    const key = await services.keys.find(c.req.param('id'));
    if (!key) throw notFound('key', 'id');
    return c.json(await changeKey(services, { key, by: null }, said));
  });
  routes.delete('/keys/:id', async (c) => c.json(await revokeKey(c.get('services'), c.req.param('id'))));
  return routes;
}
