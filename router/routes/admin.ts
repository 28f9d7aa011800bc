// The operator's API, mounted under /admin/v1: nothing here answers without the admin secret.
import { Hono } from 'hono';
import type { AppEnv } from './app-env.ts';
import { checkAdminSecret } from '../auth/check-admin-secret.ts';
import { ApiError } from '../errors.ts';
import { ALL_AREAS } from './area-calls.ts';
import type { AreaCalls } from './area-calls.ts';
import { makeAdminAccountRoutes } from './admin-accounts.ts';
import { makeAdminBookRoutes } from './admin-books.ts';
import { makeAdminAlertRoutes } from './admin-alerts.ts';
import { makeAdminCreditRoutes } from './admin-credit.ts';
import { makeAdminKeyRoutes } from './admin-keys.ts';
import { makeAdminModelRoutes } from './admin-models.ts';
import { makeAdminMemberRoutes } from './admin-members.ts';
import { makeAdminNodeRoutes } from './admin-nodes.ts';
import { makeAdminSignInRoutes } from './admin-sign-in.ts';
import { makeAdminRestoreRoutes } from './admin-restore.ts';
import { makeAdminTransferRoutes } from './admin-transfer.ts';
import { slowDown } from './wrong-attempts.ts';
import { makeAdminPoolRoutes } from './admin-pools.ts';

/** All admin routes, paths relative to their mount. `calls` is given by tests that have no areas. */
export function makeAdminRoutes(calls: AreaCalls = ALL_AREAS): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  routes.use(async (c, next) => {
    const verdict = checkAdminSecret(c.req.header('authorization'), c.env.ADMIN_SECRET);
    const headers = { 'www-authenticate': 'Bearer' };
    if (verdict === 'missing')
      throw new ApiError('missing_api_key', 'Send the admin secret as a bearer token.', { headers });
    if (verdict === 'wrong') {
      await slowDown(c, 'admin');
      throw new ApiError('invalid_api_key', 'The admin secret is wrong.', { headers });
    }
    await next();
  });
  routes.route('/', makeAdminAccountRoutes(calls.tellNode));
  routes.route('/', makeAdminKeyRoutes());
  routes.route('/', makeAdminMemberRoutes());
  routes.route('/', makeAdminSignInRoutes());
  routes.route('/', makeAdminAlertRoutes());
  routes.route('/', makeAdminCreditRoutes());
  routes.route('/', makeAdminBookRoutes());
  routes.route('/', makeAdminNodeRoutes(calls.kickNode, calls.tellNode));
  routes.route('/', makeAdminPoolRoutes(calls.tellNode));
  routes.route('/', makeAdminModelRoutes(calls.tellHubs));
  routes.route('/', makeAdminTransferRoutes());
  routes.route('/', makeAdminRestoreRoutes(calls.findRevoked, calls.kickNode));
  return routes;
}
