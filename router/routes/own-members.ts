// /v1/members: an account's members, by its owners.
import { Hono } from 'hono';
import type { Context } from 'hono';
import { memberChangeBody, newMemberBody } from '../auth/bodies.ts';
import type { MemberRow } from '../auth/members.ts';
import { readInput } from './admin-input.ts';
import type { AppEnv } from './app-env.ts';
import { addMember, changeMember, findMember, removeMember, toMemberJson } from './member-desk.ts';
import { postOnce, whoMakes } from './post-once.ts';
import { requireCallerNow } from './refuse.ts';
import { inviteMember } from './session-desk.ts';

export const ownMembers = new Hono<AppEnv>();

ownMembers.get('/v1/members', async (c) => {
  const { accountId } = await requireCallerNow(c, 'members');
  return c.json({ object: 'list', data: (await c.get('services').members.list(accountId)).map(toMemberJson) });
});

ownMembers.post('/v1/members', async (c) => {
  const caller = await requireCallerNow(c, 'members');
  const { accountId } = caller;
  return postOnce(c, { schema: newMemberBody, who: whoMakes(caller) }, async (said) => ({
    told: toMemberJson(await addMember(c.get('services'), accountId, said)),
  }));
});

ownMembers.patch('/v1/members/:id', async (c) => {
  const member = await findOwn(c, c.req.param('id'));
  return c.json(toMemberJson(await changeMember(c.get('services'), member, await readInput(c, memberChangeBody))));
});

ownMembers.post('/v1/members/:id/invitations', async (c) => {
  const caller = await requireCallerNow(c, 'members');
  const member = await findOwn(c, c.req.param('id'));
  const { path, expiresAt } = await inviteMember(c.get('services'), caller, member);
  return c.json({ member: member.id, url: new URL(path, c.req.url).href, expires_at: expiresAt }, 201);
});

ownMembers.delete('/v1/members/:id', async (c) =>
  c.json(await removeMember(c.get('services'), await findOwn(c, c.req.param('id')))),
);

async function findOwn(c: Context<AppEnv>, memberId: string): Promise<MemberRow> {
  const { accountId } = await requireCallerNow(c, 'members');
  return findMember(c.get('services'), { accountId, memberId, param: 'id' });
}
