// /v1/nodes: an account's own homes: its list, codes that enrol more, their names, whom they answer for, and their end.
import { Hono } from 'hono';
import type { Context } from 'hono';
import { newCodeBody, nodeChangeBody } from '../auth/bodies.ts';
import type { NodeRow } from '../auth/nodes.ts';
import { notFound, parseInput, readInput, readPage } from './admin-input.ts';
import type { AppEnv } from './app-env.ts';
import type { AreaCalls } from './area-calls.ts';
import { ALL_AREAS } from './area-calls.ts';
import {
  changeNode,
  endAccountCode,
  listAccountCodes,
  makeCode,
  reasonQuery,
  requireOwnPool,
  revokeNode,
  toCodeJson,
  toNodeJson,
} from './node-desk.ts';
import { postOnce, whoMakes } from './post-once.ts';
import { requireCaller, requireCallerNow } from './refuse.ts';

const UNSAID_REASON = 'revoked by its owner';

/** GET /v1/nodes, GET and POST /v1/nodes/enrolments and DELETE of one, PATCH and DELETE /v1/nodes/:id and /v1/owner/nodes/:id. `calls` is given by tests that have no areas. */
export function makeOwnNodeRoutes({
  tellNode,
  kickNode,
}: Pick<AreaCalls, 'tellNode' | 'kickNode'> = ALL_AREAS): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  routes.get('/v1/nodes', async (c) => {
    const { accountId } = await requireCaller(c, 'nodes', 'usage');
    const { after, limit } = readPage(c);
    const rows = await c.get('services').nodes.list(after, limit, accountId);
    const next = rows.length === limit ? (rows.at(-1)?.id ?? null) : null;
    return c.json({ object: 'list', data: rows.map(toNodeJson), next });
  });
  routes.post('/v1/nodes/enrolments', async (c) => {
    const caller = await requireCallerNow(c, 'nodes');
    const { accountId } = caller;
    return postOnce(
      c,
      { schema: newCodeBody, who: whoMakes(caller) },
      async ({ wallet, uses, pool, public: isPublic }) => {
        const poolId = pool ?? null;
        await requireOwnPool(c.get('services'), accountId, poolId);
        return makeCode(c.get('services'), {
          accountId,
          wallet: wallet ?? null,
          uses,
          poolId,
          // As of an operator's code for a pool: for everyone only where that is said.
          isPublic: isPublic ?? poolId === null,
        });
      },
    );
  });
  routes.get('/v1/nodes/enrolments', async (c) => {
    const { accountId } = await requireCaller(c, 'nodes');
    const now = Date.now();
    const codes = await listAccountCodes(c.get('services'), accountId, now);
    return c.json({ object: 'list', data: codes.map((code) => toCodeJson(code, now)) });
  });
  routes.delete('/v1/nodes/enrolments/:id', async (c) => {
    const { accountId } = await requireCallerNow(c, 'nodes');
    const id = c.req.param('id');
    await endAccountCode(c.get('services'), accountId, id);
    return c.json({ id, revoked: true });
  });
  for (const list of ['/v1/nodes', '/v1/owner/nodes']) {
    routes.patch(`${list}/:id`, async (c) => {
      const node = await findOwn(c, c.req.param('id') ?? '');
      const change = await readInput(c, nodeChangeBody);
      return c.json(toNodeJson(await changeNode(c.get('services'), node.id, { change, tellNode })));
    });
    routes.delete(`${list}/:id`, async (c) => {
      const node = await findOwn(c, c.req.param('id') ?? '');
      const { reason } = parseInput({ reason: c.req.query('reason') ?? UNSAID_REASON }, reasonQuery);
      return c.json(toNodeJson(await revokeNode(c.get('services'), node.id, { reason, tellNode, kickNode })));
    });
  }
  return routes;
}

/** Of another account's home not even its existence is told. */
async function findOwn(c: Context<AppEnv>, nodeId: string): Promise<NodeRow> {
  const { accountId } = await requireCallerNow(c, 'nodes');
  const node = await c.get('services').nodes.find(nodeId);
  if (node?.accountId !== accountId) throw notFound('node', 'id');
  return node;
}
