// Whole files of epochs as the router published them: with one of them and the chain, every owner of the network claims when no router is there any more. Kept
// as they came, once their hash is the published one; what stands in them is looked at by who uses them.
import { createHash } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hex } from '../../schema/bytes.ts';
import { checkEpochFile, parseEpochFile } from '../../schema/epoch-file.ts';
import type { EpochFile } from '../../schema/epoch-file.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { writeWhole } from '../home/durable-file.ts';
import { makePrivateFolder } from '../home/private-folder.ts';
import { describeError } from '../log.ts';
import type { Log } from '../log.ts';

/** Files that are kept: the chain pays by the last two final roots, and a third waits. */
const KEPT_FILES = 6;
/** In networks of more homes so many keep the whole of it, by chance; each keeps its own leaf. */
const KEEPERS = 1000;
const FILE = /^(\d{1,16})\.json$/;

/** What was told of an epoch, as far as a file needs it. */
export interface ToldFile {
  readonly epoch: number;
  readonly root: Hex;
  /** Lower-case hex. */
  readonly sha256: string;
  /** Of this home's leaf: as long as the tree is high. */
  readonly proof: readonly Hex[];
}

export interface FilesDoors {
  /** `epochs/files` in the state folder. */
  readonly folder: string;
  /** The published text of an epoch. */
  readonly download: (epoch: number) => Promise<Result<string, string>>;
  readonly log: Log;
  readonly random: () => number;
}

export class EpochFiles {
  readonly #doors: FilesDoors;
  /** The last epoch that was looked at, and the root of the last file. */
  #done = -1;
  #root: Hex | null = null;

  constructor(doors: FilesDoors) {
    this.#doors = doors;
  }

  /** Keeps the file of an epoch, once, where it is this home's turn; false where the router did not give it. Never rejects. */
  async keep({ epoch, root, sha256, proof }: ToldFile): Promise<boolean> {
    const { folder, download, log, random } = this.#doors;
    if (epoch <= this.#done) return true;
    // Nothing was earned since: the same tree once more.
    if (root === this.#root || listNumbers(folder).includes(epoch) || random() >= KEEPERS / 2 ** proof.length) {
      this.#done = epoch;
      return true;
    }
    const text = await download(epoch);
    if (!text.ok) return false;
    this.#done = epoch;
    if (hashText(text.value) === sha256) await this.#write(epoch, root, text.value);
    else log.error('the file of an epoch is not the one that the router told of', { epoch, sha256 });
    return true;
  }

  async #write(epoch: number, root: Hex, text: string): Promise<void> {
    const { folder, log } = this.#doors;
    try {
      await makePrivateFolder(folder);
      await writeWhole(join(folder, `${epoch}.json`), text);
      for (const old of listNumbers(folder).slice(0, -KEPT_FILES)) rmSync(join(folder, `${old}.json`), { force: true });
      this.#root = root;
    } catch (error) {
      log.warn('the file of an epoch cannot be kept: is the disk full?', { reason: describeError(error) });
    }
  }
}

export interface KeptFile {
  readonly path: string;
  readonly file: EpochFile;
  readonly sha256: string;
}

/** A file that holds by itself. Errors: a sentence that names what does not. */
export async function readEpochFile(path: string): Promise<Result<KeptFile, string>> {
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return err(`${path} cannot be read.`);
  const parsed = parseEpochFile(text);
  if (!parsed.ok) return err(`${path}: ${parsed.error}.`);
  const [fault] = checkEpochFile({ text, file: parsed.value });
  return fault === undefined
    ? ok({ path, file: parsed.value, sha256: hashText(text) })
    : err(`${path} does not hold: ${fault}.`);
}

/** Paths of the files that are kept, the newest first. */
export function listEpochFiles(folder: string): string[] {
  return listNumbers(folder)
    .toReversed()
    .map((epoch) => join(folder, `${epoch}.json`));
}

function listNumbers(folder: string): number[] {
  try {
    const names = readdirSync(folder).flatMap((name) => FILE.exec(name)?.[1] ?? []);
    return names.map(Number).toSorted((a, b) => a - b);
  } catch {
    return [];
  }
}

function hashText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
