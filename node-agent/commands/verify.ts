// `irori-node verify FILE…`: checks receipts and evidence offline, as the router gives them. Asks nobody: the signatures say it all.
import { readFile } from 'node:fs/promises';
import { toEvidenceJson } from '../../schema/evidence.ts';
import { ACCEPTANCE_STATUS, FINISH } from '../../schema/receipt.ts';
import { checkFiles } from '../../schema/verify/check-files.ts';
import type { FilesReport, GivenFile, PartReport } from '../../schema/verify/check-files.ts';
import type { ChainReport } from '../../schema/verify/check-links.ts';
import { describeProof, formatProof } from '../../schema/verify/describe-proof.ts';
import type { ProofFacts } from '../../schema/verify/describe-proof.ts';
import { FAULTS, tellLink } from '../../schema/verify/tell-faults.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';

/** What the command ends with. */
const STATUS = { valid: 0, 'not-valid': 1, equivocation: 3 } as const;

/**
 * Prints what holds and what does not. Exit status 0: every receipt holds, with both signatures, and they follow one another; 1: something does not, or a
 * file cannot be read; 3: somebody is proven to have signed two messages that cannot both be honest. `answer`: a file with a streamed answer, held
 * against the receipts of its job.
 */
export async function runVerify(
  files: readonly string[],
  { isJson, answer }: { readonly isJson: boolean; readonly answer: string | null },
): Promise<number> {
  const report = await checkAll(files, answer);
  if (!report.ok) {
    process.stdout.write(isJson ? `${JSON.stringify({ ok: false, error: report.error })}\n` : `${report.error}\n`);
    return STATUS['not-valid'];
  }
  process.stdout.write(isJson ? `${JSON.stringify(toJson(report.value))}\n` : formatReport(report.value));
  return STATUS[report.value.verdict];
}

async function checkAll(files: readonly string[], answer: string | null): Promise<Result<FilesReport, string>> {
  const given: GivenFile[] = [];
  for (const name of files) {
    const text = await readText(name);
    if (!text.ok) return text;
    given.push({ name, text: text.value });
  }
  const saved = answer === null ? ok(null) : await readText(answer);
  return saved.ok ? checkFiles(given, saved.value) : saved;
}

async function readText(file: string): Promise<Result<string, string>> {
  try {
    return ok(await readFile(file, 'utf8'));
  } catch (error) {
    return err(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function formatReport({ parts, chains, links, evidence, unproven, answer }: FilesReport): string {
  const lines = [
    ...parts.flatMap(formatPart),
    ...chains.flatMap(formatChain),
    ...links.map((link) => `BROKEN LINK  ${tellLink(link)}`),
    ...(answer ?? []).map(({ id, isSame, events }) =>
      isSame
        ? `answer       ${id} is over these very bytes (${events} events)`
        : `OTHER ANSWER ${id} is not over the answer in this file: it is another one, was changed, or was not streamed`,
    ),
    ...unproven.map((sentence) => `NO EVIDENCE  ${sentence}`),
    ...evidence.map(({ sentence, ids }) => {
      const where = ids.length > 0 ? `: of ${ids.join(' and of ')}. Keep both files, they are the evidence` : '';
      return `EQUIVOCATION  ${sentence}${where}.`;
    }),
  ];
  return `${lines.join('\n')}\n`;
}

function formatPart({ id, bundle, result }: PartReport): string[] {
  const { ticket, receipt, acceptance } = bundle;
  const lines = [
    `${result.ok ? 'valid' : 'NOT VALID'}  ${id}`,
    ...(result.ok
      ? [`  receipt      ${result.value.receiptHash}`]
      : [`  fault        ${result.error}: ${FAULTS[result.error]}`]),
    `  domain       chain ${bundle.domain.chainId}, contract ${bundle.domain.verifyingContract}`,
    `  ticket       router ${bundle.router}: at most ${ticket.maxPromptTokens} prompt and ${ticket.maxOutputTokens} output tokens, at ${ticket.priceIn} and ${ticket.priceOut} units per million`,
  ];
  if (receipt)
    lines.push(
      `  receipt      node ${receipt.node} (number ${receipt.seq}): ${receipt.promptTokens} prompt, ${receipt.outputTokens} output tokens, ${receipt.amount} units, ended by ${nameOf(FINISH, receipt.finish)}`,
    );
  if (acceptance)
    lines.push(
      `  acceptance   router ${bundle.acceptedBy ?? bundle.router}: ${acceptance.promptTokens} prompt, ${acceptance.outputTokens} output tokens, ${acceptance.amount} units, ${nameOf(ACCEPTANCE_STATUS, acceptance.status)}; ${acceptance.cumulativeAmount} units in ${acceptance.count} receipts so far`,
    );
  else lines.push('  acceptance   none yet');
  for (const [name, proof] of proofsOf(bundle)) lines.push(`  ${name.padEnd(12)} ${formatProof(proof)}`);
  return lines;
}

/** Of a receipt that is alone there is nothing to tell. */
function formatChain({ node, first, last, links, missing }: ChainReport): string[] {
  if (first === last) return [];
  const gap = missing === '0' ? '' : `; ${missing} numbers between are not in these files`;
  return [`chain        ${node}: receipts ${first} to ${last}, ${links} links checked${gap}`];
}

/** Who signed each message, and under which seal. */
function proofsOf(bundle: PartReport['bundle']): [string, ProofFacts][] {
  const { router, ticket, ticketSeal = null, receipt, receiptSeal = null, acceptance, acceptanceSeal = null } = bundle;
  const proofs: [string, ProofFacts][] = [['ticket', describeProof(router, ticketSeal)]];
  if (receipt) proofs.push(['receipt', describeProof(ticket.node, receiptSeal)]);
  if (acceptance) proofs.push(['acceptance', describeProof(bundle.acceptedBy ?? router, acceptanceSeal)]);
  return proofs;
}

function toJson({ parts, chains, links, evidence, unproven, answer, verdict }: FilesReport): object {
  return {
    ok: verdict === 'valid',
    verdict,
    parts: parts.map(toPartJson),
    chains,
    links: links.map((link) => ({ ...link, message: tellLink(link) })),
    answer,
    unproven,
    evidence: evidence.map((one) => ({
      message: one.sentence,
      receipts: one.ids,
      evidence: toEvidenceJson(one.evidence),
    })),
  };
}

function toPartJson({ id, bundle, result }: PartReport): object {
  const { ticket, receipt, acceptance } = bundle;
  return {
    id,
    ok: result.ok,
    ...(result.ok ? { receiptHash: result.value.receiptHash } : { fault: result.error, message: FAULTS[result.error] }),
    router: bundle.router,
    node: ticket.node,
    proofs: Object.fromEntries(proofsOf(bundle)),
    receipt: receipt && {
      promptTokens: receipt.promptTokens,
      outputTokens: receipt.outputTokens,
      amount: receipt.amount.toString(),
    },
    acceptance: acceptance && {
      promptTokens: acceptance.promptTokens,
      outputTokens: acceptance.outputTokens,
      amount: acceptance.amount.toString(),
    },
  };
}

function nameOf(names: Readonly<Record<string, number>>, value: number): string {
  return Object.entries(names).find(([, one]) => one === value)?.[0] ?? String(value);
}
