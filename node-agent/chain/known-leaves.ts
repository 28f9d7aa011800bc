// All leaves of a home that can be had without its router: those that it mirrored itself, and those in whole files of epochs that it or somebody else kept.
import { join } from 'node:path';
import type { Hex } from '../../schema/bytes.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { listEpochFiles, readEpochFile } from '../receipts/epoch-files.ts';
import type { KeptFile } from '../receipts/epoch-files.ts';
import { readMirrored } from '../receipts/epoch-mirror.ts';
import { findInFile } from './find-claim.ts';
import type { ProvenLeaf } from './find-claim.ts';

/** Epochs that are looked through: all that are mirrored. */
const MOST_EPOCHS = 400;

export interface KnownLeaves {
  readonly leaves: readonly ProvenLeaf[];
  /** Files that were read, and that hold by themselves. */
  readonly files: readonly KeptFile[];
  /** Sentences on files that do not. */
  readonly faults: readonly string[];
}

/** `named`: a file that the owner names; null for those that are kept here. Errors: that file cannot be used. */
export async function findKnownLeaves(
  folder: string,
  node: Hex,
  named: string | null,
): Promise<Result<KnownLeaves, string>> {
  if (named !== null) {
    const file = await readEpochFile(named);
    if (!file.ok) return file;
    const found = findInFile(file.value.file, node);
    return found ? ok({ leaves: [found], files: [file.value], faults: [] }) : err(`${named} has no leaf of ${node}.`);
  }
  const epochs = join(folder, 'epochs');
  const own = (await readMirrored(epochs, MOST_EPOCHS)).flatMap(({ told: { leaf, proof } }) =>
    leaf ? [{ leaf, proof }] : [],
  );
  const read = await Promise.all(listEpochFiles(join(epochs, 'files')).map((path) => readEpochFile(path)));
  const files = read.flatMap((one) => (one.ok ? [one.value] : []));
  const inFiles = files.flatMap(({ file }) => findInFile(file, node) ?? []);
  return ok({ leaves: [...own, ...inFiles], files, faults: read.flatMap((one) => (one.ok ? [] : [one.error])) });
}
