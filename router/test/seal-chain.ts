// How a test's home signs: receipts under seals that follow one another, and what a home says of its work before.
import type { Hex } from '../../schema/bytes.ts';
import type { WorkJson } from '../../schema/frames-to-hub.ts';
import { toMessageJson, USAGE_RECEIPT } from '../../schema/receipt.ts';
import type { Acceptance, MessageSigner, UsageReceipt } from '../../schema/receipt.ts';
import { SEAL, SEAL_KIND } from '../../schema/seal.ts';
import type { Seal, Sealed } from '../../schema/seal.ts';
import { ZERO_WORD } from '../../schema/typed-data.ts';

/** A receipt under a seal. */
export interface Signed {
  readonly receipt: UsageReceipt;
  readonly signature: Hex;
  readonly sealed: Sealed;
}

/** What became of one receipt; the signature is the seal's. */
export interface Accepted {
  readonly ticketHash: Hex;
  readonly acceptance: Acceptance | null;
  readonly proof: readonly Hex[];
  readonly seal: Seal | null;
  readonly signature: Hex | null;
  readonly reason: string | null;
}

export class SealChain {
  readonly #key: Uint8Array;
  readonly #address: Hex;
  #number = 0n;
  #previous: Hex = ZERO_WORD;

  constructor(key: Uint8Array, address: Hex) {
    this.#key = key;
    this.#address = address;
  }

  /** Receipts under the next seal, in their order; `change` for a node that lies. */
  sign(signer: MessageSigner, receipts: readonly UsageReceipt[], change: Partial<Seal> = {}): Signed[] {
    this.#number += 1n;
    const facts = {
      kind: SEAL_KIND.receipts,
      node: this.#address,
      number: this.#number,
      previous: this.#previous,
      total: receipts.reduce((sum, { amount }) => sum + amount, 0n),
      atMs: BigInt(Date.now()),
      ...change,
    };
    const digests = receipts.map((receipt) => signer.hash(USAGE_RECEIPT, receipt));
    const { seal, signature, proofs } = signer.seal(facts, digests, this.#key);
    this.#previous = signer.hash(SEAL, seal);
    return receipts.map((receipt, i) => ({ receipt, signature, sealed: { seal, proof: [...(proofs[i] ?? [])] } }));
  }
}

/** What a receipt says of the work: the rest is its place in the chain. */
export function toWork(receipt: UsageReceipt): WorkJson {
  const {
    ticketHash: _ticketHash,
    node: _node,
    seq: _seq,
    prevReceipt: _prevReceipt,
    ...work
  } = toMessageJson(receipt);
  return work;
}
