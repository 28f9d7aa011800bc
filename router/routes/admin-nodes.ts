// Homes: enrolment codes, the list, whom they answer for, and revocation, which also closes the node's socket.
import { Hono } from 'hono';
import * as z from 'zod';
import { newCodeBody, nodeChangeBody } from '../auth/bodies.ts';
import type { AppEnv } from './app-env.ts';
import type { NodeWhy } from '../homes/make-why.ts';
import type { NodeTotals } from '../billing/node-book.ts';
import { notFound, parseInput, readInput, readPage } from './admin-input.ts';
import { changeNode, makeCode, reasonQuery, revokeNode, toNodeJson } from './node-desk.ts';
import type { KickNode, TellNode } from './node-desk.ts';
import { postOnce } from './post-once.ts';

const newCode = newCodeBody.extend({
  account_id: z.string().min(1).max(100),
  pool: z.string().min(1).max(100).nullish(),
});

/** POST /nodes/enrolments, GET /nodes, GET /nodes/:id, GET /nodes/:id/evidence, PATCH /nodes/:id, DELETE /nodes/:id?reason=. */
export function makeAdminNodeRoutes(kickNode: KickNode, tellNode: TellNode): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  routes.post('/nodes/enrolments', (c) =>
    postOnce(c, { schema: newCode, who: 'admin' }, ({ account_id: accountId, pool, wallet, uses, public: said }) => {
      const poolId = pool ?? null;
      // Who is enrolled for a pool answers for that pool, and for everyone only where that is said.
      const isPublic = said ?? poolId === null;
      return makeCode(c.get('services'), { accountId, wallet: wallet ?? null, uses, poolId, isPublic });
    }),
  );
  routes.get('/nodes', async (c) => {
    const { after, limit } = readPage(c);
    const rows = await c.get('services').nodes.list(after, limit);
    return c.json({ data: rows.map(toNodeJson), next: rows.length === limit ? (rows.at(-1)?.id ?? null) : null });
  });
  routes.get('/nodes/:id', async (c) => {
    const services = c.get('services');
    const node = await services.nodes.find(c.req.param('id'));
    if (!node) throw notFound('node', 'id');
    const [totals, [why]] = await Promise.all([services.nodeAccount(node.id).totals(), services.findWhy([node.id])]);
    return c.json({ ...toNodeJson(node), receipts: toReceiptsJson(totals), faults: toFaultsJson(why) });
  });
  routes.get('/nodes/:id/evidence', async (c) => {
    const services = c.get('services');
    const node = await services.nodes.find(c.req.param('id'));
    if (!node) throw notFound('node', 'id');
    return c.json({ object: 'list', data: await services.nodeAccount(node.id).evidence() });
  });
  routes.patch('/nodes/:id', async (c) => {
    const change = await readInput(c, nodeChangeBody);
    return c.json(toNodeJson(await changeNode(c.get('services'), c.req.param('id'), { change, tellNode })));
  });
  routes.delete('/nodes/:id', async (c) => {
    const { reason } = parseInput({ reason: c.req.query('reason') ?? 'revoked by the operator' }, reasonQuery);
    const calls = { reason, tellNode, kickNode };
    return c.json(toNodeJson(await revokeNode(c.get('services'), c.req.param('id'), calls)));
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
