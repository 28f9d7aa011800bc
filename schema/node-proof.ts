// How a home says who it is in one header, without a connection: its id, the time and a signature of its session key. Good for minutes.
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { fromHex, toHex } from './bytes.ts';
import type { Hex } from './bytes.ts';
import { isId } from './ids.ts';

/** Stands where NodeHelloAt has the protocol's version. No answer to a hub's challenge carries it, so a proof can never pass for one, nor the reverse. */
export const PROOF_PROTOCOL = 0;
/** A proof counts this long before and after its time, since clocks in homes differ. */
export const PROOF_LIFE_MS = 600_000;
/** Of a proof that is not of now the router tells its own time with the refusal, so that a home whose clock is off may ask again by that. */
export const TIME_HEADER = 'x-irori-now';
const RANDOM_BYTES = 24;

export interface NodeProof {
  readonly nodeId: string;
  /** ms since epoch in its first 8 bytes, then random ones. */
  readonly nonce: Hex;
  /** Over NodeHelloAt{nonce, node, protocol: PROOF_PROTOCOL, origin of the router that is asked}. */
  readonly signature: Hex;
}

/** A nonce of now; `random` gives the 24 bytes after the time. */
export function makeProofNonce(now: number, random: Uint8Array): Hex {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(now));
  bytes.set(random.subarray(0, RANDOM_BYTES), 8);
  return toHex(bytes);
}

/**
 * What a proof has in the place of random bytes where it is of one call alone, as of a home that leaves: whoever sees another proof of the same home, on a line
 * in the clear or in a log, can do nothing of that with it.
 */
export function bindProof(method: string, path: string): Uint8Array {
  return sha256(utf8ToBytes(`${method} ${path}`)).slice(0, RANDOM_BYTES);
}

/** True where a nonce is of just this call. */
export function isProofOf(nonce: Hex, method: string, path: string): boolean {
  return nonce === makeProofNonce(timeOf(nonce), bindProof(method, path));
}

/** True while a nonce's time is near enough. */
export function isProofFresh(nonce: Hex, now: number): boolean {
  return Math.abs(now - timeOf(nonce)) <= PROOF_LIFE_MS;
}

function timeOf(nonce: Hex): number {
  return Number(new DataView(fromHex(nonce).buffer).getBigUint64(0));
}

/** As it travels after `Bearer `. */
export function encodeNodeProof({ nodeId, nonce, signature }: NodeProof): string {
  return `${nodeId}.${nonce}.${signature}`;
}

/** Reads a proof; null for anything else, such as an API key. */
export function parseNodeProof(text: string): NodeProof | null {
  const match = /^(node_[0-9a-f]{32})\.(0x[0-9a-f]{64})\.(0x[0-9a-f]{130})$/.exec(text);
  const [, nodeId, nonce, signature] = match ?? [];
  if (nodeId === undefined || nonce === undefined || signature === undefined || !isId('node', nodeId)) return null;
  return { nodeId, nonce: nonce as Hex, signature: signature as Hex };
}
