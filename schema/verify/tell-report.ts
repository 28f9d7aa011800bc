// What a check of receipts found, in words: the same ones for the command and for the page. Pure.
import { ACCEPTANCE_STATUS, FINISH } from '../receipt.ts';
import type { FilesReport, PartReport } from './check-files.ts';
import type { ChainReport } from './check-links.ts';
import { tellEnergy } from './describe-energy.ts';
import { describeProof, formatProof } from './describe-proof.ts';
import type { ProofFacts } from './describe-proof.ts';
import { FAULTS, tellLink } from './tell-faults.ts';

/** What a receipt says, each thing under its name. */
export type Facts = readonly (readonly [name: string, text: string])[];

export function tellPart({ bundle, result }: PartReport): Facts {
  const { domain, router, ticket, receipt, acceptance, acceptedBy } = bundle;
  return [
    result.ok ? ['receipt', result.value.receiptHash] : ['fault', `${result.error}: ${FAULTS[result.error]}`],
    ['domain', `chain ${domain.chainId}, contract ${domain.verifyingContract}`],
    [
      'ticket',
      `router ${router}: at most ${ticket.maxPromptTokens} prompt and ${ticket.maxOutputTokens} output tokens, at ${ticket.priceIn} and ${ticket.priceOut} units per million`,
    ],
    ...(receipt
      ? ([
          [
            'receipt',
            `node ${receipt.node} (number ${receipt.seq}): ${receipt.promptTokens} prompt, ${receipt.outputTokens} output tokens, ${receipt.amount} units, ended by ${nameOf(FINISH, receipt.finish)}`,
          ],
          ['energy', tellEnergy(receipt)],
        ] as const)
      : []),
    [
      'acceptance',
      acceptance
        ? `router ${acceptedBy ?? router}: ${acceptance.promptTokens} prompt, ${acceptance.outputTokens} output tokens, ${acceptance.amount} units, ${nameOf(ACCEPTANCE_STATUS, acceptance.status)}; ${acceptance.cumulativeAmount} units in ${acceptance.count} receipts so far`
        : 'none yet',
    ],
    ...listProofs(bundle).map(([name, proof]) => [name, formatProof(proof)] as const),
  ];
}

/** Who signed each message, and under which seal. */
export function listProofs(bundle: PartReport['bundle']): [string, ProofFacts][] {
  const { router, ticket, ticketSeal = null, receipt, receiptSeal = null, acceptance, acceptanceSeal = null } = bundle;
  const proofs: [string, ProofFacts][] = [['ticket', describeProof(router, ticketSeal)]];
  if (receipt) proofs.push(['receipt', describeProof(ticket.node, receiptSeal)]);
  if (acceptance) proofs.push(['acceptance', describeProof(bundle.acceptedBy ?? router, acceptanceSeal)]);
  return proofs;
}

/** What is to be said of all receipts together: each sentence behind what it is. */
export function tellTogether({ chains, links, evidence, unproven, answer }: FilesReport): Facts {
  return [
    ...chains.flatMap(tellChain),
    ...links.map((link) => ['BROKEN LINK', tellLink(link)] as const),
    ...(answer ?? []).map(({ id, isSame, events }) =>
      isSame
        ? (['answer', `${id} is over these very bytes (${events} events)`] as const)
        : ([
            'OTHER ANSWER',
            `${id} is not over the answer given: it is another one, was changed, or was not streamed`,
          ] as const),
    ),
    ...unproven.map((sentence) => ['NO EVIDENCE', sentence] as const),
    ...evidence.map(({ sentence, ids }) => {
      const where = ids.length > 0 ? `: of ${ids.join(' and of ')}. Keep both files, they are the evidence` : '';
      return ['EQUIVOCATION', `${sentence}${where}.`] as const;
    }),
  ];
}

/** Of a receipt that is alone there is nothing to tell. */
function tellChain({ node, first, last, links, missing }: ChainReport): Facts {
  if (first === last) return [];
  const gap = missing === '0' ? '' : `; ${missing} numbers between are not in these files`;
  return [['chain', `${node}: receipts ${first} to ${last}, ${links} links checked${gap}`]];
}

function nameOf(names: Readonly<Record<string, number>>, value: number): string {
  return Object.entries(names).find(([, one]) => one === value)?.[0] ?? String(value);
}
