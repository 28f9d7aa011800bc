// What a check of receipts finds, in English: the command `irori-node verify` says it so, and pages in English. Names of faults and numbers are told as the
// documents have them, so that who reads can compare.
import type { BundleFault } from '../check-bundle.ts';
import type { EvidenceFault } from '../evidence.ts';
import type { ACCEPTANCE_STATUS, EnergyMethod, Finish } from '../receipt.ts';
import type { SEAL_KIND } from '../seal.ts';
import type { WordsOf } from '../words-of.ts';

const FAULTS: Readonly<Record<BundleFault, string>> = {
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

const FINISHES: Readonly<Record<Finish, string>> = {
  stop: 'stop',
  length: 'length',
  cancelled: 'cancelled',
  preempted: 'preempted',
  error: 'error',
};
const STATUSES: Readonly<Record<keyof typeof ACCEPTANCE_STATUS, string>> = {
  accepted: 'accepted',
  lowered: 'lowered',
  unpaid: 'unpaid',
};
const KINDS: Readonly<Record<keyof typeof SEAL_KIND, string>> = {
  tickets: 'tickets',
  receipts: 'receipts',
  acceptances: 'acceptances',
};
const SEEN_BY: Readonly<Record<EnergyMethod, string>> = {
  wall: 'a meter at the wall',
  counter: "the card's or processor's own counter",
  sampled: "the card's power, sampled",
  estimated: 'an estimate by the kind of card',
  unknown: 'nobody',
};

type Count = number | bigint | string;

/** What a message counts, and what it is worth. */
interface Counted {
  readonly prompt: Count;
  readonly output: Count;
  readonly units: Count;
}

export const EN = {
  receipt: 'receipt',
  fault: 'fault',
  domain: 'domain',
  ticket: 'ticket',
  energy: 'energy',
  acceptance: 'acceptance',
  chain: 'chain',
  answer: 'answer',
  brokenLink: 'BROKEN LINK',
  otherAnswer: 'OTHER ANSWER',
  noEvidence: 'NO EVIDENCE',
  equivocation: 'EQUIVOCATION',
  faults: FAULTS,
  evidenceFaults: EVIDENCE_FAULTS,
  finishes: FINISHES,
  statuses: STATUSES,
  kinds: KINDS,
  seenBy: SEEN_BY,
  faultTold: (code: string, sentence: string) => `${code}: ${sentence}`,
  domainTold: (chainId: Count, contract: string) => `chain ${chainId}, contract ${contract}`,
  ticketTold: (router: string, most: Omit<Counted, 'units'>, price: Omit<Counted, 'units'>) =>
    `router ${router}: at most ${most.prompt} prompt and ${most.output} output tokens, at ${price.prompt} and ${price.output} units per million`,
  receiptTold: (node: string, number: Count, { prompt, output, units }: Counted, finish: string) =>
    `node ${node} (number ${number}): ${prompt} prompt, ${output} output tokens, ${units} units, ended by ${finish}`,
  acceptanceTold: (
    router: string,
    { prompt, output, units }: Counted,
    status: string,
    sum: { readonly units: Count; readonly receipts: Count },
  ) =>
    `router ${router}: ${prompt} prompt, ${output} output tokens, ${units} units, ${status}; ${sum.units} units in ${sum.receipts} receipts so far`,
  noAcceptance: 'none yet',
  energyTold: (wh: string, [low, high]: readonly [string, string], seenBy: string, tier: string) =>
    `${wh} Wh (${low} to ${high}) at the wall above rest, by ${seenBy}: tier ${tier}`,
  energyUnknown: 'not known',
  alone: (signer: string) => `signed by ${signer} for itself`,
  sealed: (seal: { number: string; kind: string; covers: number; hashes: number }, signer: string) => {
    const messages = seal.covers === 1 ? 'this message alone' : `${seal.covers} messages`;
    const hashes = seal.hashes === 1 ? '1 hash' : `${seal.hashes} hashes`;
    return `seal ${seal.number} of ${seal.kind}, signed by ${signer}: ${messages} under it, ${hashes} of proof`;
  },
  chainTold: (node: string, first: Count, last: Count, links: Count) =>
    `${node}: receipts ${first} to ${last}, ${links} links checked`,
  gap: (missing: Count) => `; ${missing} numbers between are not in these files`,
  brokenHash: (node: string, [first, second]: readonly [string, string], says: string, fits: string) =>
    `the chain of ${node} breaks: ${second} names ${says} as the receipt before it, and ${first} is ${fits}`,
  brokenTotal: (node: string, [first, second]: readonly [string, string], says: string, fits: string) =>
    `the running total of ${node} breaks: ${second} tells ${says} where ${fits} would follow ${first}`,
  sameAnswer: (id: string, events: number) => `${id} is over these very bytes (${events} events)`,
  notSameAnswer: (id: string) =>
    `${id} is not over the answer given: it is another one, was changed, or was not streamed`,
  noEvidenceTold: (sentence: string) => `this is no evidence: ${sentence}`,
  contradictions: {
    'receipt-number': (number: Count) => `two different receipts under the number ${number}`,
    'receipt-ticket': (ticket: string) => `two different receipts for the ticket ${ticket}`,
    'acceptance-count': (count: Count) => `two different acceptances under the count ${count}`,
    'acceptance-total': (count: Count) => `a running total that falls, at the count ${count}`,
    'seal-number': (kind: string, number: Count) => `two different seals of ${kind} under the number ${number}`,
    'seal-total': (kind: string, one: Count, other: Count) =>
      `a total that falls, by the seals of ${kind} ${one} and ${other}`,
  },
  hasSigned: (signer: string, contradiction: string) => `${signer} has signed ${contradiction}`,
  keepBoth: (sentence: string, ids: readonly string[]) =>
    `${sentence}${ids.length > 0 ? `: of ${ids.join(' and of ')}. Keep both files, they are the evidence` : ''}.`,
  files: {
    /** `place`: where in the text, where whoever read it has told. */
    'not-json': (name: string, said: string, _place: readonly [line: string, column: string] | null) =>
      `${name} cannot be read as JSON: ${said}`,
    empty: (name: string) => `${name} holds nothing to check.`,
    'not-receipt': (name: string, issue: string) =>
      `${name} is not a receipt as GET /v1/receipts/{jobId} gives it: ${issue}.`,
    'not-evidence': (name: string, issue: string) => `${name} is not evidence of an equivocation: ${issue}.`,
  },
  /** What a file is called that has no name. */
  given: 'the receipt',
  whole: 'the whole',
  /** `detail`: the pattern that a text must have, or the names of fields that nobody knows; none for what `said` says. */
  issue: (field: string, said: string, _kind: 'form' | 'extra' | 'other', _detail: string) => `${field}: ${said}`,
};

export type VerifyWords = WordsOf<typeof EN>;
