// The operator's way to an account's members.
import { Hono } from 'hono';
import { memberChangeBody, newMemberBody } from '../auth/bodies.ts';
import type { AppEnv } from './app-env.ts';
import { notFound, readInput } from './admin-input.ts';
import { addMember, changeMember, findMember, removeMember, toMemberJson } from './member-desk.ts';
import { postOnce } from './post-once.ts';

/** POST and GET /accounts/:id/members, PATCH and DELETE /accounts/:id/members/:member. */
export function makeAdminMemberRoutes(): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  routes.post('/accounts/:id/members', (c) =>
    postOnce(c, { schema: newMemberBody, who: 'admin' }, async (said) => ({
      told: toMemberJson(await addMember(c.get('services'), c.req.param('id'), said)),
    })),
  );
  routes.get('/accounts/:id/members', async (c) => {
    const services = c.get('services');
    const accountId = c.req.param('id');
    if (!(await services.accounts.find(accountId))) throw notFound('account', 'id');
    return c.json({ data: (await services.members.list(accountId)).map(toMemberJson) });
  });
  routes.patch('/accounts/:id/members/:member', async (c) => {
    const said = await readInput(c, memberChangeBody);
    const services = c.get('services');
    const { id: accountId, member: memberId } = c.req.param();
    const member = await findMember(services, { accountId, memberId, param: 'member' });
    return c.json(toMemberJson(await changeMember(services, member, said)));
  });
  routes.delete('/accounts/:id/members/:member', async (c) => {
    const services = c.get('services');
    const { id: accountId, member: memberId } = c.req.param();
    return c.json(await removeMember(services, await findMember(services, { accountId, memberId, param: 'member' })));
  });
  return routes;
}
