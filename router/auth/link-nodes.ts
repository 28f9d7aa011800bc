// Which node dials in: by the token of its last connection, else by the books. What it may do is no matter of either: its own object tells its hub.
import type { Hex } from '../../schema/bytes.ts';
import type { NodeTokens } from './node-tokens.ts';
import { barOf } from './nodes.ts';
import type { Nodes } from './nodes.ts';

/** A node that may dial in, or why not. */
export interface LinkNode {
  readonly address: Hex;
  readonly ownerAccountId: string;
  /** Why it may not be connected, where the books were asked; null else. */
  readonly barred: string | null;
}

export interface LinkNodes {
  /** Null when it is not enrolled. Rejects when D1 does, which is asked only for a node without a token that holds. */
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
    const { address, accountId } = claims.value;
    return { address, ownerAccountId: accountId, barred: null };
  }
  const row = await doors.nodes.find(nodeId);
  if (!row) return null;
  return { address: row.address as Hex, ownerAccountId: row.accountId, barred: barOf(row) };
}
