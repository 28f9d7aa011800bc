// Whose homes are asked about, and whether the asker may: a home itself, by its token or its key's signature, or their owner by an API key.
import type { Context } from 'hono';
import { isId } from '../../schema/ids.ts';
import { isProofOf, parseNodeProof, TIME_HEADER } from '../../schema/node-proof.ts';
import type { NodeFault } from '../auth/node-callers.ts';
import type { NodeRow } from '../auth/nodes.ts';
import { readBearer } from '../auth/read-bearer.ts';
import { KEY_PREFIX } from '../auth/tag-api-key.ts';
import { ApiError } from '../errors.ts';
import type { AppEnv } from './app-env.ts';
import { OUTDATED } from './node-enrol.ts';
import { requireCaller } from './refuse.ts';
import { requireCalm, slowDown } from './wrong-attempts.ts';

/** Homes of one answer; `next`: the id behind which there are more, null for none. */
interface AskedNodes {
  readonly nodeIds: readonly string[];
  readonly next: string | null;
}

/** The home that asks, by its token or its key's signature; null where it is a caller. Throws ApiError 401, 403 or 429. */
export async function findHome(c: Context<AppEnv>): Promise<string | null> {
  // Of a proof or a token: an owner's key that is right works from any address at any time.
  if (!hasApiKey(c)) requireCalm(c, 'enrol');
  const home = await c.get('services').authenticateNode(c.req.header('authorization') ?? null, c.req.url);
  if (home === null || home.ok) return home && home.value;
  await slowDown(c, 'enrol');
  throw refuseHome(home.error);
}

/** The home that asks, as the books have it. Throws as findHome does, and 401 where no home asks. */
export async function requireHome(c: Context<AppEnv>): Promise<NodeRow> {
  const nodeId = await findHome(c);
  const node = nodeId === null ? null : await c.get('services').nodes.find(nodeId);
  if (node) return node;
  const told = 'Only a home may ask this, by a proof of its session key or the token that its hub gave it.';
  throw new ApiError('node_unenrolled', told);
}

/** The home that changes something of itself: by a proof of this very call. Throws as requireHome does, and 401 for a proof of anything else. */
export async function requireHomeSaying(c: Context<AppEnv>): Promise<NodeRow> {
  const node = await requireHome(c);
  const bearer = readBearer(c.req.header('authorization') ?? null);
  const proof = bearer.ok ? parseNodeProof(bearer.value) : null;
  if (proof && isProofOf(proof.nonce, c.req.method, c.req.path)) return node;
  const told = 'A home changes something of itself by a proof of just this call. Update the agent if it made this one.';
  throw new ApiError('node_unenrolled', told);
}

/** Which nodes the asker may read of, by the query's `node` and `after`, at most `page` of them. Throws ApiError 400, 401, 403 or 404. */
export async function findAskedNodes(c: Context<AppEnv>, page: number): Promise<AskedNodes> {
  const services = c.get('services');
  const wanted = readId(c, 'node');
  const home = await findHome(c);
  if (home !== null) {
    if (wanted !== null && wanted !== home)
      throw new ApiError('forbidden', 'A home may ask only about itself; its owner asks with an API key.', {
        param: 'node',
      });
    return { nodeIds: [home], next: null };
  }
  const { accountId } = await requireCaller(c, 'usage', 'nodes');
  if (wanted === null) {
    const nodeIds = await services.nodes.listOwned(accountId, readId(c, 'after') ?? '', page);
    return { nodeIds, next: nodeIds.length === page ? (nodeIds.at(-1) ?? null) : null };
  }
  const node = await services.nodes.find(wanted);
  // Of another owner's home not even its existence is told.
  if (node?.accountId !== accountId)
    throw new ApiError('not_found', 'There is no such node in this account.', { param: 'node' });
  return { nodeIds: [node.id], next: null };
}

function hasApiKey(c: Context<AppEnv>): boolean {
  const bearer = readBearer(c.req.header('authorization'));
  return !bearer.ok || bearer.value.startsWith(KEY_PREFIX);
}

/** Throws ApiError 400. */
export function readId(c: Context<AppEnv>, name: 'node' | 'after'): string | null {
  const text = c.req.query(name);
  if (text === undefined) return null;
  if (!isId('node', text))
    throw new ApiError('invalid_value', `'${name}' must be a node's id: node_ and 32 hex digits.`, { param: name });
  return text;
}

function refuseHome(fault: NodeFault): ApiError {
  switch (fault) {
    case 'expired':
      return new ApiError(
        'invalid_api_key',
        "This home's proof or token is not valid now: check the clock of the machine and ask again.",
        { headers: { 'www-authenticate': 'Bearer', [TIME_HEADER]: String(Date.now()) } },
      );
    case 'unenrolled':
      return new ApiError(
        'node_unenrolled',
        'This node is not enrolled, or the signature is not its own, or not for this router’s address.',
      );
    case 'outdated':
      return new ApiError('node_outdated', OUTDATED);
    case 'revoked':
      return new ApiError('node_revoked', 'This node was revoked.');
  }
}
