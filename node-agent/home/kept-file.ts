// Small files of the state folder that the agent can do without: what stands in them it learns again. So a damaged file or a full disk stops
// nothing; the log tells the owner.
import type * as z from 'zod';
import type { Log } from '../log.ts';
import { describeError } from '../log.ts';
import { readJsonFile, writeWhole } from './durable-file.ts';

/** What stands in the file; null when there is none, or none that can be read, which the owner is told. */
export async function readKept<T>(path: string, schema: z.ZodType<T>, log: Log): Promise<T | null> {
  try {
    const value = await readJsonFile(path);
    return value === null ? null : schema.parse(value);
  } catch (error) {
    log.warn('a file in the state folder cannot be read and counts as none', {
      file: path,
      reason: describeError(error),
    });
    return null;
  }
}

export class KeptFile {
  readonly #path: string;
  readonly #log: Log;
  #isRefused = false;

  constructor(path: string, log: Log) {
    this.#path = path;
    this.#log = log;
  }

  /** Replaces the file; never rejects. Of writes that fail one after another only the first is told. */
  async write(text: string): Promise<void> {
    try {
      await writeWhole(this.#path, text);
      this.#isRefused = false;
    } catch (error) {
      if (!this.#isRefused)
        this.#log.warn('a file in the state folder cannot be written: is the disk full?', {
          file: this.#path,
          reason: describeError(error),
        });
      this.#isRefused = true;
    }
  }
}
