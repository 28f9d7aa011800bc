// What is wrong with a receipt, a chain or evidence, in words for whoever checks it. Pure.
import type { BundleFault } from '../check-bundle.ts';
import type { Contradiction, Evidence, EvidenceFault } from '../evidence.ts';
import { SEAL_KIND } from '../seal.ts';
import type { LinkFault } from './check-links.ts';

export const FAULTS: Readonly<Record<BundleFault, string>> = {
  'ticket-signature': 'the ticket is not signed by the router that the file names',
  'receipt-signature': 'the receipt is not signed by the node of its ticket',
  'receipt-of-other-ticket': 'the receipt belongs to another ticket',
  'receipt-of-other-node': 'the receipt belongs to another node than its ticket',
  'over-output-limit': 'the receipt counts more output tokens than its ticket allows',
  'over-prompt-limit': 'the receipt counts more prompt tokens than its ticket allows',
  'acceptance-signature': 'the acceptance is not signed by the router that the file names',
  'acceptance-of-other-receipt': 'the acceptance belongs to another receipt',
  'not-handed-over': 'the acceptance is of another router key, and the first has not signed that it handed over to it',
  'counts-raised': 'the acceptance counts more tokens than the receipt',
  'amount-raised': 'the acceptance pays more than the receipt claims',
  'no-receipt': 'there is no receipt: the node never signed for this part',
  'not-accepted':
    'not yet accepted: the node has signed and the router has not, so only one of the two signatures is here; ask again in a moment',
};

const EVIDENCE_FAULTS: Readonly<Record<EvidenceFault, string>> = {
  'one-signature': 'the first message is not signed by the signer that the file names',
  'other-signature': 'the second message is not signed by the signer that the file names',
  'no-contradiction': 'its two messages go together: they prove nothing',
};

const CONTRADICTIONS: Readonly<Record<Exclude<Contradiction, 'seal-number' | 'seal-total'>, string>> = {
  'receipt-number': 'two different receipts under the number',
  'receipt-ticket': 'two different receipts for the ticket',
  'acceptance-count': 'two different acceptances under the count',
  'acceptance-total': 'a running total that falls, at the count',
};

/** Who has signed what twice: `0x… has signed two different receipts under the number 5`. */
export function tellEvidence(evidence: Evidence, contradiction: Contradiction): string {
  return `${evidence.signer} has signed ${nameContradiction(evidence, contradiction)}`;
}

export function tellEvidenceFault(fault: EvidenceFault): string {
  return `this is no evidence: ${EVIDENCE_FAULTS[fault]}`;
}

export function tellLink({ kind, node, ids, says, fits }: LinkFault): string {
  const [first, second] = ids;
  return kind === 'previous-hash'
    ? `the chain of ${node} breaks: ${second} names ${says} as the receipt before it, and ${first} is ${fits}`
    : `the running total of ${node} breaks: ${second} tells ${says} where ${fits} would follow ${first}`;
}

/** What a kind of seal covers, by its name. */
export function nameKind(kind: number): string {
  return Object.entries(SEAL_KIND).find(([, one]) => one === kind)?.[0] ?? String(kind);
}

function nameContradiction(evidence: Evidence, contradiction: Contradiction): string {
  if (evidence.of === 'seals') {
    const { seal } = evidence.other;
    return contradiction === 'seal-total'
      ? `a total that falls, by the seals of ${nameKind(seal.kind)} ${evidence.one.seal.number} and ${seal.number}`
      : `two different seals of ${nameKind(seal.kind)} under the number ${seal.number}`;
  }
  const words = CONTRADICTIONS[contradiction as keyof typeof CONTRADICTIONS];
  if (evidence.of === 'acceptances') return `${words} ${evidence.other.acceptance.count}`;
  const { seq, ticketHash } = evidence.other.receipt;
  return `${words} ${contradiction === 'receipt-ticket' ? ticketHash : seq}`;
}
