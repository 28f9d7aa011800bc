// The graphics cards of this machine, as they are now: NVIDIA's by `nvidia-smi`, AMD's on Linux by /sys, a Mac's by `ioreg`. None of it needs rights,
// none of it changes anything, and a machine without cards costs nothing.
import { totalmem } from 'node:os';
import type { Log } from '../log.ts';
import type { GpuReading, GpuSource } from './gpu-reading.ts';
import { askProgram, startLineProcess } from './line-process.ts';
import { NvidiaWatch } from './nvidia-watch.ts';
import type { NvidiaDoors } from './nvidia-watch.ts';
import { AMD_VENDOR, readAmdCard } from './read-amd-card.ts';
import { readAppleGpus } from './read-apple-gpu.ts';
import { listCards, readAmdNames, readCardFiles } from './sysfs.ts';

interface GpuDoors {
  readonly platform: NodeJS.Platform;
  readonly log: Log;
  /** `performance.now()`. */
  readonly now: () => number;
  readonly start?: NvidiaDoors['start'];
  readonly ask?: NvidiaDoors['ask'];
  /** Another /sys/class/drm and list of names, for tests. */
  readonly sysfs?: { readonly root: string; readonly ids: string };
}

/** How often cards are looked at: at rest, and while jobs run. */
export const GPU_PACE = { restMs: 2_000, workMs: 1_000 } as const;
/** A reading that is older says nothing of now. */
const STALE_MS = 15_000;
/** `ioreg` is a program a look, so a Mac at rest is looked at less. */
const APPLE_REST_MS = 5_000;
const ASK_MS = 5_000;

type Maker = 'nvidia' | 'amd' | 'apple';

export class GpuWatch implements GpuSource {
  readonly #doors: GpuDoors;
  readonly #nvidia: NvidiaWatch;
  readonly #ask: NvidiaDoors['ask'];
  readonly #listeners = new Set<(readings: readonly GpuReading[], atMs: number) => void>();
  readonly #seen = new Map<Maker, { readonly cards: readonly GpuReading[]; readonly atMs: number }>();
  #paceMs: number = GPU_PACE.restMs;
  #names = '';
  #amdCards: readonly number[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isStarted = false;
  #isClosed = false;

  constructor(doors: GpuDoors) {
    const { start = startLineProcess, ask = askProgram, log } = doors;
    this.#doors = doors;
    this.#ask = ask;
    this.#nvidia = new NvidiaWatch({ start, ask, log, onCards: (cards) => this.#take('nvidia', cards) });
  }

  /** Looks for cards and watches those that there are. Returns at once. */
  start(): void {
    const { platform } = this.#doors;
    this.#isStarted = true;
    if (platform === 'darwin') return void this.#lookAtMac();
    this.#nvidia.pace(this.#paceMs);
    if (platform === 'linux') void this.#findAmd();
  }

  /** Faster while jobs run. */
  pace(everyMs: number): void {
    if (everyMs === this.#paceMs) return;
    this.#paceMs = everyMs;
    if (this.#isStarted && this.#doors.platform !== 'darwin' && !this.#isClosed) this.#nvidia.pace(everyMs);
  }

  now(): readonly GpuReading[] {
    const oldest = this.#doors.now() - STALE_MS;
    return [...this.#seen.values()].filter(({ atMs }) => atMs >= oldest).flatMap(({ cards }) => cards);
  }

  onReading(listener: (readings: readonly GpuReading[], atMs: number) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#nvidia.close();
  }

  #take(maker: Maker, cards: readonly GpuReading[]): void {
    if (this.#isClosed) return;
    const atMs = this.#doors.now();
    this.#seen.set(maker, { cards, atMs });
    const all = this.now();
    for (const listener of this.#listeners) listener(all, atMs);
  }

  async #findAmd(): Promise<void> {
    const root = this.#doors.sysfs?.root;
    const found = await Promise.all(
      (await listCards(root)).map(async (card) => ({ card, files: await readCardFiles(card, root) })),
    );
    this.#amdCards = found.filter(({ files }) => files['vendor']?.trim() === AMD_VENDOR).map(({ card }) => card);
    if (this.#amdCards.length === 0 || this.#isClosed) return;
    this.#names = await readAmdNames(this.#doors.sysfs?.ids);
    await this.#lookAtAmd();
  }

  async #lookAtAmd(): Promise<void> {
    const cards: GpuReading[] = [];
    for (const card of this.#amdCards) {
      const reading = readAmdCard(card, await readCardFiles(card, this.#doors.sysfs?.root), this.#names);
      if (reading) cards.push(reading);
    }
    this.#take('amd', cards);
    this.#again(() => this.#lookAtAmd(), this.#paceMs);
  }

  async #lookAtMac(): Promise<void> {
    const text = await this.#ask('ioreg', ['-r', '-d', '1', '-w', '0', '-c', 'IOAccelerator'], ASK_MS);
    this.#take('apple', readAppleGpus(text, totalmem()));
    this.#again(() => this.#lookAtMac(), this.#paceMs < GPU_PACE.restMs ? this.#paceMs : APPLE_REST_MS);
  }

  #again(look: () => Promise<void>, waitMs: number): void {
    if (!this.#isClosed) this.#timer = setTimeout(() => void look(), waitMs).unref();
  }
}
