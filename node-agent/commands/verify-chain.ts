// `irori-node verify --chain FILE…|JOB…`: from each receipt to what was paid for it, link by link, the broken one by its name. What a receipt needs is asked
// of the router with this home's key; a proof that was kept (`--proof FILE`) needs the chain alone, whoever has it.
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { receiptBundleSchema } from '../../schema/check-bundle.ts';
import type { ReceiptBundle } from '../../schema/check-bundle.ts';
import { isId } from '../../schema/ids.ts';
import { parseJson } from '../../schema/json.ts';
import { parsePayoutProof, toPayoutProofJson } from '../../schema/payout-proof.ts';
import type { PayoutProof } from '../../schema/payout-proof.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { judgePayout } from '../../schema/verify/judge-payout.ts';
import type { PayoutReport } from '../../schema/verify/judge-payout.ts';
import { openChain } from '../chain/chain-client.ts';
import type { OpenChain } from '../chain/chain-client.ts';
import { readPayoutFacts } from '../chain/payout-facts.ts';
import { gatherProof } from '../chain/proof-gathering.ts';
import { readStateFolder } from '../config/config.ts';
import type { Environment } from '../config/config.ts';
import type { OptionValues } from '../config/parse-flags.ts';
import { writeDurably } from '../home/durable-file.ts';
import { askSigned } from '../link/signed-question.ts';
import { complain } from './complain.ts';
import { findOwnHome } from './own-home.ts';
import type { OwnHome } from './own-home.ts';
import { tellLines } from './tell-lines.ts';

const STATUS = { holds: 0, broken: 1, open: 4 } as const;
const RECEIPTS_BYTES = 8 * 1024 * 1024;

interface Judged {
  readonly name: string;
  readonly proof: PayoutProof | null;
  readonly report: PayoutReport;
}

/** Exit status 0: every link of every receipt holds; 1: one is broken, or could not be looked at; 2: to be asked otherwise; 4: something is still to come. */
export async function runVerifyChain(words: readonly string[], flags: OptionValues, env: Environment): Promise<number> {
  const folder = readStateFolder(flags, env);
  if (!folder.ok) return complain(folder.error, 2);
  const chain = await openChain({ folder: folder.value, flags, env });
  if (!chain.ok) return complain(chain.error.sentence, chain.error.exit);
  // A proof needs no home.
  const home = await findOwnHome(flags, env);
  const asked = { chain: chain.value, home: home.ok ? home.value : null };
  const judged: Judged[] = [];
  for (const name of words) {
    const one = await judgeWord(name, asked);
    if (!one.ok) return complain(one.error, 1);
    judged.push(...one.value);
  }
  if (typeof flags.proof === 'string') {
    const [one, other] = judged;
    if (!one?.proof || other) return complain('--proof keeps one receipt’s proof: name one part of one job.', 2);
    await writeDurably(flags.proof, `${JSON.stringify(toPayoutProofJson(one.proof), null, 2)}\n`);
  }
  process.stdout.write(flags.json === true ? `${JSON.stringify(toJson(judged))}\n` : format(judged));
  const worst = (['broken', 'open'] as const).find((one) => judged.some(({ report }) => report.verdict === one));
  return STATUS[worst ?? 'holds'];
}

interface Asked {
  readonly chain: OpenChain;
  readonly home: OwnHome | null;
}

async function judgeWord(name: string, asked: Asked): Promise<Result<Judged[], string>> {
  const text = isId('job', name) ? await askReceipts(name, asked.home) : await readText(name);
  if (!text.ok) return text;
  const value = parseJson(text.value);
  if (markSchema.safeParse(value).success) {
    const proof = parsePayoutProof(text.value);
    return proof.ok ? judge([{ name, proof: proof.value }], asked.chain) : ok([brokenDocument(name, proof.error)]);
  }
  const read = readBundles(name, value);
  if (!read.ok) return read;
  if (!asked.home)
    return err(
      `${name} is a receipt: what leads from it to the chain is told to the home that earned it. Run this there, or bring a proof that was kept with --proof.`,
    );
  const { folder, status, key } = asked.home;
  const proofs: { name: string; proof: PayoutProof }[] = [];
  for (const bundle of read.value) {
    const proof = await gatherProof(asked.chain, { folder, router: status.router, key }, bundle);
    if (!proof.ok) return err(`${name}: ${proof.error}`);
    proofs.push({ name: read.value.length === 1 ? name : `${name} part ${bundle.ticket.part}`, proof: proof.value });
  }
  return judge(proofs, asked.chain);
}

