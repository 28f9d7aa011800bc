// The hub's side of seals, for tests: tickets as it seals them, and receipts as it builds them from what it knows of its jobs.
import type { Hex } from '../../schema/bytes.ts';
import type { Work } from '../../schema/frames-to-hub.ts';
import { encodeFrame } from '../../schema/frames.ts';
import { growTree } from '../../schema/merkle.ts';
import { makeMessageSigner, USAGE_RECEIPT } from '../../schema/receipt.ts';
import type { UsageReceipt } from '../../schema/receipt.ts';
import { chainOfHub, encodeSealFrame, SEAL_KIND } from '../../schema/seal.ts';
import type { ReceiptsFrame } from '../../schema/seal.ts';
import { addressOfPrivateKey, PLACEHOLDER_DOMAIN, ZERO_WORD } from '../../schema/typed-data.ts';

export const ROUTER_KEY = new Uint8Array(32).fill(9);
export const ROUTER = addressOfPrivateKey(ROUTER_KEY);
export const signer = makeMessageSigner(PLACEHOLDER_DOMAIN);

/** The `tickets` frame over these jobs, as one seal. */
export function encodeTickets(
  jobs: readonly { readonly number: number; readonly ticketHash: Hex }[],
  { number = 1n, key = ROUTER_KEY }: { number?: bigint; key?: Uint8Array } = {},
): Uint8Array {
  const facts = {
    kind: SEAL_KIND.tickets,
    node: chainOfHub('hub:weur:0'),
    number,
    previous: ZERO_WORD,
    total: 0n,
    atMs: BigInt(Date.now()),
  };
  const leaves = jobs.map(({ ticketHash }) => ticketHash);
  const { seal, signature, proofs } = signer.seal(facts, leaves, key);
  const placed = jobs.map((job, i) => ({ job: job.number, proof: proofs[i] ?? [] }));
  return encodeFrame('tickets', { payload: encodeSealFrame({ seal, signature, jobs: placed }) });
}

/** The receipts of a `receipts` frame, as a hub builds them from what it knows of its jobs. Throws where the seal is not the node's own over them. */
export function rebuildReceipts(
  { seal, signature, seq, prevReceipt, jobs }: ReceiptsFrame,
  node: Hex,
  workOf: (job: number) => { ticketHash: Hex; work: Work },
): UsageReceipt[] {
  let previous = prevReceipt;
  const receipts = jobs.map((job, i) => {
    const { ticketHash, work } = workOf(job);
    const receipt = { ticketHash, node, seq: seq + BigInt(i), prevReceipt: previous, ...work };
    previous = signer.hash(USAGE_RECEIPT, receipt);
    return receipt;
  });
  const { root } = growTree(receipts.map((receipt) => signer.hash(USAGE_RECEIPT, receipt)));
  const total = receipts.reduce((sum, { amount }) => sum + amount, 0n);
  const isRight = seal.kind === SEAL_KIND.receipts && seal.node === node && seal.root === root && seal.total === total;
  if (!isRight || !signer.isSealSignedBy(seal, signature, node)) throw new Error('a seal is not over its receipts');
  return receipts;
}
