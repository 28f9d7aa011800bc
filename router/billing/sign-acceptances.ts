// Receipts that were proven and judged, as the router accepts them: one acceptance each, one seal for all, the node's total in it. Pure but for the curve.
import type { SettlementJson } from '../../schema/settlement.ts';
import type { Relation } from '../../schema/credit.ts';
import type { Hex } from '../../schema/bytes.ts';
import { wordToJobId } from '../../schema/ids.ts';
import { ACCEPTANCE, toMessageJson } from '../../schema/receipt.ts';
import type { Acceptance, JobTicket, MessageSigner, UsageReceipt, UsageReceiptJson } from '../../schema/receipt.ts';
import { SEAL, SEAL_KIND, toSealedJson } from '../../schema/seal.ts';
import type { Sealed } from '../../schema/seal.ts';
import type { AcceptedHead } from './accepted-receipts.ts';
import { addSeal } from './epoch-tally.ts';
import type { Verdict } from './judge-receipt.ts';
import type { PartAbout } from './pack-abouts.ts';
import type { AcceptedReceipt } from './pack-receipts.ts';

/** A receipt that has been proven to be its node's. */
export interface Proven {
  readonly ticketHash: Hex;
  readonly receiptHash: Hex;
  readonly receipt: UsageReceipt;
  readonly receiptJson: UsageReceiptJson;
  readonly signature: Hex;
  /** The seal that the signature is of; null where it is the receipt's own. */
  readonly sealed: Sealed | null;
}

export interface ProvenPart extends Proven {
  readonly ticket: JobTicket;
  /** Name of the model that was asked for. */
  readonly model: string;
  /** How its caller and its home belong together, where they do. */
  readonly related?: Relation;
  /** The account that called it. */
  readonly payer: string;
}

/** A receipt that is accepted, and for how much. */
export interface Taken {
  readonly proven: ProvenPart;
  readonly verdict: Verdict;
  readonly isEquivocation: boolean;
}

interface SigningFacts {
  readonly head: AcceptedHead;
  readonly breaks: number;
  readonly isLate: boolean;
  readonly now: number;
  /** That they count in: never one that was closed, or before the last. */
  readonly epoch: number;
}

export interface SignedAcceptances {
  readonly proofs: AcceptedReceipt[];
  /** The totals with them. */
  readonly head: AcceptedHead;
}

/** `head`: the totals before; `breaks`: links of the chain that they do not fit. At least one and at most MAX_LEAVES of one node. */
export function signAcceptances(
  taken: readonly Taken[],
  { head, breaks, isLate, now, epoch }: SigningFacts,
  { signer, key }: { readonly signer: MessageSigner; readonly key: Uint8Array },
): SignedAcceptances {
  const acceptances = accept(taken, head, epoch);
  const facts = {
    kind: SEAL_KIND.acceptances,
    node: taken[0]?.proven.receipt.node ?? '0x',
    number: BigInt(head.sealNumber + 1),
    previous: head.sealHash,
    total: acceptances.at(-1)?.cumulativeAmount ?? 0n,
    atMs: BigInt(now),
  } as const;
  const digests = acceptances.map((acceptance) => signer.hash(ACCEPTANCE, acceptance));
  const { seal, signature, proofs } = signer.seal(facts, digests, key);
  const signed = taken.flatMap(({ proven, verdict }, i): AcceptedReceipt[] => {
    const acceptance = acceptances[i];
    if (!acceptance) return [];
    const { ticketHash, receiptHash, receiptJson, sealed, receipt } = proven;
    const proof = {
      receipt: receiptJson,
      receiptSignature: proven.signature,
      receiptSeal: sealed && toSealedJson(sealed),
      acceptance: toMessageJson(acceptance),
      acceptanceSignature: signature,
      acceptanceSeal: toSealedJson({ seal, proof: [...(proofs[i] ?? [])] }),
    };
    const { seq, prevReceipt } = receipt;
    return [{ proof, ticketHash, receiptHash, seq, prevReceipt, earn: verdict.amount, isLate, about: aboutOf(proven) }];
  });
  return {
    proofs: signed,
    head: {
      count: head.count + taken.length,
      cumulative: Number(facts.total),
      equivocations: head.equivocations + taken.filter(({ isEquivocation }) => isEquivocation).length,
      breaks: head.breaks + breaks,
      sealNumber: head.sealNumber + 1,
      sealHash: signer.hash(SEAL, seal),
      topSeal: taken.reduce((top, { proven }) => later(top, proven.sealed), head.topSeal),
      tally: addSeal(head.tally, epoch, seal.root),
      sealRoot: seal.root,
    },
  };
}

function accept(taken: readonly Taken[], head: AcceptedHead, epoch: number): Acceptance[] {
  let { count, cumulative } = head;
  return taken.map(({ proven, verdict }) => {
    count += 1;
    cumulative += verdict.amount;
    return {
      receiptHash: proven.receiptHash,
      node: proven.receipt.node,
      promptTokens: verdict.promptTokens,
      outputTokens: verdict.outputTokens,
      amount: BigInt(verdict.amount),
      status: verdict.status,
      epoch,
      count: BigInt(count),
      cumulativeAmount: BigInt(cumulative),
    };
  });
}

function later(top: bigint, sealed: Sealed | null): bigint {
  return sealed && sealed.seal.number > top ? sealed.seal.number : top;
}

function aboutOf({ ticket, model, related, payer }: ProvenPart): PartAbout {
  return { jobId: wordToJobId(ticket.jobId), part: ticket.part, model, payer, ...(related && { related }) };
}

/** What its owner is told of a part, and no signed message says. */
export function namesOf({
  model,
  related,
  accountId: payer,
}: SettlementJson): Pick<ProvenPart, 'model' | 'related' | 'payer'> {
  return { model, payer, ...(related && { related }) };
}
