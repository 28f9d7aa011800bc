// What is told of a receipt: its acceptance, or why there is none; and which parts of its settlement say so. Pure.
import type { Hex } from '../../schema/bytes.ts';
import { acceptanceSchema, USAGE_RECEIPT } from '../../schema/receipt.ts';
import type { Acceptance, MessageSigner, UsageReceipt } from '../../schema/receipt.ts';
import { sealedSchema } from '../../schema/seal.ts';
import type { Sealed } from '../../schema/seal.ts';
import type { SettlementJson } from '../../schema/settlement.ts';
import type { BookedPart, Fate } from './decide-earn.ts';
import type { Proof } from './pack-receipts.ts';

/** What a node is told of a late receipt: the signed acceptance, or why there is none and never will be. */
export interface LateAnswer {
  readonly acceptance: Acceptance | null;
  readonly signature: Hex | null;
  /** The seal that the signature is of; null where it is the acceptance's own. */
  readonly sealed: Sealed | null;
  readonly reason: string | null;
}

/** What an accepted part comes to. */
export interface Paid {
  readonly proof: Proof;
  readonly earn: number;
}

/** What became of a part whose job has ended. */
export interface KnownFate extends Fate {
  readonly part: BookedPart;
}

/** A settlement without any. */
export const NO_PROOF = {
  receipt: null,
  receiptSignature: null,
  receiptSeal: null,
  acceptance: null,
  acceptanceSignature: null,
  acceptanceSeal: null,
};

/** What completes a settlement: it stands in place of what the settlement says. */
export type Completion = Pick<SettlementJson, 'earn'> & Partial<Pick<SettlementJson, keyof Proof>>;

/** Of a settlement whose receipt is still to come, or proved nothing. */
export const BARE = { ...NO_PROOF, earn: 0 } as const;

/** What a part comes to whose own receipt was accepted: its hub has that receipt with its seal, if it stands under one. */
export function tellPaid({ proof, earn }: Paid): Completion {
  const { receiptSeal, acceptance, acceptanceSignature, acceptanceSeal } = proof;
  return { ...(!receiptSeal && { receiptSeal }), acceptance, acceptanceSignature, acceptanceSeal, earn };
}

/** Settlements with what their node's account said of each; null for one that it did not take. */
export function completeAll(
  settlements: readonly SettlementJson[],
  completions: readonly (Completion | null)[],
): (SettlementJson | null)[] {
  return settlements.map((settlement, i) => {
    const completion = completions[i];
    return completion ? { ...settlement, ...completion } : null;
  });
}

/** A settlement with what its receipt came to. */
export function pay(settlement: SettlementJson, { proof, earn }: Paid): SettlementJson {
  return { ...settlement, ...proof, earn };
}

/** A part that its hub settled after a crash, without knowing what had been relayed. A hub that saw a token knows when it came. */
export function isLost({ outcome, ttftMs }: SettlementJson): boolean {
  return (outcome === 'failed-by-network' || outcome === 'interrupted-by-network') && ttftMs === null;
}

/** Its home broke it off and nobody went on with it. */
export function failedByHome(fate: KnownFate | null): boolean {
  return fate?.part.outcome === 'failed-by-node';
}

/** The acceptance of a receipt, as its node is told. */
export function tellAccepted(proof: Proof): LateAnswer {
  const { acceptance, acceptanceSignature: signature, acceptanceSeal } = proof;
  const sealed = acceptanceSeal && sealedSchema.parse(acceptanceSeal);
  return { acceptance: acceptanceSchema.parse(acceptance), signature, sealed, reason: null };
}

/** Why a receipt is not accepted and never will be. */
export function refuse(reason: string): LateAnswer {
  return { acceptance: null, signature: null, sealed: null, reason };
}

/** A ticket is paid once: its node is told the same again, and of another receipt for it that there is no more to get. */
export function answerAgain(signer: MessageSigner, proof: Proof | null, receipt: UsageReceipt): LateAnswer {
  if (!proof) return refuse('a receipt for this ticket was accepted more than a week ago');
  const isSame = proof.acceptance.receiptHash === signer.hash(USAGE_RECEIPT, receipt);
  return isSame ? tellAccepted(proof) : refuse('another receipt for this ticket has been accepted');
}
