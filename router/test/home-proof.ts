// A home that asks its router by itself, as its agent's commands do: by a fresh proof of its session key.
import { randomBytes } from 'node:crypto';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { toHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { PROTOCOL_VERSION } from '../../schema/frames.ts';
import { nodeIdOf } from '../../schema/ids.ts';
import { encodeNodeProof, makeProofNonce, PROOF_PROTOCOL } from '../../schema/node-proof.ts';
import { makeMessageSigner, NODE_ENROL, NODE_HELLO } from '../../schema/receipt.ts';
import { addressOfPrivateKey, HANDSHAKE_DOMAIN, ZERO_ADDRESS } from '../../schema/typed-data.ts';

export interface HomeKey {
  readonly address: Hex;
  readonly privateKey: Uint8Array;
}

export function makeHomeKey(): HomeKey {
  const privateKey = new Uint8Array(randomBytes(32));
  return { address: addressOfPrivateKey(privateKey), privateKey };
}

/** What stands behind `Bearer ` for one question; `bound`: as `bindProof` makes it, for what changes something. */
export function proveHome(origin: string, { address, privateKey }: HomeKey, bound?: Uint8Array): string {
  const nonce = makeProofNonce(Date.now(), bound ?? randomBytes(24));
  const hello = { nonce, node: address, protocol: PROOF_PROTOCOL, origin };
  const signature = makeMessageSigner(HANDSHAKE_DOMAIN).sign(NODE_HELLO, hello, privateKey);
  return encodeNodeProof({ nodeId: nodeIdOf(address), nonce, signature });
}

/** The body of an enrolment with a code. */
export function proveCode(origin: string, { address, privateKey }: HomeKey, code: string): object {
  const hash = toHex(keccak_256(new TextEncoder().encode(code)));
  const message = { code: hash, node: address, wallet: ZERO_ADDRESS, origin };
  const signature = makeMessageSigner(HANDSHAKE_DOMAIN).sign(NODE_ENROL, message, privateKey);
  return { code, address, signature, protocol: PROTOCOL_VERSION, origin };
}
