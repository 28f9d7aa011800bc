// An agent that is killed after it delivered a part leaves no receipt. The hub then tells what arrived, the ticket proves that the work was this
// home's, and the agent signs for it.
import type * as z from 'zod';
import type { Hex } from '../../schema/bytes.ts';
import type { unsignedSchema } from '../../schema/frames-to-node.ts';
import { JOB_TICKET } from '../../schema/receipt.ts';
import type { Domain } from '../../schema/typed-data.ts';
import { buildWork } from './build-receipt.ts';
import type { SignatureQueue } from './signature-queue.ts';
import type { ReceiptBook } from './receipt-book.ts';

interface LostPartDoors {
  readonly router: Hex;
  readonly domain: Domain;
  readonly shared: {
    /** This node's address. */
    readonly node: Hex;
    readonly book: ReceiptBook;
    readonly signatures: SignatureQueue;
  };
}

/**
 * Stores a receipt over exactly what the router counted. `known`: this home has its own receipt for the ticket, had an answer to it, or is about to
 * have one, which is offered instead; `foreign`: the ticket is another node's, or this router did not sign it. Rejects when the disk refuses.
 */
export async function signLostPart(
  part: z.output<typeof unsignedSchema>,
  { router, domain, shared }: LostPartDoors,
): Promise<'signed' | 'known' | 'foreign'> {
  const { ticket, ticketSignature, ticketSeal = null, promptTokens, outputTokens, finish, responseHash } = part;
  const { node, book, signatures } = shared;
  if (ticket.node !== node) return 'foreign';
  const signer = book.signerOf(domain);
  const ticketHash = signer.hash(JOB_TICKET, ticket);
  if (book.has(ticketHash, Number(ticket.issuedAtMs))) {
    // It may be one that the disk refused.
    book.retry();
    return 'known';
  }
  book.begin(ticketHash);
  try {
    const ticketProof = { signature: ticketSignature, sealed: ticketSeal };
    const by = await signatures.run(() =>
      book.lineOf(router).find((address) => signer.isProvenBy(JOB_TICKET, ticket, { ...ticketProof, address })),
    );
    if (!by) return 'foreign';
    // The times are not known any more.
    const work = buildWork(ticket, { promptTokens, outputTokens, finish, responseHash, ttftMs: 0, durationMs: 0 });
    await book.issue({ router: by, domain, signer, ticket, ticketHash, ticketProof, work, via: null });
    return 'signed';
  } finally {
    book.end(ticketHash);
  }
}
