// The operator's way to let somebody in: a link that signs in once, for a member of an account or for an operator. There is no password to hand over.
import { Hono } from 'hono';
import { readInput } from './admin-input.ts';
import type { AppEnv } from './app-env.ts';
import { linkBody, makeSignInLink } from './session-desk.ts';

/** POST /sign-in-links. */
export function makeAdminSignInRoutes(): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  routes.post('/sign-in-links', async (c) => {
    const said = await readInput(c, linkBody);
    const { personId, memberId, path, expiresAt } = await makeSignInLink(c.get('services'), said);
    const url = new URL(path, c.req.url).href;
    return c.json({ person: personId, member: memberId, url, expires_at: expiresAt }, 201);
  });
  return routes;
}
