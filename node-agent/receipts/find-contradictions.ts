// Seals of several receipts that their signer cannot all have signed honestly: one number of one chain, and not the same seal. Pure.
import type { Hex } from '../../schema/bytes.ts';
import { receiptIdOf, wordToJobId } from '../../schema/ids.ts';
import { makeMessageSigner } from '../../schema/receipt.ts';
import type { ReceiptBundle } from '../../schema/receipt.ts';
import { contradicts } from '../../schema/seal.ts';
import type { Seal, Sealed } from '../../schema/seal.ts';

interface SignedSeal {
  readonly seal: Seal;
  readonly signature: Hex;
}

/** Two seals that are evidence against who signed them, and the receipts that they came with. */
export interface Contradiction {
  readonly signer: Hex;
  readonly ids: readonly [string, string];
  readonly seals: readonly [SignedSeal, SignedSeal];
}

interface FoundSeal extends SignedSeal {
  readonly id: string;
  readonly signer: Hex;
  /** Seals of one domain are held against each other. */
  readonly domain: string;
}

/** Only seals whose signatures hold count; of more than two under one number each is told with the first. */
export function findContradictions(bundles: readonly ReceiptBundle[]): Contradiction[] {
  const first = new Map<string, FoundSeal>();
  const found: Contradiction[] = [];
  for (const one of bundles.flatMap(sealsOf)) {
    const { kind, node, number } = one.seal;
    const place = [one.domain, one.signer, kind, node, number].join(' ');
    const other = first.get(place);
    if (!other) first.set(place, one);
    else if (contradicts(one.seal, other.seal))
      found.push({ signer: one.signer, ids: [other.id, one.id], seals: [other, one] });
  }
  return found;
}

function sealsOf(bundle: ReceiptBundle): FoundSeal[] {
  const { router, ticket, ticketSeal, receiptSeal, acceptanceSeal } = bundle;
  const { chainId, verifyingContract } = bundle.domain;
  const signer = makeMessageSigner(bundle.domain);
  const about = { id: receiptIdOf(wordToJobId(ticket.jobId), ticket.part), domain: `${chainId} ${verifyingContract}` };
  const all: [Sealed | null | undefined, Hex | null, Hex][] = [
    [ticketSeal, bundle.ticketSignature, router],
    [receiptSeal, bundle.receiptSignature, ticket.node],
    [acceptanceSeal, bundle.acceptanceSignature, router],
  ];
  return all.flatMap(([sealed, signature, address]) =>
    sealed && signature && signer.isSealSignedBy(sealed.seal, signature, address)
      ? [{ ...about, signer: address, seal: sealed.seal, signature }]
      : [],
  );
}
