// Which node dials in: by the token of its last connection, else by the books. What it may do is no matter of either: its own object tells its hub.
import type { Hex } from '../../schema/bytes.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import type { DialGate } from './dial-gate.ts';
import type { NodeTokens } from './node-tokens.ts';
import { barOf } from './nodes.ts';
import type { Nodes } from './nodes.ts';

/** A node that may dial in, or why not. */
export interface LinkNode {
  readonly address: Hex;
  readonly ownerAccountId: string;
  /** Why it may not be connected, where the books were asked; null else. */
  readonly barred: string | null;
  /** True where a token said who it is, and not the dial alone. */
  readonly hasToken: boolean;
}

/** Why a dial goes no further: the node is not enrolled, or too many like it came; `waitMs` tells for how long. */
export type LinkFault = { readonly kind: 'unenrolled' } | { readonly kind: 'too-many'; readonly waitMs: number };

interface LinkDoors {
  readonly nodes: Pick<Nodes, 'find'>;
  readonly nodeTokens: Pick<NodeTokens, 'verify'>;
  readonly gate: DialGate;
}

export interface LinkNodes {
  /** `from`: the address that it dials from, empty where nobody knows. The books are asked only for a node without a token, and not for all of those. */
  find(nodeId: string, token: string | null, from: string): Promise<Result<LinkNode, LinkFault>>;
}

export function makeLinkNodes(doors: LinkDoors): LinkNodes {
  return { find: (nodeId, token, from) => findNode(doors, { nodeId, token, from }) };
}

async function findNode(
  { nodes, nodeTokens, gate }: LinkDoors,
  { nodeId, token, from }: { nodeId: string; token: string | null; from: string },
): Promise<Result<LinkNode, LinkFault>> {
  const now = Date.now();
  const claims = token ? await nodeTokens.verify(token, now) : null;
  const known = claims?.ok && claims.value.nodeId === nodeId ? claims.value : null;
  const waitMs = gate.waitMs({ nodeId, from, hasToken: known !== null }, now);
  if (waitMs > 0) return err({ kind: 'too-many', waitMs });
  if (known) {
    const { address, accountId } = known;
    return ok({ address, ownerAccountId: accountId, barred: null, hasToken: true });
  }
  const row = gate.isUnknown(nodeId, now) ? null : await nodes.find(nodeId);
  if (!row) {
    gate.noteUnknown(nodeId, now);
    return err({ kind: 'unenrolled' });
  }
  return ok({ address: row.address as Hex, ownerAccountId: row.accountId, barred: barOf(row), hasToken: false });
}
