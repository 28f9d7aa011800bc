// What a check of receipts found, in words: the same ones for the command and for pages, which say in what language. Pure.
import type { ReceiptBundle } from '../check-bundle.ts';
import { ACCEPTANCE_STATUS, FINISH } from '../receipt.ts';
import type { Acceptance, UsageReceipt } from '../receipt.ts';
import type { FilesReport, PartReport } from './check-files.ts';
import type { ChainReport } from './check-links.ts';
import { tellEnergy } from './describe-energy.ts';
import { describeProof, formatProof } from './describe-proof.ts';
import type { ProofFacts } from './describe-proof.ts';
import { tellEvidence, tellEvidenceFault, tellLink } from './tell-faults.ts';
import type { VerifyWords } from './words-en.ts';

/** What a receipt says, each thing under its name. */
export type Facts = readonly (readonly [name: string, text: string])[];

export function tellPart({ bundle, result }: PartReport, words: VerifyWords): Facts {
  const { domain, router, ticket, receipt, acceptance } = bundle;
  const most = { prompt: ticket.maxPromptTokens, output: ticket.maxOutputTokens };
  const price = { prompt: ticket.priceIn, output: ticket.priceOut };
  return [
    result.ok
      ? [words.receipt, result.value.receiptHash]
      : [words.fault, words.faultTold(result.error, words.faults[result.error])],
    [words.domain, words.domainTold(domain.chainId, domain.verifyingContract)],
    [words.ticket, words.ticketTold(router, most, price)],
    ...(receipt
      ? ([
          [words.receipt, tellReceipt(receipt, words)],
          [words.energy, tellEnergy(receipt, words)],
        ] as const)
      : []),
    [words.acceptance, acceptance ? tellAcceptance(bundle, acceptance, words) : words.noAcceptance],
    ...listProofs(bundle).map(([name, proof]) => [words[name], formatProof(proof, words)] as const),
  ];
}

function tellReceipt(receipt: UsageReceipt, words: VerifyWords): string {
  const { node, seq, promptTokens: prompt, outputTokens: output, amount: units, finish } = receipt;
  return words.receiptTold(node, seq, { prompt, output, units }, nameOf(FINISH, words.finishes, finish));
}

function tellAcceptance({ router, acceptedBy }: ReceiptBundle, acceptance: Acceptance, words: VerifyWords): string {
  const { promptTokens: prompt, outputTokens: output, amount: units, cumulativeAmount, count } = acceptance;
  const status = nameOf(ACCEPTANCE_STATUS, words.statuses, acceptance.status);
  const sum = { units: cumulativeAmount, receipts: count };
  return words.acceptanceTold(acceptedBy ?? router, { prompt, output, units }, status, sum);
}

/** The messages that somebody signs. */
type SignedName = 'ticket' | 'receipt' | 'acceptance';

/** Who signed each message, and under which seal. */
export function listProofs(bundle: ReceiptBundle): [SignedName, ProofFacts][] {
  const { router, ticket, ticketSeal = null, receipt, receiptSeal = null, acceptance, acceptanceSeal = null } = bundle;
  const proofs: [SignedName, ProofFacts][] = [['ticket', describeProof(router, ticketSeal)]];
  if (receipt) proofs.push(['receipt', describeProof(ticket.node, receiptSeal)]);
  if (acceptance) proofs.push(['acceptance', describeProof(bundle.acceptedBy ?? router, acceptanceSeal)]);
  return proofs;
}

/** What is to be said of all receipts together: each sentence behind what it is. */
export function tellTogether({ chains, links, evidence, unproven, answer }: FilesReport, words: VerifyWords): Facts {
  return [
    ...chains.flatMap((chain) => tellChain(chain, words)),
    ...links.map((link) => [words.brokenLink, tellLink(link, words)] as const),
    ...(answer ?? []).map(({ id, isSame, events }) =>
      isSame
        ? ([words.answer, words.sameAnswer(id, events)] as const)
        : ([words.otherAnswer, words.notSameAnswer(id)] as const),
    ),
    ...unproven.map((fault) => [words.noEvidence, tellEvidenceFault(fault, words)] as const),
    ...evidence.map(
      (one) =>
        [words.equivocation, words.keepBoth(tellEvidence(one.evidence, one.contradiction, words), one.ids)] as const,
    ),
  ];
}

/** Of a receipt that is alone there is nothing to tell. */
function tellChain({ node, first, last, links, missing }: ChainReport, words: VerifyWords): Facts {
  if (first === last) return [];
  const gap = missing === '0' ? '' : words.gap(missing);
  return [[words.chain, words.chainTold(node, first, last, links) + gap]];
}

/** A number that only another version knows is told as it is. */
function nameOf<Name extends string>(
  names: Readonly<Record<Name, number>>,
  words: Readonly<Record<Name, string>>,
  value: number,
): string {
  const name = (Object.keys(names) as Name[]).find((one) => names[one] === value);
  return name === undefined ? String(value) : words[name];
}
