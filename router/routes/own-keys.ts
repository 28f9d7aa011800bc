// /v1/keys: keys that make keys. A key of a member's sees and makes that member's; an owner's, or the account's own, all of the account's.
import { Hono } from 'hono';
import type { ListedKey } from '../auth/api-keys.ts';
import { keyChangeBody, newKeyBody } from '../auth/bodies.ts';
import type { Caller } from '../auth/judge-key.ts';
import type { MemberRow } from '../auth/members.ts';
import type { Services } from '../services/edge.ts';
import { notFound, readInput } from './admin-input.ts';
import type { AppEnv } from './app-env.ts';
import { changeKey, mintKey, revokeKey } from './key-desk.ts';
import { listKeys } from './list-keys.ts';
import { findMember } from './member-desk.ts';
import { postOnce, whoMakes } from './post-once.ts';
import { requireCallerNow } from './refuse.ts';

export const ownKeys = new Hono<AppEnv>();

ownKeys.get('/v1/keys', async (c) => {
  const caller = await requireCallerNow(c, 'keys');
  const memberId = isOwner(caller) ? null : caller.memberId;
  return c.json({ object: 'list', ...(await listKeys(c, caller.accountId, memberId)) });
});

ownKeys.post('/v1/keys', async (c) => {
  const caller = await requireCallerNow(c, 'keys');
  const { accountId } = caller;
  return postOnce(c, { schema: newKeyBody, who: whoMakes(caller) }, async ({ member, ...said }) => {
    const services = c.get('services');
    return mintKey(
      services,
      { accountId, member: await chooseMember(services, caller, member ?? null), by: caller },
      said,
    );
  });
});

ownKeys.patch('/v1/keys/:id', async (c) => {
  const caller = await requireCallerNow(c, 'keys');
  const services = c.get('services');
  const key = await findKey(services, caller, c.req.param('id'));
  return c.json(await changeKey(services, { key, by: caller }, await readInput(c, keyChangeBody)));
});

ownKeys.delete('/v1/keys/:id', async (c) => {
  const caller = await requireCallerNow(c, 'keys');
  const services = c.get('services');
  return c.json(await revokeKey(services, (await findKey(services, caller, c.req.param('id'))).id));
});

/** Whoever speaks for the account, and not for one member. */
function isOwner({ role }: Caller): boolean {
  return role === null || role === 'owner';
}

function isTheirs(key: ListedKey, caller: Caller): boolean {
  return isOwner(caller) || key.memberId === caller.memberId;
}

/** Of others' keys not even that they exist is told. */
async function findKey(services: Services, caller: Caller, keyId: string): Promise<ListedKey> {
  const key = await services.keys.find(keyId);
  if (key?.accountId !== caller.accountId || !isTheirs(key, caller)) throw notFound('key', 'id');
  return key;
}

/** Whose a new key is: the member's that asks, where an owner says none other. */
async function chooseMember(services: Services, caller: Caller, wanted: string | null): Promise<MemberRow | null> {
  const memberId = wanted ?? caller.memberId;
  if (memberId === null) return null;
  if (memberId !== caller.memberId && !isOwner(caller)) throw notFound('member', 'member');
  return findMember(services, { accountId: caller.accountId, memberId, param: 'member' });
}
