// `irori-node verify FILE…`: checks receipts offline, as GET /v1/receipts/{jobId} gives them. Asks nobody: the signatures say it all.
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { receiptIdOf, wordToJobId } from '../../schema/ids.ts';
import { ACCEPTANCE_STATUS, checkBundle, FINISH, receiptBundleSchema } from '../../schema/receipt.ts';
import type { BundleFault, ReceiptBundle } from '../../schema/receipt.ts';
import { toSealedJson } from '../../schema/seal.ts';
import { describeProof, formatProof } from '../receipts/describe-proof.ts';
import type { ProofFacts } from '../receipts/describe-proof.ts';
import { findContradictions } from '../receipts/find-contradictions.ts';
import type { Contradiction } from '../receipts/find-contradictions.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';

const fileSchema = z.union([receiptBundleSchema, z.object({ data: z.array(receiptBundleSchema).min(1) })]);

const FAULTS: Readonly<Record<BundleFault, string>> = {
  'ticket-signature': 'the ticket is not signed by the router that the file names',
  'receipt-signature': 'the receipt is not signed by the node of its ticket',
  'receipt-of-other-ticket': 'the receipt belongs to another ticket',
  'receipt-of-other-node': 'the receipt belongs to another node than its ticket',
  'over-output-limit': 'the receipt counts more output tokens than its ticket allows',
  'over-prompt-limit': 'the receipt counts more prompt tokens than its ticket allows',
  'acceptance-signature': 'the acceptance is not signed by the router that the file names',
  'acceptance-of-other-receipt': 'the acceptance belongs to another receipt',
  'counts-raised': 'the acceptance counts more tokens than the receipt',
  'amount-raised': 'the acceptance pays more than the receipt claims',
  'no-receipt': 'there is no receipt: the node never signed for this part',
};

/** Prints what holds and what does not; exit status 0 when every part holds and no two of them are evidence against a signer, 1 otherwise. */
export async function runVerify(files: readonly string[], isJson: boolean): Promise<number> {
  const bundles: ReceiptBundle[] = [];
  for (const file of files) {
    const read = await readBundles(file);
    if (!read.ok) {
      process.stdout.write(isJson ? `${JSON.stringify({ ok: false, error: read.error })}\n` : `${read.error}\n`);
      return 1;
    }
    bundles.push(...read.value);
  }
  const checks = bundles.map((bundle) => ({ bundle, result: checkBundle(bundle) }));
  const contradictions = findContradictions(bundles);
  const isGood = checks.every(({ result }) => result.ok) && contradictions.length === 0;
  if (isJson) {
    const parts = checks.map(({ bundle, result }) => toJson(bundle, result));
    process.stdout.write(`${JSON.stringify({ ok: isGood, parts, contradictions: contradictions.map(tellJson) })}\n`);
    return isGood ? 0 : 1;
  }
  for (const { bundle, result } of checks) process.stdout.write(formatPart(bundle, result));
  for (const contradiction of contradictions) process.stdout.write(formatContradiction(contradiction));
  return isGood ? 0 : 1;
}

async function readBundles(file: string): Promise<Result<ReceiptBundle[], string>> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    return err(`${file} cannot be read as JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = fileSchema.safeParse(value);
  if (parsed.success) return ok('data' in parsed.data ? parsed.data.data : [parsed.data]);
  return err(`${file} is not a receipt as GET /v1/receipts/{jobId} gives it: ${describeIssue(value)}.`);
}

/** A union's error says little. Read once more as the shape that was meant, the file gives an error that names the field. */
function describeIssue(value: unknown): string {
  const list =
    typeof value === 'object' && value !== null && 'data' in value && Array.isArray(value.data) ? value.data : null;
  const parsed = receiptBundleSchema.safeParse(list ? list[0] : value);
  const issue = parsed.success ? undefined : parsed.error.issues[0];
  return issue
    ? `${issue.path.map(String).join('.') || 'the whole'}: ${issue.message}`
    : 'one of its parts is not valid';
}

type Check = Result<{ readonly receiptHash: string }, BundleFault>;

function formatPart(bundle: ReceiptBundle, result: Check): string {
  const { ticket, receipt, acceptance } = bundle;
  const lines = [
    `${result.ok ? 'valid' : 'NOT VALID'}  ${receiptIdOf(wordToJobId(ticket.jobId), ticket.part)}`,
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
      `  acceptance   router ${bundle.router}: ${acceptance.promptTokens} prompt, ${acceptance.outputTokens} output tokens, ${acceptance.amount} units, ${nameOf(ACCEPTANCE_STATUS, acceptance.status)}; ${acceptance.cumulativeAmount} units in ${acceptance.count} receipts so far`,
    );
  else lines.push('  acceptance   none yet');
  for (const [name, proof] of proofsOf(bundle)) lines.push(`  ${name.padEnd(12)} ${formatProof(proof)}`);
  return `${lines.join('\n')}\n`;
}

/** Who signed each message, and under which seal. */
function proofsOf(bundle: ReceiptBundle): [string, ProofFacts][] {
  const { router, ticket, ticketSeal = null, receipt, receiptSeal = null, acceptance, acceptanceSeal = null } = bundle;
  const proofs: [string, ProofFacts][] = [['ticket', describeProof(router, ticketSeal)]];
  if (receipt) proofs.push(['receipt', describeProof(ticket.node, receiptSeal)]);
  if (acceptance) proofs.push(['acceptance', describeProof(router, acceptanceSeal)]);
  return proofs;
}

function tellJson({ signer, ids, seals }: Contradiction): object {
  return {
    signer,
    receipts: ids,
    seals: seals.map(({ seal, signature }) => ({ ...toSealedJson({ seal, proof: [] }), signature })),
  };
}

function formatContradiction({ signer, ids, seals: [{ seal }] }: Contradiction): string {
  const { kind } = describeProof(signer, { seal, proof: [] }).seal ?? { kind: '' };
  return `EQUIVOCATION  ${signer} has signed two different seals of ${kind} under the number ${seal.number}: of ${ids.join(' and of ')}. Keep both files, they are the evidence.\n`;
}

function toJson(bundle: ReceiptBundle, result: Check): object {
  const { ticket, receipt, acceptance } = bundle;
  return {
    id: receiptIdOf(wordToJobId(ticket.jobId), ticket.part),
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
