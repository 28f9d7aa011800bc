// The operator's API, mounted under /admin/v1: nothing here answers without the admin secret.
import { Hono } from 'hono';
import { AREAS } from '../../schema/places.ts';
import type { AppEnv } from '../app-env.ts';
import { checkAdminSecret } from '../auth/check-admin-secret.ts';
import { ApiError } from '../errors.ts';
import { makeAdminAccountRoutes } from './admin-accounts.ts';
import { makeAdminCreditRoutes } from './admin-credit.ts';
import { makeAdminKeyRoutes } from './admin-keys.ts';
import { makeAdminModelRoutes } from './admin-models.ts';
import { makeAdminNodeRoutes } from './admin-nodes.ts';
import type { KickNode } from './admin-nodes.ts';

/** All admin routes, paths relative to their mount. `kickNode` is given by tests that have no areas. */
export function makeAdminRoutes(kickNode: KickNode = kickFromAreas): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  routes.use(async (c, next) => {
    const verdict = checkAdminSecret(c.req.header('authorization'), c.env.ADMIN_SECRET);
    const headers = { 'www-authenticate': 'Bearer' };
    if (verdict === 'missing')
      throw new ApiError('missing_api_key', 'Send the admin secret as a bearer token.', { headers });
    if (verdict === 'wrong') throw new ApiError('invalid_api_key', 'The admin secret is wrong.', { headers });
    await next();
  });
  routes.route('/', makeAdminAccountRoutes());
  routes.route('/', makeAdminKeyRoutes());
  routes.route('/', makeAdminCreditRoutes());
  routes.route('/', makeAdminNodeRoutes(kickNode));
  routes.route('/', makeAdminModelRoutes());
  return routes;
}

/** A node may sit in any area: each is told, so that none lets it back in. */
const kickFromAreas: KickNode = async (services, nodeId, reason) => {
  await Promise.all(AREAS.map((area) => services.area(area).revoke(nodeId, reason)));
};
