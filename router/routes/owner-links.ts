// GET and POST /v1/owner/links/{code}: an owner sees the machine that shows this code, and says whether it is one of the account's.
import { Hono } from 'hono';
import type * as z from 'zod';
import type { DeviceLink, LinkDecision } from '../auth/device-links.ts';
import type { Caller } from '../auth/judge-key.ts';
import type { DecisionFault } from '../auth/judge-link.ts';
import { readUserCode, showUserCode } from '../auth/make-user-code.ts';
import { linkDecisionBody } from '../auth/bodies.ts';
import { ApiError } from '../errors.ts';
import { notFound, readInput } from './admin-input.ts';
import type { AppEnv } from './app-env.ts';
import { WRONG_CODES } from './counted-doors.ts';
import type { Services } from '../services/edge.ts';
import { requireOwnPool } from './node-desk.ts';
import { requireCallerNow } from './refuse.ts';

export const ownerLinks = new Hono<AppEnv>();

ownerLinks.get('/v1/owner/links/:code', async (c) => {
  const caller = await requireCallerNow(c, 'nodes');
  const link = await findLink(c.get('services'), caller, c.req.param('code'));
  return c.json(await tellLink(c.get('services'), caller, link), 200, { 'cache-control': 'no-store' });
});

ownerLinks.post('/v1/owner/links/:code', async (c) => {
  const caller = await requireCallerNow(c, 'nodes');
  const said = await readInput(c, linkDecisionBody);
  const services = c.get('services');
  const decided = await decideLink(services, caller, { code: c.req.param('code'), said });
  return c.json(await tellLink(services, caller, decided), 200, { 'cache-control': 'no-store' });
});

/** Who guesses codes is stopped by its account, wherever it asks. Throws ApiError 404, 409 or 429. */
export async function findLink(
  { links, doorCounts }: Services,
  { accountId }: Caller,
  text: string,
): Promise<DeviceLink> {
  const now = Date.now();
  const waitS = await doorCounts.look(WRONG_CODES, accountId, now);
  if (waitS !== null) {
    const told = 'Too many codes that do not exist came from this account. Look at the machine’s screen again.';
    throw new ApiError('rate_limit_exceeded', told, { retryAfterS: waitS });
  }
  const code = readUserCode(text);
  const link = code === null ? null : await links.find(code);
  // What another account has decided about is that account's alone, and so is the name that it gave.
  if (link && link.accountId !== null && link.accountId !== accountId) throw refuseDecision('decided');
  if (link) return link;
  await doorCounts.take(WRONG_CODES, accountId, now);
  throw notFound('machine that shows this code: it has eight letters, and is good for ten minutes', 'code');
}

/** What was decided. Throws as findLink does. */
export async function decideLink(
  services: Services,
  caller: Caller,
  { code, said }: { readonly code: string; readonly said: z.output<typeof linkDecisionBody> },
): Promise<DeviceLink> {
  const link = await findLink(services, caller, code);
  const decision = await toDecision(services, caller, { said, link });
  const { accountId } = caller;
  const decided = await services.links.decide(link.userCode, { accountId, decision }, Date.now());
  if (!decided.ok) throw refuseDecision(decided.error);
  return decided.value;
}

async function toDecision(
  services: Services,
  { accountId }: Caller,
  { said, link }: { readonly said: z.output<typeof linkDecisionBody>; readonly link: DeviceLink },
): Promise<LinkDecision> {
  if (said.decision === 'deny') return { kind: 'denied' };
  const poolId = said.pool ?? null;
  await requireOwnPool(services, accountId, poolId);
  // As of a code for a pool: for everyone only where that is said.
  return { kind: 'approved', name: said.name ?? link.machine.name, poolId, isPublic: said.public ?? poolId === null };
}

function refuseDecision(fault: DecisionFault): ApiError {
  switch (fault) {
    case 'unknown':
      return notFound('machine that shows this code', 'code');
    case 'expired':
      return new ApiError('not_found', 'This code is over: it was good for ten minutes. Begin anew at the machine.', {
        param: 'code',
      });
    case 'decided':
      return new ApiError('conflict', 'This machine was decided about already.', { param: 'code' });
  }
}

async function tellLink({ accounts }: Services, { accountId }: Caller, link: DeviceLink): Promise<object> {
  const account = await accounts.find(accountId);
  const { userCode, machine, createdAt, expiresAt, name } = link;
  return {
    object: 'device_link',
    user_code: showUserCode(userCode),
    state: stateOfLink(link, Date.now()),
    machine: { ...machine, platform: machine.platform ?? null, card: machine.card ?? null },
    name,
    /** Into which it goes where this key says yes. */
    account: { id: accountId, name: account?.name ?? accountId },
    created_at: createdAt,
    expires_at: expiresAt,
  };
}

/** As its owner is told it. */
export function stateOfLink(link: DeviceLink, now: number): 'pending' | 'approved' | 'denied' | 'expired' {
  if (link.state === 'pending' && link.expiresAt <= now) return 'expired';
  return link.state === 'used' ? 'approved' : link.state;
}
