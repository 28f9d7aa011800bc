// What is done to homes, whoever asks: enrolment codes, their name, whom they answer for, and revocation, which also closes their socket.
import * as z from 'zod';
import { shownText } from '../auth/bodies.ts';
import type { nodeChangeBody } from '../auth/bodies.ts';
import type { CodeRow } from '../auth/enrolment-codes.ts';
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

/** Codes that are over are told for a week. */
const CODES_TOLD_MS = 7 * 24 * 3_600_000;

export async function listAccountCodes(services: Services, accountId: string, now: number): Promise<CodeRow[]> {
  return services.nodes.listCodes(accountId, now - CODES_TOLD_MS);
}

/** From now on nothing joins by it. Throws ApiError 404. */
export async function endAccountCode(services: Services, accountId: string, id: string): Promise<void> {
  if (!(await services.nodes.endCode({ id, accountId }, Date.now()))) throw notFound('code', 'id');
}

/** Whether a home can still join by it. */
export function stateOfCode({ expiresAt, uses, used }: CodeRow, now: number): 'open' | 'used' | 'over' {
  if (used >= uses) return 'used';
  return expiresAt > now ? 'open' : 'over';
}

export function toCodeJson(code: CodeRow, now: number): object {
  return {
    id: code.id,
    state: stateOfCode(code, now),
    uses: code.uses,
    used: code.used,
    pool: code.poolId,
    public: code.isPublic,
    created_at: code.createdAt,
    expires_at: code.expiresAt,
  };
}

/** Throws ApiError 404: of another account's pool not even its existence is told. */
export async function requireOwnPool({ pools }: Services, accountId: string, poolId: string | null): Promise<void> {
  if (poolId === null) return;
  const pool = await pools.find(poolId);
  if (pool?.ownerAccountId !== accountId) throw notFound('pool of this account', 'pool');
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
