// Files with receipts or evidence, checked together: each receipt by itself, how they follow one another, and whether two of them contradict each other.
// The command `irori-node verify` and the page `/verify` show what this finds. Asks nobody; pure but for the curve.
import * as z from 'zod';
import { checkBundle, receiptBundleSchema } from '../check-bundle.ts';
import type { BundleFault, ReceiptBundle } from '../check-bundle.ts';
import { evidenceSchema, judgeEvidence } from '../evidence.ts';
import type { Contradiction, Evidence, EvidenceFault } from '../evidence.ts';
import { receiptIdOf, wordToJobId } from '../ids.ts';
import { err, ok } from '../result.ts';
import type { Result } from '../result.ts';
import { checkAnswer } from './check-answer.ts';
import type { AnswerCheck } from './check-answer.ts';
import { checkLinks } from './check-links.ts';
import type { ChainReport, LinkFault } from './check-links.ts';
import { findEvidence } from './find-evidence.ts';

export interface GivenFile {
  readonly name: string;
  readonly text: string;
}

export interface PartReport {
  readonly id: string;
  readonly bundle: ReceiptBundle;
  readonly result: Result<{ readonly receiptHash: string }, BundleFault>;
}

/** Why a file cannot be checked. `said`: by whoever read it, in English. */
export type FileFault =
  | { readonly kind: 'empty'; readonly name: string }
  | { readonly kind: 'not-json'; readonly name: string; readonly said: string }
  | ({ readonly kind: 'not-receipt' | 'not-evidence'; readonly name: string } & FieldFault);

/** What is wrong with a value, at the first place that is. */
interface FieldFault {
  /** Empty where it is the whole. */
  readonly field: string;
  readonly said: string;
  /** The pattern that a text does not have; null where that is not the fault. */
  readonly form: string | null;
  /** Fields that nobody knows. */
  readonly extra: readonly string[];
}

/** An equivocation that is proven, by what and by which document. */
export interface ProvenEvidence {
  readonly evidence: Evidence;
  readonly contradiction: Contradiction;
  /** The receipts that it was found in; none where it came as a document. */
  readonly ids: readonly string[];
}

export interface FilesReport {
  readonly parts: readonly PartReport[];
  readonly chains: readonly ChainReport[];
  readonly links: readonly LinkFault[];
  readonly evidence: readonly ProvenEvidence[];
  /** Evidence that proves nothing, and why. */
  readonly unproven: readonly EvidenceFault[];
  /** Null where no answer was given. */
  readonly answer: readonly AnswerCheck[] | null;
  /** `valid`: every receipt holds, with both signatures; `equivocation`: somebody is proven to have signed two things that cannot both be honest. */
  readonly verdict: 'valid' | 'not-valid' | 'equivocation';
}

/** Errors: the first file that cannot be read. */
export function checkFiles(files: readonly GivenFile[], answer: string | null = null): Result<FilesReport, FileFault> {
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
  const judged = documents.map((evidence) => ({ evidence, result: judgeEvidence(evidence) }));
  const proven = judged.flatMap(({ evidence, result }) =>
    result.ok ? [{ evidence, contradiction: result.value, ids: [] }] : [],
  );
  const unproven = judged.flatMap(({ result }) => (result.ok ? [] : [result.error]));
  const answers = answer === null ? null : checkAnswer(bundles, answer);
  const isGood =
    parts.every(({ result }) => result.ok) &&
    links.length + unproven.length === 0 &&
    (answers?.every(({ isSame }) => isSame) ?? true);
  const evidence = [...findEvidence(bundles), ...proven];
  const verdict = evidence.length > 0 ? 'equivocation' : isGood ? 'valid' : 'not-valid';
  return { parts, chains, links, evidence, unproven, answer: answers, verdict };
}

function idOf({ ticket }: ReceiptBundle): string {
  return receiptIdOf(wordToJobId(ticket.jobId), ticket.part);
}

/** A receipt, evidence, or a list of them (`data`). */
function readFile({ name, text }: GivenFile): Result<(ReceiptBundle | Evidence)[], FileFault> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return err({ kind: 'not-json', name, said: error instanceof Error ? error.message : String(error) });
  }
  const list = listSchema.safeParse(value);
  const items = list.success ? list.data.data : Array.isArray(value) ? (value as unknown[]) : [value];
  if (items.length === 0) return err({ kind: 'empty', name });
  const read: (ReceiptBundle | Evidence)[] = [];
  for (const item of items) {
    const isEvidence = isRecord(item) && item['object'] === 'equivocation';
    const parsed = (isEvidence ? evidenceSchema : receiptBundleSchema).safeParse(item);
    if (parsed.success) read.push(parsed.data);
    else return err({ kind: isEvidence ? 'not-evidence' : 'not-receipt', name, ...findFault(parsed.error) });
  }
  return ok(read);
}

const listSchema = z.object({ data: z.array(z.unknown()) });

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function findFault({ issues: [issue] }: z.ZodError): FieldFault {
  return {
    field: issue?.path.map(String).join('.') ?? '',
    said: issue?.message ?? 'it is not valid',
    form: issue?.code === 'invalid_format' ? (issue.pattern ?? null) : null,
    extra: issue?.code === 'unrecognized_keys' ? issue.keys : [],
  };
}
