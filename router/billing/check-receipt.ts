// Whether a receipt is what a node owes for a ticket. Pure. The hub does without the curve (`checkReceiptOfTicket` of schema/check-bundle.ts).
import type { Hex } from '../../schema/bytes.ts';
import type { LateReceipt } from '../../schema/frames-to-hub.ts';
import { checkReceiptOfTicket } from '../../schema/check-bundle.ts';
import type { BundleFault } from '../../schema/check-bundle.ts';
import { JOB_TICKET, USAGE_RECEIPT } from '../../schema/receipt.ts';
import type { JobTicket, MessageSigner, UsageReceipt } from '../../schema/receipt.ts';
import type { Sealed } from '../../schema/seal.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';

/** How long after its ticket's expiry a part may still be receipted. */
export const LATE_MS = 24 * 3_600_000;

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

/**
 * Why nothing can be claimed under the ticket of a late receipt. `isKnown`: its hub has settled a part under it, so that it need not prove itself.
 * `routers`: the router's address and those of its keys before, whose tickets are good for as long as any.
 */
export function checkTicket(
  signer: MessageSigner,
  { ticket, ticketSignature: signature, ticketSeal: sealed = null }: LateReceipt,
  { isKnown, routers, now }: { readonly isKnown: boolean; readonly routers: readonly Hex[]; readonly now: number },
): string | null {
  if (now > Number(ticket.expiresAtMs) + LATE_MS) return 'the receipt came more than 24 h after its ticket expired';
  const isOwn =
    isKnown || routers.some((address) => signer.isProvenBy(JOB_TICKET, ticket, { signature, sealed, address }));
  return isOwn ? null : 'the ticket was not signed by this router';
}
