// The file that a router publishes for an epoch before anything of it is signed: every node's leaf, in one canonical form, so that its hash and its root can be
// recomputed by anyone. Pure: who hashes the whole of it has a hash at hand.
import * as z from 'zod';
import type { Hex } from './bytes.ts';
import { epochLeafSchema, findFallen, hashEpochLeaf, payableOf, toLeafJson } from './epoch-leaf.ts';
import type { EpochLeaf } from './epoch-leaf.ts';
import { growEpochTree } from './epoch-tree.ts';
import { parseJson } from './json.ts';
import { err, ok } from './result.ts';
import type { Result } from './result.ts';
import { PLACEHOLDER_DOMAIN, word } from './typed-data.ts';
import type { Domain } from './typed-data.ts';

/**
 * Why a node is not paid what its account says. Of the first two its leaf has all that was accepted, and withholds what the book does not agree to; of the
 * others it is the one of an earlier epoch, or there is none yet.
 */
export const KEPT_REASONS = ['book-has-less', 'book-has-more', 'account-fell', 'account-away'] as const;
export type KeptReason = (typeof KEPT_REASONS)[number];

const keptSchema = z.strictObject({
  node: word.address,
  reason: z.enum(KEPT_REASONS),
  /** Units that its account had accepted, and that the book has of it. */
  account: word.uint128,
  book: word.uint128,
});

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in lower-case hex');
const sums = {
  earned: word.uint128,
  withheld: word.uint128,
  bonus: word.uint128,
  count: word.uint128,
  spent: word.uint128,
};

const fileSchema = z.strictObject({
  version: z.literal(1),
  epoch: word.uint32,
  /** Length of an epoch. */
  seconds: z.number().int().min(1),
  domain: z.strictObject({ chainId: z.number().int().min(0), verifyingContract: word.address }),
  /** The file before this one; null for a network's first. Epochs may be left out between: a leaf holds all before it. */
  previous: z.strictObject({ epoch: word.uint32, sha256 }).nullable(),
  root: word.bytes32,
  totals: z.strictObject(sums),
  kept: z.array(keptSchema),
  leaves: z.array(epochLeafSchema),
});
export type EpochFile = z.output<typeof fileSchema>;
export type EpochTotals = EpochFile['totals'];

/** What a file is made of. */
export type EpochFacts = Omit<EpochFile, 'version' | 'root' | 'totals'>;

/** Leaves and kept nodes come in the order of their addresses, whatever order they are given in. */
export function makeEpochFile(facts: EpochFacts): EpochFile {
  const leaves = sortByNode(facts.leaves);
  const { root } = growEpochTree(leaves.map(hashEpochLeaf));
  return { version: 1, ...facts, root, totals: sumLeaves(leaves), kept: sortByNode(facts.kept), leaves };
}

/** The one text of a file: what is hashed, stored and handed out. A line a leaf. */
export function encodeEpochFile(file: EpochFile): string {
  const { version, epoch, seconds, domain, previous, root, totals } = file;
  const head = {
    version,
    epoch,
    seconds,
    domain: { chainId: domain.chainId, verifyingContract: domain.verifyingContract },
    previous: previous && { epoch: previous.epoch, sha256: previous.sha256 },
    root,
    totals: Object.fromEntries(Object.keys(sums).map((name) => [name, String(totals[name as keyof EpochTotals])])),
    kept: file.kept.map(({ node, reason, account, book }) => ({
      node,
      reason,
      account: String(account),
      book: String(book),
    })),
  };
  const lines = file.leaves.map((leaf) => JSON.stringify(toLeafJson(leaf)));
  return `${JSON.stringify(head).slice(0, -1)},"leaves":[\n${lines.join(',\n')}\n]}\n`;
}

/** Errors: a sentence with the first field that is not as it should be. */
export function parseEpochFile(text: string): Result<EpochFile, string> {
  const parsed = fileSchema.safeParse(parseJson(text));
  if (parsed.success) return ok(parsed.data);
  const issue = parsed.error.issues[0];
  return err(`this is no file of an epoch: ${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? 'not valid'}`);
}

/** A file as it was read, with the hash of its bytes. */
export interface ReadFile {
  readonly text: string;
  readonly file: EpochFile;
  /** Lower-case hex. */
  readonly sha256: string;
}

/**
 * Everything that does not hold in a file, as sentences; none where it can be recomputed whole: its form is canonical, each node has one leaf, root and
 * totals are its leaves', and beside the file before it nothing has fallen and nobody has gone. On a chain what can be claimed does not fall either: it may
 * have been claimed.
 */
export function checkEpochFile({ text, file }: Omit<ReadFile, 'sha256'>, before: ReadFile | null = null): string[] {
  const faults: string[] = [];
  const made = makeEpochFile(file);
  if (made.root !== file.root) faults.push(`root: the leaves lead to ${made.root}, the file says ${file.root}`);
  for (const name of Object.keys(sums) as (keyof EpochTotals)[])
    if (made.totals[name] !== file.totals[name])
      faults.push(`totals.${name}: the leaves come to ${made.totals[name]}, the file says ${file.totals[name]}`);
  if (encodeEpochFile(made) !== text && faults.length === 0) faults.push('the text is not in its canonical form');
  const seen = new Set<Hex>();
  for (const { node } of file.leaves) {
    if (seen.has(node)) faults.push(`${node} has two leaves`);
    seen.add(node);
  }
  return before ? [...faults, ...compareFiles(before, file)] : faults;
}

function compareFiles(before: ReadFile, file: EpochFile): string[] {
  const faults: string[] = [];
  if (file.previous?.epoch !== before.file.epoch || file.previous.sha256 !== before.sha256)
    faults.push(`previous: the file before it is epoch ${before.file.epoch} with ${before.sha256}`);
  if (file.epoch <= before.file.epoch) faults.push(`epoch ${file.epoch} does not follow ${before.file.epoch}`);
  const leaves = new Map(file.leaves.map((leaf) => [leaf.node, leaf]));
  const isPaidBy = isOnChain(file.domain) && isSame(file.domain, before.file.domain);
  for (const old of before.file.leaves) {
    const leaf = leaves.get(old.node);
    const fallen = leaf && findFallen(old, leaf);
    if (!leaf) faults.push(`${old.node} has no leaf any more`);
    if (leaf && fallen) faults.push(`${old.node}: ${fallen} fell from ${old[fallen]} to ${leaf[fallen]}`);
    if (leaf && isPaidBy && payableOf(leaf) < payableOf(old))
      faults.push(`${old.node}: what can be claimed fell from ${payableOf(old)} to ${payableOf(leaf)}`);
  }
  return faults;
}

/** A network without a chain signs for no contract. */
function isOnChain({ verifyingContract }: Domain): boolean {
  return verifyingContract !== PLACEHOLDER_DOMAIN.verifyingContract;
}

function isSame(one: Domain, other: Domain): boolean {
  return one.chainId === other.chainId && one.verifyingContract === other.verifyingContract;
}

function sumLeaves(leaves: readonly EpochLeaf[]): EpochTotals {
  const totals = { earned: 0n, withheld: 0n, bonus: 0n, count: 0n, spent: 0n };
  for (const leaf of leaves)
    for (const name of Object.keys(totals) as (keyof EpochTotals)[]) totals[name] += leaf[name];
  return totals;
}

function sortByNode<T extends { readonly node: Hex }>(of: readonly T[]): T[] {
  return of.toSorted((a, b) => (a.node < b.node ? -1 : 1));
}
