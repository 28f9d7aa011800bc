// Files with receipts or evidence, checked together: each receipt by itself, how they follow one another, and whether two of them contradict each other.
// The command `irori-node verify` and the page `/verify` show what this finds. Asks nobody; pure but for the curve.
import * as z from 'zod';
import { checkBundle, receiptBundleSchema } from '../check-bundle.ts';
import type { BundleFault, ReceiptBundle } from '../check-bundle.ts';
import { evidenceSchema, judgeEvidence } from '../evidence.ts';
import type { Evidence } from '../evidence.ts';
import { receiptIdOf, wordToJobId } from '../ids.ts';
import { err, ok } from '../result.ts';
import type { Result } from '../result.ts';
import { checkAnswer } from './check-answer.ts';
import type { AnswerCheck } from './check-answer.ts';
import { checkLinks } from './check-links.ts';
import type { ChainReport, LinkFault } from './check-links.ts';
import { findEvidence } from './find-evidence.ts';
import { tellEvidence, tellEvidenceFault } from './tell-faults.ts';

export interface GivenFile {
  readonly name: string;
  readonly text: string;
}

export interface PartReport {
  readonly id: string;
  readonly bundle: ReceiptBundle;
  readonly result: Result<{ readonly receiptHash: string }, BundleFault>;
}

/** An equivocation that is proven, in a sentence and as the document that proves it. */
export interface ProvenEvidence {
  readonly sentence: string;
  readonly evidence: Evidence;
  /** The receipts that it was found in; none where it came as a document. */
  readonly ids: readonly string[];
}

export interface FilesReport {
  readonly parts: readonly PartReport[];
  readonly chains: readonly ChainReport[];
  readonly links: readonly LinkFault[];
  readonly evidence: readonly ProvenEvidence[];
  /** Evidence that proves nothing, and why. */
  readonly unproven: readonly string[];
  /** Null where no answer was given. */
  readonly answer: readonly AnswerCheck[] | null;
  /** `valid`: every receipt holds, with both signatures; `equivocation`: somebody is proven to have signed two things that cannot both be honest. */
  readonly verdict: 'valid' | 'not-valid' | 'equivocation';
}

/** Errors: a file that cannot be read, in a sentence that names it. */
export function checkFiles(files: readonly GivenFile[], answer: string | null = null): Result<FilesReport, string> {
  const bundles: ReceiptBundle[] = [];
  const documents: Evidence[] = [];
  for (const file of files) {
    const read = readFile(file);
    if (!read.ok) return read;
    for (const item of read.value)
      if ('object' in item && item.object === 'equivocation') documents.push(item as Evidence);
      else bundles.push(item as ReceiptBundle);
  }
  return ok(checkAll(bundles, documents, answer));
}

function checkAll(
  bundles: readonly ReceiptBundle[],
  documents: readonly Evidence[],
  answer: string | null,
): FilesReport {
  const parts = bundles.map((bundle) => ({ id: idOf(bundle), bundle, result: checkBundle(bundle) }));
  const { chains, faults: links } = checkLinks(parts.filter(({ result }) => result.ok).map(({ bundle }) => bundle));
  const found = findEvidence(bundles).map(({ evidence, contradiction, ids }) => {
    return { sentence: tellEvidence(evidence, contradiction), evidence, ids };
  });
  const judged = documents.map((evidence) => ({ evidence, result: judgeEvidence(evidence) }));
  const proven = judged.flatMap(({ evidence, result }) =>
    result.ok ? [{ sentence: tellEvidence(evidence, result.value), evidence, ids: [] }] : [],
  );
  const unproven = judged.flatMap(({ result }) => (result.ok ? [] : [tellEvidenceFault(result.error)]));
  const answers = answer === null ? null : checkAnswer(bundles, answer);
  const isGood =
    parts.every(({ result }) => result.ok) &&
    links.length + unproven.length === 0 &&
    (answers?.every(({ isSame }) => isSame) ?? true);
  const evidence = [...found, ...proven];
  const verdict = evidence.length > 0 ? 'equivocation' : isGood ? 'valid' : 'not-valid';
  return { parts, chains, links, evidence, unproven, answer: answers, verdict };
}

function idOf({ ticket }: ReceiptBundle): string {
  return receiptIdOf(wordToJobId(ticket.jobId), ticket.part);
}

/** A receipt, evidence, or a list of them (`data`). */
function readFile({ name, text }: GivenFile): Result<(ReceiptBundle | Evidence)[], string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return err(`${name} cannot be read as JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const list = listSchema.safeParse(value);
  const items = list.success ? list.data.data : Array.isArray(value) ? (value as unknown[]) : [value];
  if (items.length === 0) return err(`${name} holds nothing to check.`);
  const read: (ReceiptBundle | Evidence)[] = [];
  for (const item of items) {
    const isEvidence = isRecord(item) && item['object'] === 'equivocation';
    const parsed = (isEvidence ? evidenceSchema : receiptBundleSchema).safeParse(item);
    if (parsed.success) read.push(parsed.data);
    else return err(`${name} is ${NOT[isEvidence ? 'evidence' : 'receipt']}: ${describeIssue(parsed.error)}.`);
  }
  return ok(read);
}

const NOT = {
  receipt: 'not a receipt as GET /v1/receipts/{jobId} gives it',
  evidence: 'not evidence of an equivocation',
} as const;

const listSchema = z.object({ data: z.array(z.unknown()) });

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function describeIssue({ issues: [issue] }: z.ZodError): string {
  return issue ? `${issue.path.map(String).join('.') || 'the whole'}: ${issue.message}` : 'it is not valid';
}
