// Homes: enrolment codes, the list, whom they answer for, and revocation, which also closes the node's socket.
import { Hono } from 'hono';
import * as z from 'zod';
import type { AppEnv } from './app-env.ts';
import { ApiError } from '../errors.ts';
import type { NodeRow } from '../auth/nodes.ts';
import type { NodeWhy } from '../homes/make-why.ts';
import type { NodeTotals } from '../billing/node-book.ts';
import type { Services } from '../services/edge.ts';
import { addressField, notFound, parseInput, readInput, readPage, shownText } from './admin-input.ts';

/** A lab's machines at most, with one code. */
const MAX_USES = 1000;
const newCode = z.strictObject({
  account_id: z.string().min(1).max(100),
  wallet: addressField.nullish(),
  uses: z.number().int().min(1).max(MAX_USES).default(1),
  pool: z.string().min(1).max(100).nullish(),
  public: z.boolean().nullish(),
});
const nodeChange = z.strictObject({ public: z.boolean() });

/** Tells areas and hubs that a node may not come back and that its socket ends now. */
export type KickNode = (services: Services, nodeId: string, reason: string) => Promise<void>;

/** Tells a node's hubs what it lends itself to from now on. */
export type TellNode = (services: Services, nodeId: string) => Promise<void>;

/** POST /nodes/enrolments, GET /nodes, GET /nodes/:id, GET /nodes/:id/evidence, PATCH /nodes/:id, DELETE /nodes/:id?reason=. */
export function makeAdminNodeRoutes(kickNode: KickNode, tellNode: TellNode): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  routes.post('/nodes/enrolments', async (c) => {
    const input = await readInput(c, newCode);
    const poolId = input.pool ?? null;
    // Who is enrolled for a pool answers for that pool, and for everyone only where that is said.
    const isPublic = input.public ?? poolId === null;
    const { account_id: accountId, uses } = input;
    const code = { accountId, wallet: input.wallet ?? null, uses, poolId, isPublic };
    const made = await c.get('services').nodes.createCode(code, Date.now());
    if (!made.ok && made.error === 'account-disabled')
      throw new ApiError('conflict', 'The account is disabled: no home can join it.', { param: 'account_id' });
    if (!made.ok) throw made.error === 'no-pool' ? notFound('pool', 'pool') : notFound('account', 'account_id');
    const { code: text, expiresAt } = made.value;
    return c.json({ code: text, expires_at: expiresAt, uses, pool: poolId, public: isPublic }, 201);
  });
  routes.get('/nodes', async (c) => {
    const { after, limit } = readPage(c);
    const rows = await c.get('services').nodes.list(after, limit);
    return c.json({ data: rows.map(toJson), next: rows.length === limit ? (rows.at(-1)?.id ?? null) : null });
  });
  routes.get('/nodes/:id', async (c) => {
    const services = c.get('services');
    const node = await services.nodes.find(c.req.param('id'));
    if (!node) throw notFound('node', 'id');
    const [totals, [why]] = await Promise.all([services.nodeAccount(node.id).totals(), services.findWhy([node.id])]);
    return c.json({ ...toJson(node), receipts: toReceiptsJson(totals), faults: toFaultsJson(why) });
  });
  routes.get('/nodes/:id/evidence', async (c) => {
    const services = c.get('services');
    const node = await services.nodes.find(c.req.param('id'));
    if (!node) throw notFound('node', 'id');
    return c.json({ object: 'list', data: await services.nodeAccount(node.id).evidence() });
  });
  routes.patch('/nodes/:id', async (c) => {
    const services = c.get('services');
    const { public: isPublic } = await readInput(c, nodeChange);
    const node = await services.nodes.setPublic(c.req.param('id'), isPublic);
    if (!node) throw notFound('node', 'id');
    await tellNode(services, node.id);
    return c.json(toJson(node));
  });
  routes.delete('/nodes/:id', async (c) => {
    const services = c.get('services');
    const reason = parseInput(
      { reason: c.req.query('reason') ?? 'revoked by the operator' },
      z.object({ reason: shownText }),
    );
    const node = await services.nodes.revoke(c.req.param('id'), reason.reason, Date.now());
    if (!node) throw notFound('node', 'id');
    await tellNode(services, node.id);
    await kickNode(services, node.id, node.revokedReason ?? reason.reason);
    return c.json(toJson(node));
  });
  return routes;
}

/** What is counted of a node's receipts, for the operator's judgement; none of it is a verdict by itself. */
function toReceiptsJson(totals: NodeTotals): object {
  return {
    accepted: totals.count,
    earned_micro: totals.cumulativeAmount,
    refused: totals.refused,
    equivocations: totals.equivocations,
    seal_equivocations: totals.sealEquivocations,
    chain_breaks: totals.breaks,
    missing: totals.missing,
    last_seq: totals.lastSeq,
  };
}

/** Jobs of the last hour that its model server failed on; those not held against it may have been their prompts'. */
function toFaultsJson(why: NodeWhy | undefined): object {
  return { last_hour: why?.faults.lastHour ?? 0, held_against: why?.faults.heldAgainst ?? 0 };
}

function toJson(node: NodeRow): object {
  return {
    id: node.id,
    address: node.address,
    account_id: node.accountId,
    wallet: node.wallet,
    pools: node.pools,
    public: node.isPublic,
    created_at: node.createdAt,
    revoked_at: node.revokedAt,
    revoked_reason: node.revokedReason,
  };
}
