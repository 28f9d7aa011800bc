// What this machine took for the network, day by day, and what the meter has learned of it, in DIR/energy.json. The one door to that file.
import { join } from 'node:path';
import * as z from 'zod';
import { KeptFile, readKept } from '../home/kept-file.ts';
import type { Log } from '../log.ts';
import { EMPTY_FIT } from './fit-weights.ts';

const amount = z.number().min(0).max(Number.MAX_SAFE_INTEGER);

const daySchema = z.object({
  /** Taken at the wall above rest while jobs ran, metered or estimated; and what receipts claimed of it. Millionths of a watt-hour. */
  workMicroWh: amount,
  claimedMicroWh: amount,
  /** What the machine took at rest while it was awake for the network only. */
  idleMicroWh: amount,
});
export type EnergyDay = z.output<typeof daySchema>;

const samples = z.array(z.number().min(0).max(10_000)).max(200).default([]);
const fitSchema = z
  .object({
    squares: z.array(z.number()).length(9),
    products: z.array(z.number()).length(3),
    windows: z.number().min(0),
  })
  .default({ squares: [...EMPTY_FIT.squares], products: [...EMPTY_FIT.products], windows: 0 });

const learnedSchema = z.object({
  /** The card that it was learned with: another one begins anew. */
  card: z.string().nullable(),
  boards: samples,
  host: samples,
  wall: samples,
  onCard: fitSchema,
  onCpu: fitSchema,
});
export type Learned = z.output<typeof learnedSchema>;

const fileSchema = z.object({
  days: z.record(z.string().regex(/^\d{4}-\d\d-\d\d$/), daySchema),
  learned: learnedSchema,
});

const FILE = 'energy.json';
const DAYS_KEPT = 62;
const NO_DAY: EnergyDay = { workMicroWh: 0, claimedMicroWh: 0, idleMicroWh: 0 };
const NOTHING_LEARNED: Learned = learnedSchema.parse({ card: null });

export class EnergyFile {
  readonly #file: KeptFile;
  readonly #days: Map<string, EnergyDay>;
  learned: Learned;

  private constructor(file: KeptFile, days: Map<string, EnergyDay>, learned: Learned) {
    this.#file = file;
    this.#days = days;
    this.learned = learned;
  }

  /** A damaged file counts as none. */
  static async open(folder: string, log: Log): Promise<EnergyFile> {
    const path = join(folder, FILE);
    const kept = await readKept(path, fileSchema, log);
    return new EnergyFile(
      new KeptFile(path, log),
      new Map(Object.entries(kept?.days ?? {})),
      kept?.learned ?? NOTHING_LEARNED,
    );
  }

  /** Of one day of this machine's clock, `2026-11-27`. */
  day(name: string): EnergyDay {
    return this.#days.get(name) ?? NO_DAY;
  }

  /** All days that are kept, oldest first. */
  list(): (readonly [day: string, energy: EnergyDay])[] {
    return [...this.#days].sort(([one], [other]) => (one < other ? -1 : 1));
  }

  add(name: string, more: Partial<EnergyDay>): void {
    const day = this.day(name);
    this.#days.set(name, {
      workMicroWh: day.workMicroWh + (more.workMicroWh ?? 0),
      claimedMicroWh: day.claimedMicroWh + (more.claimedMicroWh ?? 0),
      idleMicroWh: day.idleMicroWh + (more.idleMicroWh ?? 0),
    });
  }

  /** Never rejects. */
  async write(): Promise<void> {
    for (const [name] of this.list().slice(0, -DAYS_KEPT)) this.#days.delete(name);
    const text = JSON.stringify({ days: Object.fromEntries(this.list()), learned: this.learned });
    await this.#file.write(`${text}\n`);
  }
}

/** The day of this machine's clock that a moment lies in. */
export function nameDay(atMs: number): string {
  const at = new Date(atMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}
