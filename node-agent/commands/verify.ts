// `irori-node verify FILE…`: checks receipts and evidence offline, as the router gives them. Asks nobody: the signatures say it all.
import { readFile } from 'node:fs/promises';
import { toEvidenceJson } from '../../schema/evidence.ts';
import { describeEnergy } from '../../schema/verify/describe-energy.ts';
import { checkFiles } from '../../schema/verify/check-files.ts';
import type { FilesReport, GivenFile, PartReport } from '../../schema/verify/check-files.ts';
import { tellEvidence, tellEvidenceFault, tellFileFault, tellLink } from '../../schema/verify/tell-faults.ts';
import { listProofs, tellPart, tellTogether } from '../../schema/verify/tell-report.ts';
import { EN } from '../../schema/verify/words-en.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { tellLines } from './tell-lines.ts';

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
  if (!saved.ok) return saved;
  const report = checkFiles(given, saved.value);
  return report.ok ? report : err(tellFileFault(report.error, EN));
}

async function readText(file: string): Promise<Result<string, string>> {
  try {
    return ok(await readFile(file, 'utf8'));
  } catch (error) {
    return err(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const NAME_CHARS = 13;
/** Of a receipt's own lines: a hash of 66 digits stays whole in 80 columns. */
const PART_CHARS = 12;

function formatReport(report: FilesReport): string {
  const parts = report.parts.flatMap((part) => [
    `${part.result.ok ? 'valid' : 'NOT VALID'}  ${part.id}`,
    ...tellPart(part, EN).map(([name, text]) => `  ${name.padEnd(PART_CHARS)}${text}`),
  ]);
  const together = tellTogether(report, EN).map(([name, text]) => `${name.padEnd(NAME_CHARS)} ${text}`);
  return tellLines([...parts, ...together]);
}

function toJson({ parts, chains, links, evidence, unproven, answer, verdict }: FilesReport): object {
  return {
    ok: verdict === 'valid',
    verdict,
    parts: parts.map(toPartJson),
    chains,
    links: links.map((link) => ({ ...link, message: tellLink(link, EN) })),
    answer,
    unproven: unproven.map((fault) => tellEvidenceFault(fault, EN)),
    evidence: evidence.map((one) => ({
      message: tellEvidence(one.evidence, one.contradiction, EN),
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
    ...(result.ok
      ? { receiptHash: result.value.receiptHash }
      : { fault: result.error, message: EN.faults[result.error] }),
    router: bundle.router,
    node: ticket.node,
    proofs: Object.fromEntries(listProofs(bundle)),
    receipt: receipt && {
      promptTokens: receipt.promptTokens,
      outputTokens: receipt.outputTokens,
      amount: receipt.amount.toString(),
      energy: toEnergyJson(receipt),
    },
    acceptance: acceptance && {
      promptTokens: acceptance.promptTokens,
      outputTokens: acceptance.outputTokens,
      amount: acceptance.amount.toString(),
    },
  };
}

function toEnergyJson(receipt: Parameters<typeof describeEnergy>[0]): object {
  const { wh, wh90, method, tier } = describeEnergy(receipt);
  return { wh, wh_90: wh90, method, tier };
}
