// The router's newest signed acceptance on disk: the owner's proof of everything earned so far. Older ones are replaced, since totals are cumulative.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { acceptanceSchema, toMessageJson } from '../../schema/receipt.ts';
import type { Acceptance } from '../../schema/receipt.ts';
import { word } from '../../schema/typed-data.ts';
import { KeptFile, readKept } from '../home/kept-file.ts';
import type { Log } from '../log.ts';

const fileSchema = z.object({ router: word.address, acceptance: acceptanceSchema, signature: word.signature });
type SignedAcceptance = z.output<typeof fileSchema>;

const FILE = 'acceptance.json';
/** Totals that follow one another this closely are written once. */
const GATHER_MS = 250;

export class AcceptanceFile {
  readonly #file: KeptFile;
  #newest: SignedAcceptance | null;
  #isDirty = false;
  #writing: Promise<void> = Promise.resolve();

  private constructor(file: KeptFile, newest: SignedAcceptance | null) {
    this.#file = file;
    this.#newest = newest;
  }

  /** Reads the newest acceptance; a damaged file counts as none, since the router can tell the total again. */
  static async open(folder: string, log: Log): Promise<AcceptanceFile> {
    const path = join(folder, FILE);
    return new AcceptanceFile(new KeptFile(path, log), await readKept(path, fileSchema, log));
  }

  get acceptance(): Acceptance | null {
    return this.#newest?.acceptance ?? null;
  }

  get newest(): SignedAcceptance | null {
    return this.#newest;
  }

  /** Keeps an acceptance when its total is the highest of this router. Its signature must have been checked. */
  take(signed: SignedAcceptance): void {
    const known = this.#newest;
    if (known?.router === signed.router && known.acceptance.count >= signed.acceptance.count) return;
    this.#newest = signed;
    if (this.#isDirty) return;
    this.#isDirty = true;
    this.#writing = this.#writing.then(() => sleep(GATHER_MS)).then(() => this.#write());
  }

  settled(): Promise<void> {
    return this.#writing;
  }

  async #write(): Promise<void> {
    this.#isDirty = false;
    const newest = this.#newest;
    if (!newest) return;
    const json = { ...newest, acceptance: toMessageJson(newest.acceptance) };
    // A lost write costs nothing: the next acceptance carries the whole total.
    await this.#file.write(JSON.stringify(json));
  }
}
