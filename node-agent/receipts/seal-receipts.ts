// Gives receipts their place in the node's chain and one seal for all that go the same way. Pure.
import type { Hex } from '../../schema/bytes.ts';
import type { Work } from '../../schema/frames-to-hub.ts';
import { USAGE_RECEIPT } from '../../schema/receipt.ts';
import type { JobTicket, MessageProof, MessageSigner } from '../../schema/receipt.ts';
import { SEAL, SEAL_KIND } from '../../schema/seal.ts';
import type { ReceiptsFrame } from '../../schema/seal.ts';
import type { Domain } from '../../schema/typed-data.ts';
import { buildReceipt } from './build-receipt.ts';
import type { LogHead, LogReceipt } from './log-records.ts';

/** The socket that a job came by: its receipt is told there. */
export interface ReceiptSocket {
  /** False when the socket is gone. */
  readonly sendReceipts: (frame: ReceiptsFrame) => boolean;
}

/** What a receipt is made from: the work, its ticket, and the router that gave it. */
export interface ReceiptDraft {
  readonly router: Hex;
  readonly domain: Domain;
  readonly signer: MessageSigner;
  readonly ticket: JobTicket;
  readonly ticketHash: Hex;
  readonly ticketProof: MessageProof;
  readonly work: Work;
  /** Where it is told at once, and under which number; null where it waits for the next connection. */
  readonly via: { readonly socket: ReceiptSocket; readonly job: number } | null;
}

/** Receipts under one seal at most. */
export const SEAL_MOST = 64;

/** Drafts that may share a seal, in their order: those that are told on one socket, or that wait for one router. */
export function groupDrafts<T>(waiting: readonly T[], draftOf: (one: T) => ReceiptDraft): T[][] {
  const open: { first: ReceiptDraft; group: T[] }[] = [];
  const groups: T[][] = [];
  for (const one of waiting) {
    const draft = draftOf(one);
    const found = open.find(({ first, group }) => group.length < SEAL_MOST && goTogether(first, draft));
    if (found) {
      found.group.push(one);
      continue;
    }
    const fresh = { first: draft, group: [one] };
    open.push(fresh);
    groups.push(fresh.group);
  }
  return groups;
}

function goTogether(one: ReceiptDraft, other: ReceiptDraft): boolean {
  // A signer is its domain's only one.
  return one.via?.socket === other.via?.socket && one.router === other.router && one.signer === other.signer;
}

export interface SealedReceipts {
  /** In the drafts' order. */
  readonly receipts: readonly LogReceipt[];
  readonly head: LogHead;
  /** Null where no socket takes them. */
  readonly frame: ReceiptsFrame | null;
}

interface SealFacts {
  readonly node: Hex;
  readonly privateKey: Uint8Array;
  readonly atMs: number;
}

/** Signs one seal over the receipts of these drafts, which are one group, behind the chain's head. */
export function sealReceipts(drafts: readonly ReceiptDraft[], head: LogHead, facts: SealFacts): SealedReceipts {
  const [first] = drafts;
  if (!first) throw new RangeError('a seal covers a receipt at least');
  const { signer, via } = first;
  let { seq, receiptHash } = head;
  const made = drafts.map(({ router, domain, ticket, ticketHash, ticketProof, work }) => {
    seq += 1n;
    const receipt = buildReceipt({ ticketHash, node: facts.node }, work, { seq, prevReceipt: receiptHash });
    receiptHash = signer.hash(USAGE_RECEIPT, receipt);
    const ticketOf = { ticket, ticketSignature: ticketProof.signature, ticketSeal: ticketProof.sealed };
    return { router, domain, ...ticketOf, receipt, receiptHash };
  });
  const about = {
    kind: SEAL_KIND.receipts,
    node: facts.node,
    number: head.seal + 1n,
    previous: head.sealHash,
    total: made.reduce((sum, { receipt }) => sum + receipt.amount, 0n),
    atMs: BigInt(Math.floor(facts.atMs)),
  };
  const leaves = made.map((one) => one.receiptHash);
  const { seal, signature, proofs } = signer.seal(about, leaves, facts.privateKey);
  const sealHash = signer.hash(SEAL, seal);
  const receipts = made.map((one, i) => ({
    ...one,
    sealHash,
    signature,
    receiptSeal: { seal, proof: [...(proofs[i] ?? [])] },
  }));
  const jobs = drafts.map((draft) => draft.via?.job ?? 0);
  const frame = via && { seal, signature, seq: head.seq + 1n, prevReceipt: head.receiptHash, jobs };
  return { receipts, head: { seq, receiptHash, seal: about.number, sealHash }, frame };
}
