// Two signed messages that one signer cannot both have signed honestly: a document of its own, which anyone can check offline and without the receipts
// that it came from. Pure but for the curve.
import * as z from 'zod';
import type { Hex } from './bytes.ts';
import { ACCEPTANCE, acceptanceSchema, makeMessageSigner, USAGE_RECEIPT, usageReceiptSchema } from './receipt.ts';
import type { Acceptance, MessageSigner, UsageReceipt } from './receipt.ts';
import { err, ok } from './result.ts';
import type { Result } from './result.ts';
import { contradicts, SEAL_KIND, sealedSchema, sealSchema } from './seal.ts';
import type { Seal } from './seal.ts';
import { word } from './typed-data.ts';

const signature = word.signature;
/** Where the signature is a seal's. */
const sealed = sealedSchema.nullable();
const sealSide = z.strictObject({ seal: sealSchema, signature });
const receiptSide = z.strictObject({ receipt: usageReceiptSchema, signature, sealed });
const acceptanceSide = z.strictObject({ acceptance: acceptanceSchema, signature, sealed });
export type SealSide = z.output<typeof sealSide>;
export type ReceiptSide = z.output<typeof receiptSide>;
export type AcceptanceSide = z.output<typeof acceptanceSide>;

const about = {
  object: z.literal('equivocation'),
  domain: z.object({ chainId: z.number().int(), verifyingContract: word.address }),
  /** Who has signed both. */
  signer: word.address,
};

export const evidenceSchema = z.discriminatedUnion('of', [
  z.object({ ...about, of: z.literal('seals'), one: sealSide, other: sealSide }),
  z.object({ ...about, of: z.literal('receipts'), one: receiptSide, other: receiptSide }),
  z.object({ ...about, of: z.literal('acceptances'), one: acceptanceSide, other: acceptanceSide }),
]);
export type Evidence = z.output<typeof evidenceSchema>;
export type EvidenceJson = z.input<typeof evidenceSchema>;

/** What two messages contradict each other in. */
export type Contradiction =
  'seal-number' | 'seal-total' | 'receipt-number' | 'receipt-ticket' | 'acceptance-count' | 'acceptance-total';

export type EvidenceFault = 'one-signature' | 'other-signature' | 'no-contradiction';

/** What it proves against its signer. Errors: a message that the signer has not signed, or two that go together. */
export function judgeEvidence(evidence: Evidence): Result<Contradiction, EvidenceFault> {
  const signer = makeMessageSigner(evidence.domain);
  if (!isSigned(signer, evidence, 'one')) return err('one-signature');
  if (!isSigned(signer, evidence, 'other')) return err('other-signature');
  const contradiction = compare(signer, evidence);
  return contradiction ? ok(contradiction) : err('no-contradiction');
}

/** One number of one chain and not the same seal, or a total of acceptances that falls. */
export function compareSeals(one: Seal, other: Seal): Contradiction | null {
  if (contradicts(one, other)) return 'seal-number';
  if (one.kind !== SEAL_KIND.acceptances || other.kind !== one.kind || one.node !== other.node) return null;
  return (other.number - one.number) * (other.total - one.total) < 0n ? 'seal-total' : null;
}

/** Two receipts of one home under one number, or for one ticket. */
export function compareReceipts(signer: MessageSigner, one: UsageReceipt, other: UsageReceipt): Contradiction | null {
  if (one.node !== other.node || signer.hash(USAGE_RECEIPT, one) === signer.hash(USAGE_RECEIPT, other)) return null;
  if (one.seq === other.seq) return 'receipt-number';
  return one.ticketHash === other.ticketHash ? 'receipt-ticket' : null;
}

/** Two acceptances under one count of one home, or a total that falls while the count rises. */
export function compareAcceptances(one: Acceptance, other: Acceptance): Contradiction | null {
  if (one.node !== other.node) return null;
  if (one.count === other.count)
    return ACCEPTANCE.fields.some(([name]) => one[name as keyof Acceptance] !== other[name as keyof Acceptance])
      ? 'acceptance-count'
      : null;
  const [first, second] = one.count < other.count ? [one, other] : [other, one];
  return second.cumulativeAmount < first.cumulativeAmount + second.amount ? 'acceptance-total' : null;
}

/** As JSON: bigints become decimal texts. `evidenceSchema` reads it back. */
export function toEvidenceJson(evidence: Evidence): EvidenceJson {
  return JSON.parse(JSON.stringify(evidence, toText)) as EvidenceJson;
}

function toText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

function isSigned(signer: MessageSigner, evidence: Evidence, side: 'one' | 'other'): boolean {
  const address = evidence.signer;
  if (evidence.of === 'seals') {
    const { seal, signature } = evidence[side];
    return signer.isSealSignedBy(seal, signature, address) && isOwnChain(seal, address);
  }
  if (evidence.of === 'acceptances') {
    const { acceptance, ...proof } = evidence[side];
    return signer.isProvenBy(ACCEPTANCE, acceptance, { ...proof, address });
  }
  const { receipt, ...proof } = evidence[side];
  return receipt.node === address && signer.isProvenBy(USAGE_RECEIPT, receipt, { ...proof, address });
}

/** Receipts stand in their signer's own chain: under another's name anyone may seal anything. */
function isOwnChain({ kind, node }: Seal, signer: Hex): boolean {
  return kind !== SEAL_KIND.receipts || node === signer;
}

function compare(signer: MessageSigner, evidence: Evidence): Contradiction | null {
  if (evidence.of === 'seals') return compareSeals(evidence.one.seal, evidence.other.seal);
  if (evidence.of === 'acceptances') return compareAcceptances(evidence.one.acceptance, evidence.other.acceptance);
  return compareReceipts(signer, evidence.one.receipt, evidence.other.receipt);
}
