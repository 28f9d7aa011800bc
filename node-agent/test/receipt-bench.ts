// Receipts for tests of the book: drafts of a job each, and answers as a router seals them.
import type { Hex } from '../../schema/bytes.ts';
import { ACCEPTANCE, JOB_TICKET, toMessageJson, USAGE_RECEIPT } from '../../schema/receipt.ts';
import type { Acceptance } from '../../schema/receipt.ts';
import { SEAL_KIND } from '../../schema/seal.ts';
import type { ReceiptsFrame, Seal } from '../../schema/seal.ts';
import { addressOfPrivateKey, PLACEHOLDER_DOMAIN, ZERO_WORD } from '../../schema/typed-data.ts';
import { ROUTER, ROUTER_KEY, signer } from './hub-seals.ts';
import { sampleTicket } from '../../schema/sample-messages.ts';
import { buildWork } from '../receipts/build-receipt.ts';
import type { AcceptedFrame } from '../receipts/receipt-book.ts';
import type { IssuedReceipt } from '../receipts/receipt-sealer.ts';
import type { ReceiptDraft, ReceiptSocket } from '../receipts/seal-receipts.ts';

export const NODE_KEY = new Uint8Array(32).fill(5);
export const NODE = addressOfPrivateKey(NODE_KEY);

export interface FakeSocket extends ReceiptSocket {
  readonly frames: ReceiptsFrame[];
  isGone: boolean;
}

export function openSocket(): FakeSocket {
  const socket: FakeSocket = {
    frames: [],
    isGone: false,
    sendReceipts: (frame) => {
      if (!socket.isGone) socket.frames.push(frame);
      return !socket.isGone;
    },
  };
  return socket;
}

/** Two tokens' work under a ticket of its own: 2 units, or as many as the price says. */
export function draft(job: number, socket: ReceiptSocket | null = openSocket(), priceOut = 1_000_000n): ReceiptDraft {
  const jobId: Hex = `0x${job.toString(16).padStart(64, '0')}`;
  const ticket = sampleTicket({ jobId, node: NODE, maxOutputTokens: 50, priceIn: 0n, priceOut, expiresAtMs: 1n });
  return {
    router: ROUTER,
    domain: PLACEHOLDER_DOMAIN,
    signer,
    ticket,
    ticketHash: signer.hash(JOB_TICKET, ticket),
    ticketProof: { signature: signer.sign(JOB_TICKET, ticket, ROUTER_KEY), sealed: null },
    work: buildWork(ticket, {
      promptTokens: 1,
      outputTokens: 2,
      finish: 'stop',
      ttftMs: 1,
      durationMs: 2,
      responseHash: ZERO_WORD,
    }),
    via: socket && { socket, job },
  };
}

/** The router's acceptance of a receipt in full, as its `count`th. */
export function acceptanceOf(
  { receipt, receiptHash }: IssuedReceipt,
  count: bigint,
  change: Partial<Acceptance> = {},
): Acceptance {
  const { promptTokens, outputTokens, amount } = receipt;
  const totals = { status: 0, epoch: 1, count, cumulativeAmount: 2n * count };
  return { receiptHash, node: NODE, promptTokens, outputTokens, amount, ...totals, ...change };
}

/** An `accepted` frame: these answers under one seal. */
export function accepted(
  answers: readonly { readonly to: IssuedReceipt; readonly acceptance: Acceptance }[],
  { key = ROUTER_KEY, ...change }: Partial<Omit<Seal, 'root' | 'count'>> & { key?: Uint8Array } = {},
): AcceptedFrame {
  const acceptances = answers.map(({ acceptance }) => acceptance);
  const last = acceptances.at(-1);
  const facts = {
    kind: SEAL_KIND.acceptances,
    node: NODE,
    number: last?.count ?? 1n,
    previous: ZERO_WORD,
    total: last?.cumulativeAmount ?? 0n,
    atMs: 1n,
    ...change,
  };
  const leaves = acceptances.map((one) => signer.hash(ACCEPTANCE, one));
  const { seal, signature, proofs } = signer.seal(facts, leaves, key);
  return {
    seal,
    signature,
    answers: answers.map(({ to, acceptance }, i) => ({
      ticketHash: to.receipt.ticketHash,
      acceptance,
      proof: [...(proofs[i] ?? [])],
      reason: null,
    })),
  };
}

/** One receipt accepted by itself. */
export function acceptOne(to: IssuedReceipt, count: bigint, key = ROUTER_KEY): AcceptedFrame {
  return accepted([{ to, acceptance: acceptanceOf(to, count) }], { key });
}

export function refuse(to: IssuedReceipt, reason: string): AcceptedFrame {
  const { ticketHash } = to.receipt;
  return { seal: null, signature: null, answers: [{ ticketHash, acceptance: null, proof: [], reason }] };
}

/** A single signature as agents before version 3 stored it. */
export function oldEntry(job: number, seq: bigint, previous: Hex): { file: string; json: object; receiptHash: Hex } {
  const { ticket, ticketHash, ticketProof, work, router, domain } = draft(job, null);
  const receipt = { ticketHash, node: NODE, seq, prevReceipt: previous, ...work };
  const receiptHash = signer.hash(USAGE_RECEIPT, receipt);
  const messages = { ticket: toMessageJson(ticket), receipt: toMessageJson(receipt) };
  const signature = signer.sign(USAGE_RECEIPT, receipt, NODE_KEY);
  const json = { router, domain, receiptHash, ...messages, ticketSignature: ticketProof.signature, signature };
  return { file: `${seq}-${ticketHash}.json`, json, receiptHash };
}
