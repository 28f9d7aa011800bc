// What is wrong with a file, a chain or evidence, in words for whoever checks it. Pure.
import type { Contradiction, Evidence, EvidenceFault } from '../evidence.ts';
import { SEAL_KIND } from '../seal.ts';
import type { FileFault } from './check-files.ts';
import type { LinkFault } from './check-links.ts';
import type { VerifyWords } from './words-en.ts';

/** Why a file cannot be checked, in a sentence that names it. */
export function tellFileFault(fault: FileFault, words: VerifyWords): string {
  const { kind, name } = fault;
  switch (kind) {
    case 'empty':
      return words.files.empty(name);
    case 'not-json': {
      const [, line, column] = /line (\d+) column (\d+)/.exec(fault.said) ?? [];
      return words.files[kind](name, fault.said, line && column ? [line, column] : null);
    }
    case 'not-receipt':
    case 'not-evidence': {
      const { field, said, form, extra } = fault;
      const of = form !== null ? 'form' : extra.length > 0 ? 'extra' : 'other';
      const issue = words.issue(field === '' ? words.whole : field, said, of, form ?? extra.join(', '));
      return words.files[kind](name, issue);
    }
  }
}

/** Who has signed what twice: `0x… has signed two different receipts under the number 5`. */
export function tellEvidence(evidence: Evidence, contradiction: Contradiction, words: VerifyWords): string {
  return words.hasSigned(evidence.signer, nameContradiction(evidence, contradiction, words));
}

export function tellEvidenceFault(fault: EvidenceFault, words: VerifyWords): string {
  return words.noEvidenceTold(words.evidenceFaults[fault]);
}

export function tellLink({ kind, node, ids, says, fits }: LinkFault, words: VerifyWords): string {
  return kind === 'previous-hash' ? words.brokenHash(node, ids, says, fits) : words.brokenTotal(node, ids, says, fits);
}

/** What a kind of seal covers, by its name. */
export function nameKind(kind: number): string {
  return Object.entries(SEAL_KIND).find(([, one]) => one === kind)?.[0] ?? String(kind);
}

/** The same in words. */
export function tellKind(name: string, { kinds }: VerifyWords): string {
  return (kinds as Readonly<Record<string, string>>)[name] ?? name;
}

function nameContradiction(evidence: Evidence, contradiction: Contradiction, words: VerifyWords): string {
  const told = words.contradictions;
  if (evidence.of === 'seals') {
    const { kind, number } = evidence.other.seal;
    const name = tellKind(nameKind(kind), words);
    return contradiction === 'seal-total'
      ? told['seal-total'](name, evidence.one.seal.number, number)
      : told['seal-number'](name, number);
  }
  if (evidence.of === 'acceptances') {
    const { count } = evidence.other.acceptance;
    return contradiction === 'acceptance-total' ? told['acceptance-total'](count) : told['acceptance-count'](count);
  }
  const { seq, ticketHash } = evidence.other.receipt;
  return contradiction === 'receipt-ticket' ? told['receipt-ticket'](ticketHash) : told['receipt-number'](seq);
}
