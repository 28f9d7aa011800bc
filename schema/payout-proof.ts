// From one receipt to what was paid for it, in one document: the receipt with its signatures, the hashes that lead from its acceptance to its home's leaf,
// the leaf, and the hashes that lead from there to the root that the chain has. Whoever has it needs the chain and nobody else. Pure.
import * as z from 'zod';
import { receiptBundleSchema } from './check-bundle.ts';
import type { ReceiptBundle, ReceiptBundleJson } from './check-bundle.ts';
import { epochLeafSchema, toLeafJson } from './epoch-leaf.ts';
import { toHandoverJson } from './handover.ts';
import { parseJson } from './json.ts';
import { toMessageJson } from './receipt.ts';
import { err, ok } from './result.ts';
import type { Result } from './result.ts';
import { toSealedJson } from './seal.ts';
import { word } from './typed-data.ts';

/** Within a seal, over the seals of an epoch and over epochs: more than 200 years of days come to. */
const MOST_TO_LEAF = 64;
/** A tree of a billion leaves. */
const MOST_TO_ROOT = 30;

export const payoutProofSchema = z.strictObject({
  object: z.literal('payout_proof'),
  receipt: receiptBundleSchema,
  /** From the acceptance's digest to the leaf's `acceptancesRoot`. */
  toLeaf: z.array(word.bytes32).max(MOST_TO_LEAF),
  leaf: epochLeafSchema,
  /** From the leaf to `root`. */
  toRoot: z.array(word.bytes32).max(MOST_TO_ROOT),
  epoch: word.uint32,
  root: word.bytes32,
});
export type PayoutProof = z.output<typeof payoutProofSchema>;
export type PayoutProofJson = z.input<typeof payoutProofSchema>;

export function toPayoutProofJson({ receipt, toLeaf, leaf, toRoot, epoch, root }: PayoutProof): PayoutProofJson {
  return {
    object: 'payout_proof',
    receipt: toReceiptJson(receipt),
    toLeaf: [...toLeaf],
    leaf: toLeafJson(leaf),
    toRoot: [...toRoot],
    epoch,
    root,
  };
}

/** Errors: a sentence with the first field that is not as it should be. What this version does not know is refused, since nothing would check it. */
export function parsePayoutProof(text: string): Result<PayoutProof, string> {
  const json = parseJson(text);
  const parsed = payoutProofSchema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const field = issue?.path.map(String).join('.') ?? '';
    return err(`${field === '' ? 'the whole' : field}: ${issue?.message ?? 'not valid'}`);
  }
  const other = findOther(json, JSON.parse(JSON.stringify(toPayoutProofJson(parsed.data))), '');
  return other === null ? ok(parsed.data) : err(`${other}: not a field of a proof, or not in its one form`);
}

/** Every field in its order, and of a message those that are signed. */
function toReceiptJson(bundle: ReceiptBundle): ReceiptBundleJson {
  const { ticket, receipt, acceptance, ticketSeal, receiptSeal, acceptanceSeal, handovers } = bundle;
  return {
    domain: bundle.domain,
    router: bundle.router,
    ticket: toMessageJson(ticket),
    ticketSignature: bundle.ticketSignature,
    receipt: receipt && toMessageJson(receipt),
    receiptSignature: bundle.receiptSignature,
    acceptance: acceptance && toMessageJson(acceptance),
    acceptanceSignature: bundle.acceptanceSignature,
    ticketSeal: ticketSeal && toSealedJson(ticketSeal),
    receiptSeal: receiptSeal && toSealedJson(receiptSeal),
    acceptanceSeal: acceptanceSeal && toSealedJson(acceptanceSeal),
    acceptedBy: bundle.acceptedBy,
    handovers: handovers?.map(toHandoverJson),
  };
}

/** The first place where one JSON value has what the other has not; null where they are the same but for the order of their fields. */
function findOther(given: unknown, known: unknown, at: string): string | null {
  if (typeof given !== 'object' || given === null || typeof known !== 'object' || known === null)
    return given === known ? null : at;
  const [one, other] = [given as Record<string, unknown>, known as Record<string, unknown>];
  for (const name of new Set([...Object.keys(one), ...Object.keys(other)])) {
    const found = findOther(one[name], other[name], at === '' ? name : `${at}.${name}`);
    if (found !== null) return found;
  }
  return null;
}
