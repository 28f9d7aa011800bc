// What callers, homes and their hubs do in a test of coalitions: plans of jobs, the offers, tickets, ends and receipts that come of them, and a
// signer without curves. Pure.
import { sha256 } from '@noble/hashes/sha2.js';
import { toHex } from '../../../schema/bytes.ts';
import type { Hex } from '../../../schema/bytes.ts';
import { jobIdToWord } from '../../../schema/ids.ts';
import type { JobOffer } from '../../../schema/offer.ts';
import { NO_WISH } from '../../../schema/placement.ts';
import { computeCharge } from '../../../schema/prices.ts';
import { growTree } from '../../../schema/merkle.ts';
import { JOB_TICKET, toMessageJson } from '../../../schema/receipt.ts';
import type { JobTicket, MessageSigner, UsageReceipt } from '../../../schema/receipt.ts';
import { isUnderSeal, SEAL } from '../../../schema/seal.ts';
import { sampleReceipt, sampleTicket } from '../../../schema/sample-messages.ts';
import type { Outcome, SettlementJson } from '../../../schema/settlement.ts';
import { judgeBreak } from '../../hub/judge-break.ts';

/** How a home's part ends: well, by its caller, by its owner, by its fault, by a limit, with its hub's memory, or left by an edge that goes on without it. */
export const ENDS = ['complete', 'leave', 'preempted', 'fault', 'slow', 'expired', 'reset', 'left'] as const;
/** What a home signs: the truth, the most that its ticket allows, nothing, less, or a second receipt under a used number. */
export const CLAIMS = ['true', 'most', 'none', 'less', 'twice'] as const;

export interface PartPlan {
  readonly home: number;
  readonly tokens: number;
  readonly end: (typeof ENDS)[number];
  readonly claim: (typeof CLAIMS)[number];
  /** Its receipt comes with its end; else only later. */
  readonly inTime: boolean;
  /** What a hub that lost it would believe at most. */
  readonly notedTokens: number;
  /** Its home belongs together with the caller, and the network has found that out. */
  readonly isRelated: boolean;
}

export interface JobPlan {
  readonly caller: number;
  readonly isResumeOff: boolean;
  readonly stream: boolean;
  readonly hasOwnLimit: boolean;
  readonly promptTokens: number;
  readonly maxTokens: number;
  readonly leavesBetween: boolean;
  readonly parts: readonly PartPlan[];
}

export const PRICE = { priceIn: 1_000_000, priceOut: 2_000_000 };
export const MAX_ATTEMPTS = 3;
export const ROUTER = fakeAddress('router');
const text = new TextEncoder();

export function fakeAddress(name: string): Hex {
  return toHex(sha256(new TextEncoder().encode(name)).slice(0, 20));
}

/** Signs by hashing: curve operations would be most of a run, and have tests of their own. A private key is its address here. */
export const signer: MessageSigner = {
  hash: (struct, message) => toHex(sha256(text.encode(struct.name + toText(message)))),
  sign: (struct, message, key) => signFor(signer.hash(struct, message), toHex(key)),
  recover: () => ({ ok: false, error: 'bad-signature' }),
  isSignedBy: (struct, message, { signature, address }) => signature === signFor(signer.hash(struct, message), address),
  isSealSignedBy: (seal, signature, address) => signer.isSignedBy(SEAL, seal, { signature, address }),
  seal: (facts, digests, key) => {
    const { root, proofs } = growTree(digests);
    const seal = { ...facts, count: digests.length, root };
    return { seal, signature: signer.sign(SEAL, seal, key), proofs };
  },
  isProvenBy: (struct, message, { signature, sealed, address }) =>
    sealed
      ? isUnderSeal(signer.hash(struct, message), sealed) && signer.isSealSignedBy(sealed.seal, signature, address)
      : signer.isSignedBy(struct, message, { signature, address }),
};

