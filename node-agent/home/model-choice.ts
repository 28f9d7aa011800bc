// Which models the owner lends: what was said on the command line or in config.json, and what was switched on and off since, which is kept in
// DIR/sharing.json. The one door to that file.
import { join } from 'node:path';
import * as z from 'zod';
import { matchesName, plainName } from '../../schema/model-names.ts';
import type { Log } from '../log.ts';
import { KeptFile, readKept } from './kept-file.ts';

const names = z.array(z.string().min(1).max(200)).max(500);
const fileSchema = z.object({ on: names, off: names });

const FILE = 'sharing.json';

export class ModelChoice {
  readonly #file: KeptFile;
  readonly #given: readonly string[] | null;
  #on: readonly string[];
  #off: readonly string[];

  private constructor(file: KeptFile, given: readonly string[] | null, kept: z.output<typeof fileSchema> | null) {
    this.#file = file;
    this.#given = given;
    this.#on = kept?.on ?? [];
    this.#off = kept?.off ?? [];
  }

  /** `given`: names or patterns that end in `*`; null lends all that is there. */
  static async open(folder: string, given: readonly string[] | null, log: Log): Promise<ModelChoice> {
    const path = join(folder, FILE);
    return new ModelChoice(new KeptFile(path, log), given, await readKept(path, fileSchema, log));
  }

  /** What was given, and what was switched on beside it; null for all. */
  get names(): readonly string[] | null {
    return this.#given === null ? null : [...this.#given, ...this.#on];
  }

  /** True for a model that was switched off. */
  isWithheld(name: string): boolean {
    return this.#off.some((one) => plainName(one) === plainName(name));
  }

  /** Kept over a restart. Never rejects. */
  async switch(name: string, isShared: boolean): Promise<void> {
    const isGiven = this.#given === null || this.#given.some((one) => matchesName(one, name));
    const without = (list: readonly string[]): string[] => list.filter((one) => one !== name);
    this.#on = isShared && !isGiven ? [...without(this.#on), name] : without(this.#on);
    this.#off = isShared ? without(this.#off) : [...without(this.#off), name];
    await this.#file.write(`${JSON.stringify({ on: this.#on, off: this.#off }, null, 2)}\n`);
  }
}
