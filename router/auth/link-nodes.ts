// Which node dials in: by the token of its last connection, else by the books.
import type { Hex } from '../../schema/bytes.ts';
import type { NodeTokens } from './node-tokens.ts';
import { poolsOf } from './nodes.ts';
import type { Nodes } from './nodes.ts';

/** A node that may dial in, or why not. */
export interface LinkNode {
  readonly address: Hex;
  readonly ownerAccountId: string;
  readonly wallet: Hex | null;
  /** Pool ids, and `public` where it lends itself to everyone. */
  readonly pools: readonly string[];
  readonly isRevoked: boolean;
  readonly reason: string | null;
}

export interface LinkNodes {
  /** Null when it is not enrolled. */
  find(nodeId: string, token: string | null): Promise<LinkNode | null>;
}

export function makeLinkNodes(doors: { readonly nodes: Nodes; readonly nodeTokens: NodeTokens }): LinkNodes {
  return { find: (nodeId, token) => findNode(doors, nodeId, token) };
}

async function findNode(
  doors: { readonly nodes: Nodes; readonly nodeTokens: NodeTokens },
  nodeId: string,
  token: string | null,
): Promise<LinkNode | null> {
  const claims = token ? await doors.nodeTokens.verify(token, Date.now()) : null;
  if (claims?.ok && claims.value.nodeId === nodeId) {
    const { address, accountId, wallet, pools } = claims.value;
    return { address, ownerAccountId: accountId, wallet: wallet as Hex | null, pools, isRevoked: false, reason: null };
  }
  const row = await doors.nodes.find(nodeId);
  if (!row) return null;
  return {
    address: row.address as Hex,
    ownerAccountId: row.accountId,
    wallet: row.wallet as Hex | null,
    pools: poolsOf(row),
    isRevoked: row.revokedAt !== null,
    reason: row.revokedReason,
  };
}