function toText(message: object): string {
  const sorted = Object.fromEntries(Object.entries(message).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify(sorted, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
}

function signFor(hash: Hex, address: Hex): Hex {
  return `${toHex(sha256(text.encode(`${hash}${address}`)))}${'0'.repeat(66)}`;
}

export interface Home {
  readonly id: string;
  readonly address: Hex;
  readonly owner: string;
  seq: bigint;
}

export function fromAddress(address: Hex): Uint8Array {
  return Uint8Array.from(address.slice(2).match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export function parseTicket({ ticket }: SettlementJson): JobTicket {
  const { seed, priceIn, priceOut, issuedAtMs, expiresAtMs } = ticket;
  const wide = { seed, priceIn, priceOut, issuedAtMs, expiresAtMs };
  const numbers = Object.fromEntries(Object.entries(wide).map(([name, value]) => [name, BigInt(value)]));
  return { ...ticket, ...numbers } as unknown as JobTicket;
}

interface Standing {
  readonly jobId: string;
  readonly accountId: string;
  readonly part: number;
  readonly attempts: number;
  readonly sent: number;
  readonly settled: number;
}

/** An edge's offer, as far as it bears on money; `promptBound` is also what the home counts of it. */
export function makeOffer(plan: JobPlan, { jobId, accountId, part, attempts, sent, settled }: Standing): JobOffer {
  const resume =
    sent > 0 && !plan.isResumeOff ? { text: '', tokenIds: null, count: sent, digest: '', least: 'exact' } : null;
  return {
    jobId,
    accountId,
    part,
    attempt: attempts + 1,
    request: { kind: 'chat', maxTokens: plan.maxTokens - sent },
    wish: { ...NO_WISH, maxFirstTokenMs: plan.hasOwnLimit ? 1000 : null },
    stream: plan.stream,
    isResumeOff: plan.isResumeOff,
    isResumable: !plan.isResumeOff && attempts + 1 < MAX_ATTEMPTS,
    interrupted: settled,
    chargePrompt: settled === 0,
    promptBound: plan.promptTokens + (resume?.count ?? 0),
    resume,
  } as unknown as JobOffer;
}

/** What a hub makes of a part's end, and what its edge does then. */
export function judgeEnd(
  offer: JobOffer,
  { end, tokens }: PartPlan,
): { outcome: Outcome; result: 'ended' | 'interrupted' | 'failed' | 'nothing' } {
  if (end === 'complete') return { outcome: 'complete', result: 'ended' };
  if (end === 'leave') return { outcome: 'cancelled', result: 'ended' };
  if (end === 'left') return { outcome: 'cancelled', result: 'nothing' };
  if (end === 'reset') return { outcome: 'failed-by-network', result: 'nothing' };
  const hasToken = tokens > 0;
  const broken = {
    code: end,
    isNodeFault: end === 'fault',
    hasToken,
    hasThinking: false,
    hasText: hasToken,
    hasCalls: false,
  };
  const { outcome, goesOn } = judgeBreak(offer, broken);
  if (outcome === 'cut-off') return { outcome, result: 'ended' };
  if (outcome === 'failed-before-token') return { outcome, result: 'nothing' };
  return { outcome, result: goesOn ? 'interrupted' : 'failed' };
}

export function makeTicketOf(offer: JobOffer, home: Home, now: number): JobTicket {
  return sampleTicket({
    jobId: jobIdToWord(offer.jobId),
    part: offer.part,
    node: home.address,
    chargePrompt: offer.chargePrompt,
    maxPromptTokens: offer.promptBound,
    maxOutputTokens: offer.request.maxTokens,
    priceIn: BigInt(PRICE.priceIn),
    priceOut: BigInt(PRICE.priceOut),
    issuedAtMs: BigInt(now),
    expiresAtMs: BigInt(now + 3_600_000),
  });
}

export function draftOf({ jobId, part, accountId }: JobOffer, home: Home, ticket: JobTicket): SettlementJson {
  return {
    jobId,
    part,
    accountId,
    keyId: 'key_1',
    nodeId: home.id,
    ownerAccountId: home.owner,
    hub: 'hub:weur:0',
    model: 'm',
    country: 'DE',
    outcome: 'failed-by-network',
    isFinal: true,
    promptTokens: 0,
    outputTokens: 0,
    charge: 0,
    earn: 0,
    difference: null,
    attempts: 1,
    ttftMs: null,
    durationMs: 1000,
    endedAt: 0,
    ticket: toMessageJson(ticket),
    ticketSignature: signer.sign(JOB_TICKET, ticket, fromAddress(ROUTER)),
    receipt: null,
    receiptSignature: null,
    acceptance: null,
    acceptanceSignature: null,
  };
}

export function claimOf(
  settlement: SettlementJson,
  ticket: JobTicket,
  claim: PartPlan['claim'],
  home: Home,
): UsageReceipt {
  if (claim !== 'twice') home.seq += 1n;
  const { promptTokens, outputTokens } = settlement;
  const most = { promptTokens: ticket.maxPromptTokens, outputTokens: ticket.maxOutputTokens };
  const less = { promptTokens, outputTokens: Math.floor(outputTokens / 2) };
  const counts = claim === 'most' ? most : claim === 'less' ? less : { promptTokens, outputTokens };
  const amount = BigInt(computeCharge(PRICE, counts)) * (claim === 'most' ? 1000n : 1n);
  const ticketHash = signer.hash(JOB_TICKET, ticket);
  return sampleReceipt({ ticketHash, node: home.address, seq: home.seq, ...counts, amount });
}
