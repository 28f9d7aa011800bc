// What is measured of the curve: each a single call, on inputs that are as large as the product's.
import { growTree, foldProof } from '../../schema/merkle.ts';
import { JOB_TICKET, makeMessageSigner, USAGE_RECEIPT } from '../../schema/receipt.ts';
import { keccak256 } from '../../schema/chosen-curve.ts';
import { toHex } from '../../schema/bytes.ts';
import { sampleReceipt, sampleTicket } from '../../schema/sample-messages.ts';
import {
  addressOfPrivateKey,
  hashText,
  PLACEHOLDER_DOMAIN,
  recoverSigner,
  signDigest,
  ZERO_WORD,
} from '../../schema/typed-data.ts';

export const CURVE_JOBS = [
  'sign',
  'recover a signer',
  'keccak of 576 B',
  'keccak of 64 B',
  "a ticket's hash",
  "a receipt's hash",
  'a tree of 32, a leaf',
  'a proof of 5',
] as const;
export type CurveJob = (typeof CURVE_JOBS)[number];

/** Calls of one kind, over the curve that is in use; `each` says how many things one call does. */
export interface MeasuredJob {
  readonly run: () => unknown;
  readonly each: number;
}

export function makeCurveJobs(): Readonly<Record<CurveJob, MeasuredJob>> {
  const signer = makeMessageSigner(PLACEHOLDER_DOMAIN);
  const key = hashText('a key');
  const node = addressOfPrivateKey(key);
  const [ticket, receipt] = [sampleTicket({ node }), sampleReceipt({ node, ticketHash: ZERO_WORD })];
  const digest = hashText('a message');
  const signature = signDigest(digest, key);
  const [large, small] = [new Uint8Array(576).fill(7), new Uint8Array(64).fill(7)];
  const leaves = Array.from({ length: 32 }, (_, i) => toHex(hashText(`leaf ${i}`)));
  const proof = growTree(leaves).proofs[0] ?? [];
  const one = (run: () => unknown): MeasuredJob => ({ run, each: 1 });
  return {
    sign: one(() => signDigest(digest, key)),
    'recover a signer': one(() => recoverSigner(digest, signature)),
    'keccak of 576 B': one(() => keccak256(large)),
    'keccak of 64 B': one(() => keccak256(small)),
    // Messages are known again as the same object: each is another.
    "a ticket's hash": one(() => signer.hash(JOB_TICKET, { ...ticket })),
    "a receipt's hash": one(() => signer.hash(USAGE_RECEIPT, { ...receipt })),
    'a tree of 32, a leaf': { run: () => growTree(leaves), each: 32 },
    'a proof of 5': one(() => foldProof(leaves[0] ?? '0x', proof)),
  };
}
