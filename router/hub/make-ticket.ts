// The ticket of a part, the draft of its settlement, and what the job's other parts add to it. Pure: ids, times and hashes come in.
import type { Hex } from '../../schema/bytes.ts';
import { epochOf } from '../../schema/epoch.ts';
import { feeAt } from '../../schema/fee-schedule.ts';
import { jobIdToWord } from '../../schema/ids.ts';
import { FEE_BASIS_POINTS } from '../../schema/prices.ts';
import { toMessageJson } from '../../schema/receipt.ts';
import type { JobTicket } from '../../schema/receipt.ts';
import type { Relation } from '../../schema/credit.ts';
import type { Decision } from '../../schema/placement.ts';
import type { ResumeClass, SettlementJson } from '../../schema/settlement.ts';
import { ZERO_WORD } from '../../schema/typed-data.ts';
import type { JobOffer } from '../../schema/offer.ts';
import type { NodeFacts } from './node-facts.ts';

/** The ticket the router signs for a part at a node; `digest` is the model's, 64 hex digits; `epochSeconds` how long an epoch is. */
export function makeTicket(
  offer: JobOffer,
  node: { readonly address: Hex; readonly digest: string },
  { now, epochSeconds }: { readonly now: number; readonly epochSeconds: number },
): JobTicket {
  return {
    jobId: jobIdToWord(offer.jobId),
    part: offer.part,
    node: node.address,
    epoch: epochOf(now, epochSeconds),
    modelId: `0x${node.digest}`,
    requestHash: offer.requestHash,
    salt: offer.salt,
    chargePrompt: offer.chargePrompt,
    allowance: ZERO_WORD,
    maxPromptTokens: offer.promptBound,
    maxOutputTokens: offer.request.maxTokens,
    seed: BigInt.asUintN(64, BigInt(offer.request.seed)),
    priceIn: BigInt(offer.priceIn),
    priceOut: BigInt(offer.priceOut),
    auditCommit: ZERO_WORD,
    issuedAtMs: BigInt(now),
    expiresAtMs: BigInt(offer.expiresAt),
  };
}

/** A part whose home is chosen: why, and how it goes on with an answer that another began. */
export interface GrantedPart {
  readonly decision: Decision;
  readonly resumed: ResumeClass | null;
  /** How its caller and its home belong together. */
  readonly related?: Relation | null;
}

/** What is known of a part's settlement before it starts; it says that nothing is owed. Its ticket's signature is added once there is one. */
export function draftSettlement(
  offer: JobOffer,
  node: { facts: NodeFacts; hub: string; mostW?: number | null },
  { message, decision, resumed, related = null }: { message: JobTicket } & GrantedPart,
): SettlementJson {
  const feeBps = feeAt(offer.fees ?? [], message.epoch);
  return {
    jobId: offer.jobId,
    part: offer.part,
    accountId: offer.accountId,
    keyId: offer.keyId,
    nodeId: node.facts.nodeId,
    ownerAccountId: node.facts.ownerAccountId,
    hub: node.hub,
    model: offer.model,
    country: node.facts.place.country,
    kind: offer.request.kind,
    outcome: 'failed-by-network',
    isFinal: true,
    promptTokens: 0,
    outputTokens: 0,
    charge: 0,
    earn: 0,
    difference: null,
    attempts: offer.attempt,
    ttftMs: null,
    durationMs: 0,
    endedAt: offer.expiresAt,
    decision,
    ...(feeBps !== FEE_BASIS_POINTS && { feeBps }),
    ...(resumed && { resumed }),
    ...(related && { related }),
    ...(node.mostW && { mostW: node.mostW }),
    ticket: toMessageJson(message),
    ticketSignature: '0x',
    receipt: null,
    receiptSignature: null,
    acceptance: null,
    acceptanceSignature: null,
  };
}

/** A decided part as its accounts take it: one that broke off is not the job's last; the last one tells what came before it. */
export function closeSettlement(settlement: SettlementJson, { interrupted }: JobOffer): SettlementJson {
  const isBroken = settlement.outcome === 'interrupted-by-node' || settlement.outcome === 'interrupted-by-network';
  if (isBroken) return { ...settlement, isFinal: false };
  return { ...settlement, ...(interrupted > 0 && { interrupted }) };
}
