// Who a home is that asks by itself: by a token of the router's, or by a fresh signature of its session key.
import { isProofFresh, parseNodeProof, PROOF_PROTOCOL } from '../schema/node-proof.ts';
import { HANDSHAKE_DOMAIN } from '../schema/typed-data.ts';
import { makeMessageSigner } from '../schema/receipt.ts';
import type { Hex } from '../schema/bytes.ts';
import { err, ok } from '../schema/result.ts';
import type { Result } from '../schema/result.ts';
import { checkNodeHello } from './auth/check-node-hello.ts';
import type { NodeTokens } from './auth/node-tokens.ts';
import type { Nodes } from './auth/nodes.ts';
import { readBearer } from './auth/read-bearer.ts';
import { KEY_PREFIX } from './auth/tag-api-key.ts';

export type NodeFault = 'expired' | 'unenrolled' | 'revoked';

const handshake = makeMessageSigner(HANDSHAKE_DOMAIN);

/** The node's id; null when the header holds an API key or nothing, so that it is a caller who asks. */
export async function authenticateNode(
  doors: { readonly nodes: Pick<Nodes, 'find'>; readonly nodeTokens: NodeTokens },
  header: string | null,
  now: number,
): Promise<Result<string, NodeFault> | null> {
  const bearer = readBearer(header);
  if (!bearer.ok || bearer.value.startsWith(KEY_PREFIX)) return null;
  const proof = parseNodeProof(bearer.value);
  if (!proof) {
    // Three parts between dots are a token of ours, in whatever state; anything else is for the door of API keys to refuse.
    if (bearer.value.split('.').length !== 3) return null;
    const claims = await doors.nodeTokens.verify(bearer.value, now);
    return claims.ok ? ok(claims.value.nodeId) : err('expired');
  }
  if (!isProofFresh(proof.nonce, now)) return err('expired');
  const node = await doors.nodes.find(proof.nodeId);
  if (!node) return err('unenrolled');
  const { nonce, signature } = proof;
  const isTheirs = checkNodeHello(handshake, {
    nonce,
    signature,
    address: node.address as Hex,
    protocol: PROOF_PROTOCOL,
  });
  if (!isTheirs) return err('unenrolled');
  return node.revokedAt === null ? ok(node.id) : err('revoked');
}
