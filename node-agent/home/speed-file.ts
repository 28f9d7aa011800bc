// What was measured here before, in DIR/speeds.json: a start need not load a model only to time it again. The one door to that file.
import { join } from 'node:path';
import * as z from 'zod';
import { readJsonFile, writeWhole } from './durable-file.ts';
import type { SpeedPrior } from './guess-speed.ts';

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
  readonly #path: string;
  readonly #agent: string;
  readonly #models: Map<string, Measured>;

  private constructor(path: string, agent: string, models: Map<string, Measured>) {
    this.#path = path;
    this.#agent = agent;
    this.#models = models;
  }

  /** What still holds at `now` (ms since epoch). A damaged file, or another version's, counts as none. */
  static async open(folder: string, agent: string, now: number): Promise<SpeedFile> {
    const path = join(folder, FILE);
    const parsed = fileSchema.safeParse(await readJsonFile(path).catch(() => null));
    const entries = parsed.success && parsed.data.agent === agent ? Object.entries(parsed.data.models) : [];
    const valid = entries.filter(([, { measuredAt }]) => measuredAt <= now && now - measuredAt < VALID_MS);
    return new SpeedFile(path, agent, new Map(valid));
  }

  /** By the model's digest. */
  find(digest: string): SpeedPrior | null {
    return this.#models.get(digest) ?? null;
  }

  /** All that still holds. */
  list(): (readonly [digest: string, speed: SpeedPrior])[] {
    return [...this.#models];
  }

  /** A full disk must not stop the agent: it will measure again. */
  async save(digest: string, speed: SpeedPrior, now: number): Promise<void> {
    this.#models.delete(digest);
    this.#models.set(digest, { ...speed, measuredAt: now });
    const newest = [...this.#models].slice(-MODELS_MAX);
    const text = JSON.stringify({ agent: this.#agent, models: Object.fromEntries(newest) }, null, 2);
    await writeWhole(this.#path, `${text}\n`).catch(() => undefined);
  }
}
