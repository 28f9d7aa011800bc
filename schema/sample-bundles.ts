// Receipts with everything that proves them, as tests of both ends bring them before a verifier: a chain of one home, each under seals of its own.
import { fromHex } from './bytes.ts';
import type { Hex } from './bytes.ts';
import type { ReceiptBundle, ReceiptBundleJson } from './check-bundle.ts';
import { toHandoverJson } from './handover.ts';
import { jobIdToWord } from './ids.ts';
import { ACCEPTANCE, JOB_TICKET, makeMessageSigner, toMessageJson, USAGE_RECEIPT } from './receipt.ts';
import type { Acceptance, JobTicket, UsageReceipt } from './receipt.ts';
import { chainOfHub, SEAL, SEAL_KIND, toSealedJson } from './seal.ts';
import type { Seal } from './seal.ts';
import { sampleReceipt, sampleTicket } from './sample-messages.ts';
import { addressOfPrivateKey, PLACEHOLDER_DOMAIN, ZERO_WORD } from './typed-data.ts';

/** Keys that anyone can make. */
export const SAMPLE_KEYS = {
  node: fromHex(`0x${'05'.repeat(32)}`),
  router: fromHex(`0x${'09'.repeat(32)}`),
  nextRouter: fromHex(`0x${'0a'.repeat(32)}`),
};
export const SAMPLE_NODE = addressOfPrivateKey(SAMPLE_KEYS.node);
export const SAMPLE_ROUTER = addressOfPrivateKey(SAMPLE_KEYS.router);

/** What is special about the receipts of a chain; functions get the place of each, from 0. */
export interface SampleChange {
  readonly ticket?: (at: number) => Partial<JobTicket>;
  readonly receipt?: (at: number) => Partial<UsageReceipt>;
  readonly acceptance?: (at: number) => Partial<Acceptance>;
  /** Of all three seals. */
  readonly seal?: (at: number) => Partial<Seal>;
  /** Who seals the acceptances; the router where left out. */
  readonly acceptanceKey?: Uint8Array;
}

/** So many receipts of one home, which follow one another; each is of 6 tokens, claims 10 units and gets 9. */
export function sampleChain(count: number, change: SampleChange = {}): ReceiptBundle[] {
  const signer = makeMessageSigner(PLACEHOLDER_DOMAIN);
  const heads: Record<number, Hex> = {};
  let prevReceipt: Hex = ZERO_WORD;
  const seal = (kind: number, at: number, digest: Hex, key: Uint8Array) => {
    const node = kind === SEAL_KIND.tickets ? chainOfHub('h') : SAMPLE_NODE;
    const total = kind === SEAL_KIND.acceptances ? 9n * BigInt(at + 1) : 10n;
    const place = { kind, node, number: BigInt(at + 1), previous: heads[kind] ?? ZERO_WORD };
    const made = signer.seal({ ...place, total, atMs: 1n, ...change.seal?.(at) }, [digest], key);
    heads[kind] = signer.hash(SEAL, made.seal);
    return { signature: made.signature, sealed: { seal: made.seal, proof: [] } };
  };
  return Array.from({ length: count }, (_, at): ReceiptBundle => {
    const jobId = jobIdToWord(`job_${(at + 0xab).toString(16).padStart(32, '0')}`);
    const ticket = sampleTicket({ node: SAMPLE_NODE, jobId, ...change.ticket?.(at) });
    const ticketHash = signer.hash(JOB_TICKET, ticket);
    const counts = { promptTokens: 4, outputTokens: 6, amount: 10n };
    const place = { ticketHash, node: SAMPLE_NODE, seq: BigInt(at + 1), prevReceipt };
    const receipt = sampleReceipt({ ...place, ...counts, ...change.receipt?.(at) });
    const receiptHash = signer.hash(USAGE_RECEIPT, receipt);
    prevReceipt = receiptHash;
    const acceptance: Acceptance = {
      receiptHash,
      node: SAMPLE_NODE,
      promptTokens: 4,
      outputTokens: 6,
      amount: 9n,
      status: 0,
      epoch: 1,
      count: BigInt(at + 1),
      cumulativeAmount: 9n * BigInt(at + 1),
      ...change.acceptance?.(at),
    };
    const byTicket = seal(SEAL_KIND.tickets, at, ticketHash, SAMPLE_KEYS.router);
    const byReceipt = seal(SEAL_KIND.receipts, at, receiptHash, SAMPLE_KEYS.node);
    const key = change.acceptanceKey ?? SAMPLE_KEYS.router;
    const byAcceptance = seal(SEAL_KIND.acceptances, at, signer.hash(ACCEPTANCE, acceptance), key);
    return {
      domain: PLACEHOLDER_DOMAIN,
      router: SAMPLE_ROUTER,
      ticket,
      ticketSignature: byTicket.signature,
      ticketSeal: byTicket.sealed,
      receipt,
      receiptSignature: byReceipt.signature,
      receiptSeal: byReceipt.sealed,
      acceptance,
      acceptanceSignature: byAcceptance.signature,
      acceptanceSeal: byAcceptance.sealed,
    };
  });
}

/** As the router tells it. */
export function toBundleJson(bundle: ReceiptBundle): ReceiptBundleJson {
  const { ticket, receipt, acceptance, ticketSeal, receiptSeal, acceptanceSeal, handovers } = bundle;
  return {
    ...bundle,
    ticket: toMessageJson(ticket),
    receipt: receipt && toMessageJson(receipt),
    acceptance: acceptance && toMessageJson(acceptance),
    ticketSeal: ticketSeal && toSealedJson(ticketSeal),
    receiptSeal: receiptSeal && toSealedJson(receiptSeal),
    acceptanceSeal: acceptanceSeal && toSealedJson(acceptanceSeal),
    handovers: handovers?.map(toHandoverJson),
  };
}
