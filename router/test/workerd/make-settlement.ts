// Settlements with really signed tickets and receipts, for tests.
import { keccak_256 } from '@noble/hashes/sha3.js';
import { fromHex, toHex } from '../../../schema/bytes.ts';
import type { Hex } from '../../../schema/bytes.ts';
import type { LateReceipt } from '../../../schema/frames-to-hub.ts';
import { chainOfHub, SEAL_KIND, toSealedJson } from '../../../schema/seal.ts';
import type { ReceiptsFrame, Seal } from '../../../schema/seal.ts';
import { jobIdToWord, makeId, nodeIdOf } from '../../../schema/ids.ts';
import { computeCharge, splitCharge } from '../../../schema/prices.ts';
import { checkBundle, receiptBundleSchema } from '../../../schema/check-bundle.ts';
import { JOB_TICKET, makeMessageSigner, toMessageJson, USAGE_RECEIPT } from '../../../schema/receipt.ts';
import type { JobTicket, MadeSeal, UsageReceipt } from '../../../schema/receipt.ts';
import type { SettlementJson } from '../../../schema/settlement.ts';
import { addressOfPrivateKey, PLACEHOLDER_DOMAIN, ZERO_WORD } from '../../../schema/typed-data.ts';
import { sampleReceipt, sampleTicket } from '../../../schema/sample-messages.ts';

export const signer = makeMessageSigner(PLACEHOLDER_DOMAIN);
export const ROUTER_KEY = fromHex(`0x${'11'.repeat(32)}`);
export const PRICE = { priceIn: 1_000_000, priceOut: 2_000_000 };

export interface TestNode {
  readonly key: Uint8Array;
  readonly address: Hex;
  readonly id: string;
}

export function makeNode(name: string): TestNode {
  const key = keccak_256(new TextEncoder().encode(name));
  const address = addressOfPrivateKey(key);
  return { key, address, id: nodeIdOf(address) };
}

export function newId(prefix: 'acct' | 'job' | 'key'): string {
  return makeId(prefix, crypto.getRandomValues(new Uint8Array(16)));
}

export function makeTicket(node: TestNode, overrides: Partial<JobTicket> & { readonly job?: string } = {}): JobTicket {
  const { job = newId('job'), ...rest } = overrides;
  return sampleTicket({
    jobId: jobIdToWord(job),
    node: node.address,
    maxPromptTokens: 1000,
    maxOutputTokens: 1000,
    seed: 7n,
    priceIn: BigInt(PRICE.priceIn),
    priceOut: BigInt(PRICE.priceOut),
    issuedAtMs: BigInt(Date.now()),
    expiresAtMs: BigInt(Date.now() + 600_000),
    ...rest,
  });
}

/** A receipt as an honest node signs it: amount is the charge for its counts. */
export function makeReceipt(ticket: JobTicket, overrides: Partial<UsageReceipt> = {}): UsageReceipt {
  const counts = { promptTokens: 10, outputTokens: 20, ...overrides };
  return sampleReceipt({
    ticketHash: signer.hash(JOB_TICKET, ticket),
    node: ticket.node,
    responseHash: toHex(keccak_256(Uint8Array.of(1))),
    ttftMs: 100,
    durationMs: 1000,
    amount: BigInt(computeCharge({ priceIn: Number(ticket.priceIn), priceOut: Number(ticket.priceOut) }, counts)),
    ...counts,
  });
}

export function signReceipt(node: TestNode, receipt: UsageReceipt): Hex {
  return signer.sign(USAGE_RECEIPT, receipt, node.key);
}

let seals = 0n;

/** A seal of a node's, and what it covers. */
export interface Sealing {
  readonly seal: Seal;
  readonly signature: Hex;
  readonly settlements: SettlementJson[];
}

/** Parts whose receipts stand under the next seal of their node's. */
export function sealParts(
  node: TestNode,
  parts: readonly { readonly receipt: UsageReceipt; readonly withReceipt: SettlementJson }[],
  change: Partial<Seal> = {},
): Sealing {
  const receipts = parts.map(({ receipt }) => receipt);
  const { seal, signature, proofs } = signSeal(node, receipts, change);
  const settlements = parts.map(({ withReceipt }, i) => ({
    ...withReceipt,
    receiptSignature: signature,
    receiptSeal: toSealedJson({ seal, proof: [...(proofs[i] ?? [])] }),
  }));
  return { seal, signature, settlements };
}

