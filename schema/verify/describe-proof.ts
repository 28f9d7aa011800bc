// What proves a message, in numbers and in words for its owner. Pure.
import type { Sealed } from '../seal.ts';
import { nameKind, tellKind } from './tell-faults.ts';
import type { VerifyWords } from './words-en.ts';

export interface ProofFacts {
  readonly signer: string;
  /** The seal that the signature is over; null where it is over the message itself. */
  readonly seal: {
    readonly kind: string;
    readonly number: string;
    /** Messages under it, and hashes from this one to its root. */
    readonly covers: number;
    readonly hashes: number;
    /** Units; what they are is told by the kind. */
    readonly total: string;
  } | null;
}

export function describeProof(signer: string, sealed: Sealed | null): ProofFacts {
  if (!sealed) return { signer, seal: null };
  const { seal, proof } = sealed;
  const kind = nameKind(seal.kind);
  const { number, count: covers, total } = seal;
  return {
    signer,
    seal: { kind, number: number.toString(), covers, hashes: proof.length, total: total.toString() },
  };
}

export function formatProof({ signer, seal }: ProofFacts, words: VerifyWords): string {
  return seal ? words.sealed({ ...seal, kind: tellKind(seal.kind, words) }, signer) : words.alone(signer);
}
