// What this home did since local midnight, for limits a day: kept over restarts in DIR/today.json.
import { join } from 'node:path';
import * as z from 'zod';
import type { Log } from '../log.ts';
import { KeptFile, readKept } from './kept-file.ts';
import { localDay } from './weekly-schedule.ts';

const fileSchema = z.object({ day: z.string(), bytes: z.number().min(0), jobs: z.number().int().min(0) });
type Counts = z.output<typeof fileSchema>;

const FILE = 'today.json';
const WRITE_EVERY_MS = 30_000;

export class DayCounts {
  readonly #file: KeptFile;
  #counts: Counts;
  #wroteMs = Number.NEGATIVE_INFINITY;
  #isChanged = false;

  private constructor(file: KeptFile, counts: Counts) {
    this.#file = file;
    this.#counts = counts;
  }

  /** A damaged file counts as none. */
  static async open(folder: string, log: Log): Promise<DayCounts> {
    const path = join(folder, FILE);
    const kept = await readKept(path, fileSchema, log);
    return new DayCounts(new KeptFile(path, log), kept ?? { day: '', bytes: 0, jobs: 0 });
  }

  /** Counts of the day of `at`, ms since epoch. */
  now(at: number): { readonly bytes: number; readonly jobs: number } {
    return this.#counts.day === localDay(at) ? this.#counts : { bytes: 0, jobs: 0 };
  }

  add(more: { readonly bytes: number; readonly jobs: number }, at: number): void {
    if (more.bytes === 0 && more.jobs === 0) return;
    const { bytes, jobs } = this.now(at);
    this.#counts = { day: localDay(at), bytes: bytes + more.bytes, jobs: jobs + more.jobs };
    this.#isChanged = true;
    if (performance.now() - this.#wroteMs >= WRITE_EVERY_MS) void this.flush();
  }

  /** Never rejects. */
  async flush(): Promise<void> {
    if (!this.#isChanged) return;
    this.#isChanged = false;
    this.#wroteMs = performance.now();
    await this.#file.write(`${JSON.stringify(this.#counts)}\n`);
  }
}