function signSeal(node: TestNode, receipts: readonly UsageReceipt[], change: Partial<Seal> = {}): MadeSeal {
  seals += 1n;
  const total = receipts.reduce((sum, { amount }) => sum + amount, 0n);
  const facts = { kind: SEAL_KIND.receipts, node: node.address, number: seals, previous: ZERO_WORD, total, atMs: 1n };
  const digests = receipts.map((receipt) => signer.hash(USAGE_RECEIPT, receipt));
  return signer.seal({ ...facts, ...change }, digests, node.key);
}

/** Receipts that follow one another, under the next seal of a node's. */
export function sealReceipts(node: TestNode, receipts: readonly UsageReceipt[]): Omit<ReceiptsFrame, 'jobs'> {
  const [first] = receipts;
  if (!first) throw new Error('no receipt');
  const { seal, signature } = signSeal(node, receipts);
  return { seal, signature, seq: first.seq, prevReceipt: first.prevReceipt };
}

export function makeLate(node: TestNode, ticket: JobTicket, receipt: UsageReceipt): LateReceipt {
  const ticketSignature = signer.sign(JOB_TICKET, ticket, ROUTER_KEY);
  return { ticket, ticketSignature, receipt, signature: signReceipt(node, receipt) };
}

/** The same under a seal of its hub's tickets. */
export function sealTicket(late: LateReceipt, hub: string): LateReceipt {
  const facts = { kind: SEAL_KIND.tickets, node: chainOfHub(hub), number: 1n, previous: ZERO_WORD, total: 0n };
  const made = signer.seal({ ...facts, atMs: 1n }, [signer.hash(JOB_TICKET, late.ticket)], ROUTER_KEY);
  return { ...late, ticketSignature: made.signature, ticketSeal: { seal: made.seal, proof: [] } };
}

export interface SettlementFacts extends Partial<Omit<SettlementJson, 'ticket' | 'receipt'>> {
  readonly ticket: JobTicket;
  readonly receipt: UsageReceipt | null;
  readonly jobId: string;
  readonly accountId: string;
}

/** A settled part of 10 prompt and 20 output tokens: charge 50, earn 45; `receipt` null for a home that never signed. */
export function makeSettlement(node: TestNode, facts: SettlementFacts): SettlementJson {
  const { ticket, receipt, jobId, accountId, ...overrides } = facts;
  const counts = { promptTokens: 10, outputTokens: 20 };
  const charge = computeCharge(PRICE, counts);
  return {
    jobId,
    part: ticket.part,
    accountId,
    keyId: 'key_test',
    nodeId: node.id,
    ownerAccountId: 'acct_owner',
    hub: 'hub:weur:0',
    model: 'nano-demo',
    country: 'DE',
    outcome: 'complete',
    isFinal: true,
    ...counts,
    charge,
    earn: splitCharge(charge).earn,
    difference: null,
    attempts: 1,
    ttftMs: 100,
    durationMs: 1000,
    endedAt: Date.now(),
    ticket: toMessageJson(ticket),
    ticketSignature: signer.sign(JOB_TICKET, ticket, ROUTER_KEY),
    receipt: receipt ? toMessageJson(receipt) : null,
    receiptSignature: receipt ? signReceipt(node, receipt) : null,
    acceptance: null,
    acceptanceSignature: null,
    ...overrides,
  };
}

/** A part with a receipt, and its settlement. */
export function makePart(
  node: TestNode,
  fields: {
    receipt?: Partial<UsageReceipt>;
    settlement?: Partial<Omit<SettlementFacts, 'ticket' | 'receipt'>>;
    ticket?: object;
  } = {},
) {
  const jobId = newId('job');
  const ticket = makeTicket(node, { job: jobId, ...fields.ticket });
  const receipt = makeReceipt(ticket, fields.receipt);
  const accountId = newId('acct');
  const withReceipt = makeSettlement(node, {
    ticket,
    receipt,
    jobId,
    accountId,
    ownerAccountId: newId('acct'),
    ...fields.settlement,
  });
  const bare = { ...withReceipt, receipt: null, receiptSignature: null };
  return { jobId, ticket, receipt, accountId, withReceipt, bare, late: makeLate(node, ticket, receipt) };
}

/** Checks offline what a caller would get; gives the receipt's hash. */
export function checkSettled(settled: SettlementJson) {
  return checkBundle(
    receiptBundleSchema.parse({
      domain: PLACEHOLDER_DOMAIN,
      router: addressOfPrivateKey(ROUTER_KEY),
      ticket: settled.ticket,
      ticketSignature: settled.ticketSignature,
      receipt: settled.receipt,
      receiptSignature: settled.receiptSignature,
      acceptance: settled.acceptance,
      acceptanceSignature: settled.acceptanceSignature,
      ticketSeal: settled.ticketSeal,
      receiptSeal: settled.receiptSeal,
      acceptanceSeal: settled.acceptanceSeal,
    }),
  );
}
