// What is done to homes, whoever asks: enrolment codes, their name, whom they answer for, and revocation, which also closes their socket.
import * as z from 'zod';
import { shownText } from '../auth/bodies.ts';
import type { nodeChangeBody } from '../auth/bodies.ts';
import type { NewCode, NodeRow } from '../auth/nodes.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services/edge.ts';
import { notFound } from './admin-input.ts';

export const reasonQuery = z.object({ reason: shownText });

/** Tells areas and hubs that a node may not come back and that its socket ends now. */
export type KickNode = (services: Services, nodeId: string, reason: string) => Promise<void>;

/** Tells a node's hubs what it lends itself to from now on. */
export type TellNode = (services: Services, nodeId: string) => Promise<void>;

/** A code, told this once. `secret`: what a repeat of the call is not told again. Throws ApiError 404 or 409. */
export async function makeCode(
  services: Services,
  code: NewCode,
): Promise<{ readonly told: object; readonly secret: { readonly code: string } }> {
  const made = await services.nodes.createCode(code, Date.now());
  if (!made.ok && made.error === 'account-disabled')
    throw new ApiError('conflict', 'The account is disabled: no home can join it.', { param: 'account_id' });
  if (!made.ok) throw made.error === 'no-pool' ? notFound('pool', 'pool') : notFound('account', 'account_id');
  const { code: text, expiresAt } = made.value;
  const { uses, poolId, isPublic } = code;
  return { told: { expires_at: expiresAt, uses, pool: poolId, public: isPublic }, secret: { code: text } };
}

/** Throws ApiError 404. */
export async function changeNode(
  services: Services,
  nodeId: string,
  { change, tellNode }: { readonly change: z.output<typeof nodeChangeBody>; readonly tellNode: TellNode },
): Promise<NodeRow> {
  const node = await services.nodes.change(nodeId, { isPublic: change.public, name: change.name });
  if (!node) throw notFound('node', 'id');
  if (change.public !== undefined) await tellNode(services, node.id);
  return node;
}

/** Throws ApiError 404. Again is the same: it tells those who could not be told. */
export async function revokeNode(
  services: Services,
  nodeId: string,
  { reason, tellNode, kickNode }: { readonly reason: string; readonly tellNode: TellNode; readonly kickNode: KickNode },
): Promise<NodeRow> {
  const node = await services.nodes.revoke(nodeId, reason, Date.now());
  if (!node) throw notFound('node', 'id');
  await tellNode(services, node.id);
  await kickNode(services, node.id, node.revokedReason ?? reason);
  return node;
}

export function toNodeJson(node: NodeRow): object {
  return {
    id: node.id,
    name: node.name,
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
