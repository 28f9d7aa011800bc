// Homes: one-time enrolment codes, the list, and revocation, which also closes the node's socket.
import { Hono } from 'hono';
import * as z from 'zod';
import type { AppEnv } from '../app-env.ts';
import type { NodeRow } from '../auth/nodes.ts';
import type { Services } from '../services.ts';
import { addressField, notFound, parseInput, readInput, readPage } from './admin-input.ts';

const newCode = z.strictObject({ account_id: z.string().min(1).max(100), wallet: addressField.nullish() });
const reasonField = z.string().trim().min(1, 'must not be empty').max(200);

/** Tells areas and hubs that a node may not come back and that its socket ends now. */
export type KickNode = (services: Services, nodeId: string, reason: string) => Promise<void>;

/** POST /nodes/enrolments, GET /nodes, DELETE /nodes/:id?reason=. */
export function makeAdminNodeRoutes(kickNode: KickNode): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  routes.post('/nodes/enrolments', async (c) => {
    const input = await readInput(c, newCode);
    const owner = { accountId: input.account_id, wallet: input.wallet ?? null };
    const made = await c.get('services').nodes.createCode(owner, Date.now());
    if (!made.ok) throw notFound('account', 'account_id');
    return c.json({ code: made.value.code, expires_at: made.value.expiresAt }, 201);
  });
  routes.get('/nodes', async (c) => {
    const { after, limit } = readPage(c);
    const rows = await c.get('services').nodes.list(after, limit);
    return c.json({ data: rows.map(toJson), next: rows.length === limit ? (rows.at(-1)?.id ?? null) : null });
  });
  routes.delete('/nodes/:id', async (c) => {
    const services = c.get('services');
    const reason = parseInput(
      { reason: c.req.query('reason') ?? 'revoked by the operator' },
      z.object({ reason: reasonField }),
    );
    const node = await services.nodes.revoke(c.req.param('id'), reason.reason, Date.now());
    if (!node) throw notFound('node', 'id');
    await kickNode(services, node.id, node.revokedReason ?? reason.reason);
    return c.json(toJson(node));
  });
  return routes;
}

function toJson(node: NodeRow): object {
  return {
    id: node.id,
    address: node.address,
    account_id: node.accountId,
    wallet: node.wallet,
    created_at: node.createdAt,
    revoked_at: node.revokedAt,
    revoked_reason: node.revokedReason,
  };
}
