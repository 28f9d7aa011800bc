// Whether a receipt is what a node owes for a ticket. Pure. The hub does without the curve (`checkReceiptOfTicket` of schema/receipt.ts).
import type { Hex } from '../../schema/bytes.ts';
import { checkReceiptOfTicket, JOB_TICKET, USAGE_RECEIPT } from '../../schema/receipt.ts';
import type { BundleFault, JobTicket, MessageSigner, UsageReceipt } from '../../schema/receipt.ts';
import type { Sealed } from '../../schema/seal.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';

/** The receipt's hash, or why it proves nothing: of another ticket or node, over a limit, or not signed by the ticket's node. */
export function checkReceipt(
  signer: MessageSigner,
  signed: {
    readonly ticket: JobTicket;
    /** The ticket's hash, where it is known already. */
    readonly ticketHash?: Hex;
    readonly receipt: UsageReceipt;
    readonly signature: Hex;
    /** The seal that the signature is of; null where it is the receipt's own. */
    readonly sealed: Sealed | null;
  },
): Result<Hex, BundleFault> {
  const { receipt, signature, sealed, ticket } = signed;
  const fault = checkReceiptOfTicket(signer, signed, receipt);
  if (fault) return err(fault);
  if (!signer.isProvenBy(USAGE_RECEIPT, receipt, { signature, sealed, address: ticket.node }))
    return err('receipt-signature');
  return ok(signer.hash(USAGE_RECEIPT, receipt));
}

/** True when this router signed the ticket. */
export function isOwnTicket(
  signer: MessageSigner,
  signed: { readonly ticket: JobTicket; readonly signature: Hex; readonly sealed: Sealed | null; readonly router: Hex },
): boolean {
  const { ticket, signature, sealed, router } = signed;
  return signer.isProvenBy(JOB_TICKET, ticket, { signature, sealed, address: router });
}