const markSchema = z.object({ object: z.literal('payout_proof') });

async function judge(
  proofs: readonly { readonly name: string; readonly proof: PayoutProof }[],
  chain: OpenChain,
): Promise<Result<Judged[], string>> {
  const judged: Judged[] = [];
  for (const { name, proof } of proofs) {
    const facts = await readPayoutFacts(chain, proof);
    if (!facts.ok) return facts;
    judged.push({ name, proof, report: judgePayout(proof, facts.value) });
  }
  return ok(judged);
}

/** What is no proof any more, by the field that makes it none. */
function brokenDocument(name: string, fault: string): Judged {
  const [field = ''] = fault.split(':');
  const link = LINK_OF_FIELD.find(([prefix]) => field.startsWith(prefix))?.[1] ?? 'root';
  return { name, proof: null, report: { verdict: 'broken', links: [{ link, state: 'broken', sentence: fault }] } };
}

const LINK_OF_FIELD = [
  ['receipt.ticket', 'ticket'],
  ['receipt.router', 'ticket'],
  ['receipt.domain', 'chain'],
  ['receipt.acceptance', 'acceptance'],
  ['receipt.acceptedBy', 'acceptance'],
  ['receipt.handovers', 'acceptance'],
  ['receipt', 'receipt'],
  ['toLeaf', 'leaf'],
  ['leaf', 'leaf'],
] as const;

async function askReceipts(jobId: string, home: OwnHome | null): Promise<Result<string, string>> {
  if (!home) return err(`${jobId} is known to the home that earned it: run this there.`);
  const { status, key } = home;
  const path = `/v1/receipts/${jobId}`;
  const told = await askSigned({ router: status.router, key, path, mostBytes: RECEIPTS_BYTES }, Date.now());
  if (!told.ok) return told;
  return told.value === null
    ? err(`The router has no receipt of this home for ${jobId}.`)
    : ok(JSON.stringify(told.value));
}

async function readText(file: string): Promise<Result<string, string>> {
  try {
    return ok(await readFile(file, 'utf8'));
  } catch (error) {
    return err(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const listSchema = z.object({ data: z.array(z.unknown()).min(1) });

function readBundles(name: string, value: unknown): Result<ReceiptBundle[], string> {
  const list = listSchema.safeParse(value);
  const bundles: ReceiptBundle[] = [];
  for (const item of list.success ? list.data.data : [value]) {
    const parsed = receiptBundleSchema.safeParse(item);
    const issue = parsed.error?.issues[0];
    if (!parsed.success)
      return err(
        `${name} is neither a receipt nor a proof of a payout: ${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? ''}.`,
      );
    bundles.push(parsed.data);
  }
  return ok(bundles);
}

const WORDS = { holds: 'holds', open: 'not yet', broken: 'BROKEN LINK' } as const;

function format(judged: readonly Judged[]): string {
  return tellLines(
    judged.flatMap(({ name, report }) => [
      name,
      ...report.links.map(
        ({ link, state, sentence }) => `  ${link.padEnd(12)}${state === 'holds' ? '' : `${WORDS[state]}: `}${sentence}`,
      ),
      tellVerdict(report),
    ]),
  );
}

function tellVerdict({ links, verdict }: PayoutReport): string {
  const { link } = links.find(({ state }) => state === verdict) ?? { link: '' };
  if (verdict === 'holds') return 'PAID: every link holds. Test tokens, no value.';
  return verdict === 'open'
    ? `NOT YET: ${link} is still to come, and nothing is broken.`
    : `NOT VALID: the link '${link}' is broken.`;
}

function toJson(judged: readonly Judged[]): object {
  const isOk = judged.every(({ report }) => report.verdict === 'holds');
  const data = judged.map(({ name, proof, report: { links, verdict } }) => ({
    name,
    verdict,
    broken: links.find(({ state }) => state === 'broken')?.link ?? null,
    links,
    proof: proof && toPayoutProofJson(proof),
  }));
  return { ok: isOk, data };
}
