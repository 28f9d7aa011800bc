// Evidence among receipts that were brought together: messages of one signer that cannot both be honest. Pure but for the curve.
import type { Hex } from '../bytes.ts';
import type { ReceiptBundle } from '../check-bundle.ts';
import { compareAcceptances, compareReceipts, compareSeals } from '../evidence.ts';
import type { AcceptanceSide, Contradiction, Evidence, ReceiptSide, SealSide } from '../evidence.ts';
import { receiptIdOf, wordToJobId } from '../ids.ts';
import { ACCEPTANCE, makeMessageSigner, USAGE_RECEIPT } from '../receipt.ts';
import type { MessageSigner } from '../receipt.ts';
import type { Sealed } from '../seal.ts';
import type { Domain } from '../typed-data.ts';

/** Two messages that are evidence against who signed them, and the receipts that they came with. */
export interface FoundEvidence {
  readonly evidence: Evidence;
  readonly contradiction: Contradiction;
  readonly ids: readonly [string, string];
}

interface Signed<S> {
  readonly id: string;
  readonly domain: Domain;
  readonly signer: Hex;
  readonly side: S;
}

interface AllSigned {
  readonly seals: Signed<SealSide>[];
  readonly receipts: Signed<ReceiptSide>[];
  readonly acceptances: Signed<AcceptanceSide>[];
}

/** Only messages whose signatures hold count; of more than two that contradict each other each is told with the first. */
export function findEvidence(bundles: readonly ReceiptBundle[]): FoundEvidence[] {
  const signers = new Map<string, MessageSigner>();
  const signerOf = (domain: Domain): MessageSigner => {
    const name = nameOf(domain);
    const signer = signers.get(name) ?? makeMessageSigner(domain);
    signers.set(name, signer);
    return signer;
  };
  const all: AllSigned = { seals: [], receipts: [], acceptances: [] };
  for (const bundle of bundles) collect(bundle, signerOf(bundle.domain), all);
  const { seals, receipts, acceptances } = all;
  const tell = (
    of: Evidence['of'],
    [one, other]: Pair<unknown>,
    contradiction: Contradiction | null,
  ): FoundEvidence[] => {
    const { domain, signer } = one;
    const evidence = { object: 'equivocation', of, domain, signer, one: one.side, other: other.side } as Evidence;
    return contradiction ? [{ evidence, contradiction, ids: [one.id, other.id] }] : [];
  };
  return [
    ...pairUp(seals, ({ seal }) => [seal.kind, seal.node, seal.number]).flatMap((pair) =>
      tell('seals', pair, compareSeals(pair[0].side.seal, pair[1].side.seal)),
    ),
    ...lineUp(seals, ({ seal }) => [seal.kind, seal.node, seal.number]).flatMap((pair) =>
      tell('seals', pair, compareSeals(pair[0].side.seal, pair[1].side.seal)),
    ),
    ...[({ receipt }: ReceiptSide) => [receipt.seq], ({ receipt }: ReceiptSide) => [receipt.ticketHash]].flatMap(
      (placeOf) =>
        pairUp(receipts, placeOf).flatMap((pair) =>
          tell('receipts', pair, compareReceipts(signerOf(pair[0].domain), pair[0].side.receipt, pair[1].side.receipt)),
        ),
    ),
    ...pairUp(acceptances, ({ acceptance }) => [acceptance.node, acceptance.count]).flatMap((pair) =>
      tell('acceptances', pair, compareAcceptances(pair[0].side.acceptance, pair[1].side.acceptance)),
    ),
    ...lineUp(acceptances, ({ acceptance }) => [acceptance.node, acceptance.count]).flatMap((pair) =>
      tell('acceptances', pair, compareAcceptances(pair[0].side.acceptance, pair[1].side.acceptance)),
    ),
  ];
}

type Pair<S> = readonly [Signed<S>, Signed<S>];
type Place = readonly (string | number | bigint)[];

/** Those that stand in one place, each with the first there. */
function pairUp<S>(signed: readonly Signed<S>[], placeOf: (side: S) => Place): Pair<S>[] {
  const first = new Map<string, Signed<S>>();
  return signed.flatMap((one): Pair<S>[] => {
    const place = [nameOf(one.domain), one.signer, ...placeOf(one.side)].join(' ');
    const other = first.get(place);
    if (!other) first.set(place, one);
    return other ? [[other, one]] : [];
  });
}

/** Neighbours of one chain in the order of their numbers, which the place ends with. */
function lineUp<S>(signed: readonly Signed<S>[], placeOf: (side: S) => Place): Pair<S>[] {
  const lines = new Map<string, { readonly number: bigint; readonly one: Signed<S> }[]>();
  for (const one of signed) {
    const place = placeOf(one.side);
    const name = [nameOf(one.domain), one.signer, ...place.slice(0, -1)].join(' ');
    lines.set(name, [...(lines.get(name) ?? []), { number: BigInt(place.at(-1) ?? 0), one }]);
  }
  return [...lines.values()].flatMap((line) => {
    const sorted = line.toSorted((a, b) => (a.number < b.number ? -1 : 1));
    return sorted.slice(1).flatMap((next, i): Pair<S>[] => {
      const before = sorted[i];
      return before && before.number < next.number ? [[before.one, next.one]] : [];
    });
  });
}

function collect(bundle: ReceiptBundle, signer: MessageSigner, { seals, receipts, acceptances }: AllSigned): void {
  const { router, ticket, domain, receipt, acceptance, acceptedBy } = bundle;
  const { ticketSeal, receiptSeal = null, acceptanceSeal = null } = bundle;
  const id = receiptIdOf(wordToJobId(ticket.jobId), ticket.part);
  const addSeal = (sealed: Sealed | null | undefined, signature: Hex | null, address: Hex): void => {
    if (!sealed || !signature || !signer.isSealSignedBy(sealed.seal, signature, address)) return;
    seals.push({ id, domain, signer: address, side: { seal: sealed.seal, signature } });
  };
  addSeal(ticketSeal, bundle.ticketSignature, router);
  addSeal(receiptSeal, bundle.receiptSignature, ticket.node);
  const byRouter = acceptedBy ?? router;
  addSeal(acceptanceSeal, bundle.acceptanceSignature, byRouter);
  if (receipt && bundle.receiptSignature) {
    const side = { receipt, signature: bundle.receiptSignature, sealed: receiptSeal };
    if (signer.isProvenBy(USAGE_RECEIPT, receipt, { ...side, address: receipt.node }))
      receipts.push({ id, domain, signer: receipt.node, side });
  }
  if (acceptance && bundle.acceptanceSignature) {
    const side = { acceptance, signature: bundle.acceptanceSignature, sealed: acceptanceSeal };
    if (signer.isProvenBy(ACCEPTANCE, acceptance, { ...side, address: byRouter }))
      acceptances.push({ id, domain, signer: byRouter, side });
  }
}

function nameOf({ chainId, verifyingContract }: Domain): string {
  return `${chainId} ${verifyingContract}`;
}
