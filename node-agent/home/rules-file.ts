// The owner's rules, in DIR/rules.json: what was changed stands there, everything else is computed. Read at the start and whenever the file changes;
// a file that cannot be used changes nothing, and the owner is told.
import { statSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import type * as z from 'zod';
import type { Log } from '../log.ts';
import { describeError } from '../log.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { readJsonFile, writeDurably } from './durable-file.ts';
import { applyPatch, defaultRules, joinPatches, rulesPatchSchema } from './lending-rules.ts';
import type { HomeRules, RulesPatch } from './lending-rules.ts';

const FILE = 'rules.json';
const LOOK_MS = 2_000;

export class RulesFile {
  readonly #path: string;
  readonly #log: Log;
  readonly #defaults: HomeRules;
  #patch: RulesPatch = {};
  #rules: HomeRules;
  #seen = '';
  #timer: NodeJS.Timeout | undefined;

  private constructor(folder: string, log: Log, defaults: HomeRules) {
    this.#path = join(folder, FILE);
    this.#log = log;
    this.#defaults = defaults;
    this.#rules = defaults;
  }

  static async open(folder: string, log: Log, defaults = defaultRules(totalmem())): Promise<RulesFile> {
    const file = new RulesFile(folder, log, defaults);
    await file.reload();
    return file;
  }

  /** What counts now. */
  get rules(): HomeRules {
    return this.#rules;
  }

  /** What its owner changed. */
  get patch(): RulesPatch {
    return this.#patch;
  }

  /** Calls `onChange` after the file was changed by somebody and taken. */
  watch(onChange: () => void): void {
    // A name's content is replaced at once, which watchers of many systems lose; a look costs some microseconds.
    this.#timer = setInterval(() => {
      if (this.#stamp() !== this.#seen) void this.reload().then((isTaken) => isTaken && onChange());
    }, LOOK_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Reads the file; false where it cannot be used, and then the rules stay as they are. Never rejects. */
  async reload(): Promise<boolean> {
    this.#seen = this.#stamp();
    try {
      const patch = rulesPatchSchema.safeParse((await readJsonFile(this.#path)) ?? {});
      if (patch.success) this.#take(patch.data);
      else
        this.#log.warn('rules.json cannot be used: the rules stay as they were', {
          file: this.#path,
          reason: explain(patch.error),
        });
      return patch.success;
    } catch (error) {
      const reason = error instanceof SyntaxError ? 'it is no JSON' : describeError(error);
      this.#log.warn('rules.json cannot be used: the rules stay as they were', { file: this.#path, reason });
      return false;
    }
  }

  /** Changes some rules; the file is replaced at once or not at all. The error is a sentence for the owner. */
  async write(change: unknown): Promise<Result<HomeRules, string>> {
    const parsed = rulesPatchSchema.safeParse(change);
    if (!parsed.success) return err(`These rules cannot be used: ${explain(parsed.error)}.`);
    const patch = joinPatches(this.#patch, parsed.data);
    try {
      await writeDurably(this.#path, `${JSON.stringify(patch, null, 2)}\n`);
    } catch (error) {
      return err(`The rules could not be kept: ${describeError(error)}.`);
    }
    this.#seen = this.#stamp();
    this.#take(patch);
    return ok(this.#rules);
  }

  #take(patch: RulesPatch): void {
    this.#patch = patch;
    this.#rules = applyPatch(this.#defaults, patch);
  }

  #stamp(): string {
    try {
      const { mtimeMs, size, ino } = statSync(this.#path);
      return `${mtimeMs}/${size}/${ino}`;
    } catch {
      return '';
    }
  }
}

/** The first thing that is wrong, with where it stands. */
function explain(error: z.ZodError): string {
  const [first] = error.issues;
  return first ? `${first.path.join('.') || 'the file'}: ${first.message}` : 'it has another shape';
}
