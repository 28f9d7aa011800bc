// Signals played in from a file, in place of the machine's own: for tests, and for `npm run day`. Each line says what changes and when; lines that
// are added while it plays are heard too. A line may make time run faster from then on, or set the clock on the wall.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import * as z from 'zod';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { parseJson } from '../../schema/json.ts';
import type { GpuReading, GpuSource } from './gpu-reading.ts';
import { NO_READINGS } from './home-signals.ts';
import type { HomeClock, Readings, SignalSource } from './home-signals.ts';

const some = z.number().nullable().default(null);
const gpuSchema = z.strictObject({
  index: z.number().int().min(0).default(0),
  name: z.string().default('Played GPU'),
  utilisation: some,
  videoPercent: some,
  memoryUsedBytes: some,
  memoryTotalBytes: some,
  temperatureC: some,
  powerW: some,
  powerLimitW: some,
  energyMJ: some,
  fanPercent: some,
  processes: z
    .array(z.strictObject({ pid: z.number().int(), usedBytes: z.number().nullable(), utilisation: some }))
    .nullable()
    .default(null),
});
const setSchema = z
  .strictObject({
    gpus: z.array(gpuSchema).nullable(),
    apps: z
      .array(
        z.strictObject({
          pid: z.number().int().default(1),
          name: z.string(),
          path: z.string().nullable().default(null),
        }),
      )
      .nullable(),
    inputIdleS: z.number().min(0).nullable(),
    battery: z.strictObject({ isOnBattery: z.boolean(), chargePercent: some }).nullable(),
    isMetered: z.boolean().nullable(),
    memory: z.strictObject({ availableBytes: z.number(), totalBytes: z.number(), stalledPercent: some }).nullable(),
    diskFreeBytes: z.number().nullable(),
  })
  .partial();
/** `ours` in a process list stands for the agent itself. */
const lineSchema = z.union([
  z.strictObject({
    speed: z.number().positive().max(100_000),
    wallAt: z.number().optional(),
    wallSpeed: z.number().positive().max(100_000).optional(),
  }),
  z.strictObject({ atMs: z.number().min(0), set: setSchema }),
]);
type Line = z.output<typeof lineSchema>;
type Change = Extract<Line, { atMs: number }>;

/** How often the file is looked at, real ms. */
const LOOK_MS = 20;
const MOST_BYTES = 8 << 20;
/** A process number in a played file that stands for the agent itself. */
export const OWN_PID = 0;

export class PlayedSignals implements SignalSource, HomeClock {
  readonly #path: string;
  #speed = 1;
  #wallSpeed = 1;
  /** Where both clocks stood when they were set last, and when that was, by performance.now(). */
  #set = { steadyMs: 0, wallAt: Date.now(), atMs: performance.now() };
  #readBytes = 0;
  #rest = '';
  #waiting: Change[] = [];
  #readings: Readings = NO_READINGS;
  #timer: NodeJS.Timeout | undefined;
  #listeners = new Set<(readings: readonly GpuReading[], atMs: number) => void>();

  private constructor(path: string) {
    this.#path = path;
  }

  /** The error names the line that cannot be used. */
  static open(path: string): Result<PlayedSignals, string> {
    const played = new PlayedSignals(path);
    try {
      played.#hear(true);
      return ok(played);
    } catch (error) {
      return err(error instanceof Error ? error.message : `${path} cannot be read.`);
    }
  }

  /** The cards, for whoever watches them alone. */
  readonly gpus: GpuSource = {
    now: () => this.#readings.gpus ?? [],
    onReading: (listener) => {
      this.#listeners.add(listener);
      return () => void this.#listeners.delete(listener);
    },
  };

  readings(): Readings {
    return this.#readings;
  }

  start(onChange: () => void): void {
    this.#timer = setInterval(() => {
      try {
        if (this.#hear()) onChange();
      } catch {
        // The file went away: what was played last goes on.
      }
    }, LOOK_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  steadyMs(): number {
    return this.#set.steadyMs + (performance.now() - this.#set.atMs) * this.#speed;
  }

  wallAt(): number {
    return this.#set.wallAt + (performance.now() - this.#set.atMs) * this.#wallSpeed;
  }

  /** Takes what the file has more, and what is due of it; true where something changed. Throws for a bad line where that was asked for. */
  #hear(isStrict = false): boolean {
    for (const line of this.#readMore()) {
      const isTaken = this.#take(line);
      if (!isTaken && isStrict) throw new Error(`${this.#path} has a line that is no signal: ${line.slice(0, 100)}`);
    }
    const now = this.steadyMs();
    const due = this.#waiting.filter(({ atMs }) => atMs <= now);
    this.#waiting = this.#waiting.filter(({ atMs }) => atMs > now);
    for (const { set } of due) this.#apply(set);
    return due.length > 0;
  }

  #take(text: string): boolean {
    const parsed = lineSchema.safeParse(parseJson(text));
    if (!parsed.success) return false;
    const line = parsed.data;
    if ('atMs' in line) this.#waiting.push(line);
    else {
      this.#set = { steadyMs: this.steadyMs(), wallAt: line.wallAt ?? this.wallAt(), atMs: performance.now() };
      this.#speed = line.speed;
      this.#wallSpeed = line.wallSpeed ?? line.speed;
    }
    return true;
  }

  #apply(set: Change['set']): void {
    const gpus = set.gpus?.map((gpu) => ({
      ...gpu,
      processes: gpu.processes?.map((one) => (one.pid === OWN_PID ? { ...one, pid: process.pid } : one)) ?? null,
    }));
    this.#readings = { ...this.#readings, ...set, ...(gpus === undefined ? {} : { gpus }) } as Readings;
    if (set.gpus !== undefined) for (const tell of this.#listeners) tell(this.gpus.now(), performance.now());
  }

  /** Whole lines that were added. */
  #readMore(): string[] {
    const file = openSync(this.#path, 'r');
    try {
      const more = Math.min(MOST_BYTES, fstatSync(file).size - this.#readBytes);
      if (more <= 0) return [];
      const bytes = Buffer.alloc(more);
      this.#readBytes += readSync(file, bytes, 0, more, this.#readBytes);
      const lines = (this.#rest + bytes.toString('utf8')).split('\n');
      this.#rest = lines.pop() ?? '';
      return lines.filter((line) => line.trim() !== '');
    } finally {
      closeSync(file);
    }
  }
}
