// `npm run epochs -- recompute FILE|URL [FILE|URL]`: reads the published file of an epoch and recomputes everything in it from its leaves: root, totals, its canonical
// form and its hash, and beside the file before it that nothing fell. Exit status 0 where all of it holds.
import { readFile } from 'node:fs/promises';
import { toHex } from '../../schema/bytes.ts';
import { checkEpochFile, parseEpochFile } from '../../schema/epoch-file.ts';
import type { ReadFile } from '../../schema/epoch-file.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { sha256 } from '../auth/digest.ts';

const USAGE = `npm run epochs -- recompute FILE|URL [FILE|URL of the one before]

URL is a router's GET /audit/epochs/{n}. Of a URL the file before is looked for by itself, at the same router.
`;

process.exitCode = await main(process.argv.slice(2));

async function main([command, place, before]: readonly string[]): Promise<number> {
  if (command !== 'recompute' || place === undefined) {
    process.stderr.write(USAGE);
    return 2;
  }
  const read = await readEpoch(place);
  if (!read.ok) return complain(read.error);
  const { file } = read.value;
  const placeBefore =
    before ?? (file.previous && isUrl(place) ? new URL(String(file.previous.epoch), place).href : null);
  const last = placeBefore === null ? ok(null) : await readEpoch(placeBefore);
  if (!last.ok) return complain(last.error);
  const faults = checkEpochFile(read.value, last.value);
  process.stdout.write(describe(read.value, { before: last.value, faults }));
  return faults.length === 0 ? 0 : 1;
}

async function readEpoch(place: string): Promise<Result<ReadFile, string>> {
  const text = await readText(place);
  if (!text.ok) return text;
  const file = parseEpochFile(text.value);
  const hash = toHex(sha256(new TextEncoder().encode(text.value))).slice(2);
  return file.ok ? ok({ text: text.value, file: file.value, sha256: hash }) : err(`${place}: ${file.error}`);
}

async function readText(place: string): Promise<Result<string, string>> {
  try {
    if (!isUrl(place)) return ok(await readFile(place, 'utf8'));
    const answer = await fetch(place);
    const text = await answer.text();
    return answer.ok ? ok(text) : err(`${place} answers ${answer.status}: ${text.slice(0, 500)}`);
  } catch (error) {
    return err(`${place} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function isUrl(place: string): boolean {
  return /^https?:\/\//.test(place);
}

function describe(
  { file, sha256: hash }: ReadFile,
  { before, faults }: { before: ReadFile | null; faults: readonly string[] },
): string {
  const { epoch, root, totals, leaves, kept, domain } = file;
  const lines = [
    `epoch      ${epoch}, of ${file.seconds} s; chain ${domain.chainId}, contract ${domain.verifyingContract}`,
    `sha256     ${hash}`,
    `root       ${root}`,
    `leaves     ${leaves.length}: ${totals.earned} units earned for ${totals.count} receipts, ${totals.withheld} withheld, ${totals.spent} spent, ${totals.bonus} bonus`,
    ...kept.map(
      ({ node, reason, account, book }) =>
        `kept       ${node}: ${reason}; its account had ${account} units, the book ${book}`,
    ),
    before ? `before     epoch ${before.file.epoch} with ${before.sha256}` : 'before     not compared',
    faults.length === 0 ? 'HOLDS' : `DOES NOT HOLD: ${faults.length}`,
    ...faults.map((fault) => `  ${fault}`),
  ];
  return `${lines.join('\n')}\n`;
}

function complain(sentence: string): number {
  process.stderr.write(`${sentence}\n`);
  return 1;
}
