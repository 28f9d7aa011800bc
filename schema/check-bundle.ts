// A receipt as `GET /v1/receipts/{jobId}` gives it, checked offline: who signed what, that each message points at the one before, and that nothing was
// raised on the way. Pure but for the curve.
import * as z from 'zod';
import type { Hex } from './bytes.ts';
import { handoverSchema, listPredecessors, MOST_HANDOVERS } from './handover.ts';
import {
  ACCEPTANCE,
  acceptanceSchema,
  JOB_TICKET,
  jobTicketSchema,
  makeMessageSigner,
  USAGE_RECEIPT,
  usageReceiptSchema,
} from './receipt.ts';
import type { JobTicket, MessageSigner, UsageReceipt } from './receipt.ts';
import { err, ok } from './result.ts';
import type { Result } from './result.ts';
import { sealedSchema } from './seal.ts';
import { word } from './typed-data.ts';

const domainSchema = z.object({ chainId: z.number().int(), verifyingContract: word.address });

/** Everything about one part of a job that its caller or its home can check offline; `GET /v1/receipts/{jobId}` answers a list of these. */
export const receiptBundleSchema = z.object({
  domain: domainSchema,
  /** Whose signature the ticket has. */
  router: word.address,
  ticket: jobTicketSchema,
  ticketSignature: word.signature,
  receipt: usageReceiptSchema.nullable(),
  receiptSignature: word.signature.nullable(),
  acceptance: acceptanceSchema.nullable(),
  acceptanceSignature: word.signature.nullable(),
  /** Where a message stands under a seal its signature is the seal's; null or left out where it was signed for itself. */
  ticketSeal: sealedSchema.nullish(),
  receiptSeal: sealedSchema.nullish(),
  acceptanceSeal: sealedSchema.nullish(),
  /** Whose signature the acceptance has, where the router's key was rotated in between: `handovers` lead there from `router`. */
  acceptedBy: word.address.nullish(),
  handovers: z.array(handoverSchema).max(MOST_HANDOVERS).nullish(),
});
export type ReceiptBundle = z.output<typeof receiptBundleSchema>;
export type ReceiptBundleJson = z.input<typeof receiptBundleSchema>;

export type BundleFault =
  | 'ticket-signature'
  | 'receipt-signature'
  | 'receipt-of-other-ticket'
  | 'receipt-of-other-node'
  | 'over-output-limit'
  | 'over-prompt-limit'
  | 'acceptance-signature'
  | 'acceptance-of-other-receipt'
  | 'not-handed-over'
  | 'counts-raised'
  | 'amount-raised'
  | 'no-receipt'
  | 'not-accepted';

/**
 * Checks a bundle offline. Only one with both signatures holds, the node's receipt and the router's acceptance of it: without the latter it is
 * `not-accepted`, once all that is there has been found right.
 */
export function checkBundle(bundle: ReceiptBundle): Result<{ readonly receiptHash: Hex }, BundleFault> {
  const signer = makeMessageSigner(bundle.domain);
  const { router, ticket, receipt, ticketSignature, receiptSignature } = bundle;
  const { ticketSeal = null, receiptSeal = null } = bundle;
  if (!signer.isProvenBy(JOB_TICKET, ticket, { signature: ticketSignature, sealed: ticketSeal, address: router }))
    return err('ticket-signature');
  if (!receipt || !receiptSignature) return err('no-receipt');
  const receiptFault = checkReceiptOfTicket(signer, { ticket }, receipt);
  if (receiptFault) return err(receiptFault);
  const byNode = { signature: receiptSignature, sealed: receiptSeal, address: ticket.node };
  if (!signer.isProvenBy(USAGE_RECEIPT, receipt, byNode)) return err('receipt-signature');
  const receiptHash = signer.hash(USAGE_RECEIPT, receipt);
  const fault = checkAcceptance(signer, bundle, { receipt, receiptHash });
  return fault ? err(fault) : ok({ receiptHash });
}

function checkAcceptance(
  signer: MessageSigner,
  bundle: ReceiptBundle,
  { receipt, receiptHash }: { readonly receipt: UsageReceipt; readonly receiptHash: Hex },
): BundleFault | null {
  const { router, acceptance, acceptanceSignature: signature, acceptanceSeal: sealed = null } = bundle;
  const { acceptedBy, handovers } = bundle;
  if (!acceptance || !signature) return 'not-accepted';
  if (acceptance.receiptHash !== receiptHash || acceptance.node !== receipt.node) return 'acceptance-of-other-receipt';
  if (acceptance.promptTokens > receipt.promptTokens || acceptance.outputTokens > receipt.outputTokens)
    return 'counts-raised';
  if (acceptance.amount > receipt.amount) return 'amount-raised';
  const address = acceptedBy ?? router;
  if (address !== router && !listPredecessors(signer, handovers ?? [], address).includes(router))
    return 'not-handed-over';
  return signer.isProvenBy(ACCEPTANCE, acceptance, { signature, sealed, address }) ? null : 'acceptance-signature';
}

/** The checks of a receipt against its ticket that need no curve operation; null when it fits. Who knows the ticket's hash saves one. */
export function checkReceiptOfTicket(
  signer: MessageSigner,
  { ticket, ticketHash }: { readonly ticket: JobTicket; readonly ticketHash?: Hex },
  receipt: UsageReceipt,
): BundleFault | null {
  if (receipt.ticketHash !== (ticketHash ?? signer.hash(JOB_TICKET, ticket))) return 'receipt-of-other-ticket';
  if (receipt.node !== ticket.node) return 'receipt-of-other-node';
  if (receipt.outputTokens > ticket.maxOutputTokens) return 'over-output-limit';
  if (receipt.promptTokens > ticket.maxPromptTokens) return 'over-prompt-limit';
  return null;
}
