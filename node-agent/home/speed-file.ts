// What was measured here before, in DIR/speeds.json: a start need not load a model only to time it again. The one door to that file.
import { join } from 'node:path';
import * as z from 'zod';
import type { Log } from '../log.ts';
import type { SpeedPrior } from './guess-speed.ts';
import { KeptFile, readKept } from './kept-file.ts';

const speedSchema = z.object({
  promptTokensPerS: z.number().positive(),
  decodeTokensPerS: z.number().positive(),
  /** ms since epoch. */
  measuredAt: z.number(),
});
type Measured = z.output<typeof speedSchema>;

const fileSchema = z.object({ agent: z.string(), models: z.record(z.string(), speedSchema) });
const FILE = 'speeds.json';

/** Drivers, cards and what else runs on a machine change: after so long it is measured anew. */
const VALID_MS = 14 * 86_400_000;
const MODELS_MAX = 64;

export class SpeedFile {
  readonly #file: KeptFile;
  readonly #agent: string;
  readonly #models: Map<string, Measured>;

  private constructor(file: KeptFile, agent: string, models: Map<string, Measured>) {
    this.#file = file;
    this.#agent = agent;
    this.#models = models;
  }

  /** What still holds at `now` (ms since epoch). A damaged file, or another version's, counts as none. */
  static async open(folder: string, agent: string, now: number, log: Log): Promise<SpeedFile> {
    const path = join(folder, FILE);
    const kept = await readKept(path, fileSchema, log);
    const entries = kept?.agent === agent ? Object.entries(kept.models) : [];
    const valid = entries.filter(([, { measuredAt }]) => measuredAt <= now && now - measuredAt < VALID_MS);
    return new SpeedFile(new KeptFile(path, log), agent, new Map(valid));
  }

  /** By the model's digest. */
  find(digest: string): SpeedPrior | null {
    return this.#models.get(digest) ?? null;
  }

  /** All that still holds. */
  list(): (readonly [digest: string, speed: SpeedPrior])[] {
    return [...this.#models];
  }

  /** Never rejects: what could not be kept is measured again at the next start. */
  async save(digest: string, speed: SpeedPrior, now: number): Promise<void> {
    this.#models.delete(digest);
    this.#models.set(digest, { ...speed, measuredAt: now });
    const newest = [...this.#models].slice(-MODELS_MAX);
    const text = JSON.stringify({ agent: this.#agent, models: Object.fromEntries(newest) }, null, 2);
    await this.#file.write(`${text}\n`);
  }
}
