// Who a home is that asks by itself: by a token of the router's, or by a fresh signature of its session key.
import type { Hex } from '../../schema/bytes.ts';
import { isProofFresh, parseNodeProof, PROOF_PROTOCOL } from '../../schema/node-proof.ts';
import type { MessageSigner } from '../../schema/receipt.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { checkNodeHello, isOldHello } from './check-node-hello.ts';
import type { NodeTokens } from './node-tokens.ts';
import { barOf } from './nodes.ts';
import type { NodeRow, Nodes } from './nodes.ts';
import { readBearer } from './read-bearer.ts';
import { KEY_PREFIX } from './tag-api-key.ts';

export type NodeFault = 'expired' | 'unenrolled' | 'revoked' | 'outdated';

export interface NodeCallers {
  /** The node's id; null when the header holds an API key or nothing, so that it is a caller who asks. */
  readonly authenticate: (
    header: string | null,
    /** The origins at which this router is itself: a proof must name one of them. */
    origins: readonly string[],
    now: number,
  ) => Promise<Result<string, NodeFault> | null>;
}

export function makeNodeCallers(doors: {
  readonly nodes: Pick<Nodes, 'find'>;
  readonly nodeTokens: Pick<NodeTokens, 'verify'>;
  /** Of the handshake's domain. */
  readonly signer: MessageSigner;
}): NodeCallers {
  const judge = (node: NodeRow | null): Result<string, NodeFault> =>
    !node ? err('unenrolled') : barOf(node) === null ? ok(node.id) : err('revoked');
  const verifyToken = async (token: string, now: number): Promise<Result<string, NodeFault>> => {
    const claims = await doors.nodeTokens.verify(token, now);
    return claims.ok ? judge(await doors.nodes.find(claims.value.nodeId)) : err('expired');
  };
  return {
    authenticate: async (header, origins, now) => {
      const bearer = readBearer(header);
      if (!bearer.ok || bearer.value.startsWith(KEY_PREFIX)) return null;
      const proof = parseNodeProof(bearer.value);
      // Three parts between dots are a token of ours, in whatever state; anything else is for the door of API keys to refuse.
      if (!proof) return bearer.value.split('.').length === 3 ? verifyToken(bearer.value, now) : null;
      if (!isProofFresh(proof.nonce, now)) return err('expired');
      const node = await doors.nodes.find(proof.nodeId);
      if (!node) return err('unenrolled');
      const { nonce, signature } = proof;
      const hello = { nonce, signature, protocol: PROOF_PROTOCOL, address: node.address as Hex };
      if (origins.some((origin) => checkNodeHello(doors.signer, { ...hello, origin }))) return judge(node);
      return err(isOldHello(doors.signer, hello) ? 'outdated' : 'unenrolled');
    },
  };
}
