// Watches NVIDIA's cards through one `nvidia-smi` that stays: it is started again when it dies, falls silent or is to be faster, and asked without
// the fields that its driver does not know.
import type { Log } from '../log.ts';
import type { GpuProcess, GpuReading } from './gpu-reading.ts';
import type { LineHearers, LineProcess } from './line-process.ts';
import { NVIDIA_FIELDS, readNvidiaProcesses, readNvidiaRow, readUnknownField } from './read-nvidia-cards.ts';
import type { NvidiaRow } from './read-nvidia-cards.ts';

export interface NvidiaDoors {
  readonly start: (program: string, args: readonly string[], hearers: LineHearers) => LineProcess;
  readonly ask: (program: string, args: readonly string[], limitMs: number) => Promise<string>;
  readonly log: Log;
  readonly onCards: (cards: readonly GpuReading[]) => void;
}

const PROGRAM = 'nvidia-smi';
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 300_000;
/** A child that says nothing for so long, or for five of its beats, hangs. */
const SILENT_MS = 10_000;
const PROCESSES_MS = 15_000;
const ASK_MS = 5_000;

export class NvidiaWatch {
  readonly #doors: NvidiaDoors;
  #fields = NVIDIA_FIELDS.map(({ name }) => name);
  #paceMs = 0;
  #child: LineProcess | null = null;
  #rows: NvidiaRow[] = [];
  #byCard: ReadonlyMap<string, readonly GpuProcess[]> | null = null;
  #hasCards = false;
  #retryMs = FIRST_RETRY_MS;
  #isTold = false;
  #retry: NodeJS.Timeout | undefined;
  #silence: NodeJS.Timeout | undefined;
  #processes: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(doors: NvidiaDoors) {
    this.#doors = doors;
  }

  /** Begins, or goes on with another beat. */
  pace(everyMs: number): void {
    if (this.#isClosed || everyMs === this.#paceMs) return;
    const isFirst = this.#paceMs === 0;
    this.#paceMs = everyMs;
    if (isFirst || this.#child) this.#start();
  }

  close(): void {
    this.#isClosed = true;
    for (const timer of [this.#retry, this.#silence, this.#processes]) clearTimeout(timer);
    this.#child?.kill();
    this.#child = null;
  }

  #start(): void {
    this.#child?.kill();
    clearTimeout(this.#retry);
    this.#rows = [];
    const args = [
      `--query-gpu=${this.#fields.join(',')}`,
      '--format=csv,noheader,nounits',
      `--loop-ms=${this.#paceMs}`,
    ];
    this.#child = this.#doors.start(PROGRAM, args, {
      onLine: (line) => this.#hear(line),
      onEnd: (end) => this.#end(end),
    });
    this.#expect();
  }

  /** Somebody should hear of it again within this time. */
  #expect(): void {
    clearTimeout(this.#silence);
    const limitMs = Math.max(SILENT_MS, 5 * this.#paceMs);
    this.#silence = setTimeout(() => {
      this.#child?.kill();
      this.#end({ isAbsent: false, output: 'it fell silent' });
    }, limitMs).unref();
  }

  #hear(line: string): void {
    const row = readNvidiaRow(line, this.#fields);
    if (!row) return;
    this.#expect();
    // The next look has begun, whatever the last one lacked.
    if (this.#rows.some(({ reading }) => reading.index >= row.reading.index)) this.#tell();
    this.#rows.push(row);
    if (row.count === null || this.#rows.length >= row.count) this.#tell();
  }

  #tell(): void {
    const rows = this.#rows;
    this.#rows = [];
    this.#retryMs = FIRST_RETRY_MS;
    if (!this.#hasCards) void this.#askProcesses();
    this.#hasCards = true;
    this.#doors.onCards(
      rows.map(({ reading, uuid }) => ({
        ...reading,
        processes: this.#byCard === null || uuid === null ? null : (this.#byCard.get(uuid) ?? []),
      })),
    );
  }

  async #askProcesses(): Promise<void> {
    const args = ['--query-compute-apps=gpu_uuid,pid,used_memory', '--format=csv,noheader,nounits'];
    const text = await this.#doors.ask(PROGRAM, args, ASK_MS);
    if (this.#isClosed) return;
    // No line at all: nobody computes there. A failure reads the same, and then the next look puts it right.
    this.#byCard = readNvidiaProcesses(text);
    this.#processes = setTimeout(() => void this.#askProcesses(), PROCESSES_MS).unref();
  }

  #end({ isAbsent, output }: { readonly isAbsent: boolean; readonly output: string }): void {
    clearTimeout(this.#silence);
    this.#child = null;
    if (this.#isClosed || isAbsent) return;
    const unknown = readUnknownField(output);
    const isLeftOut = NVIDIA_FIELDS.some(({ name, isNeeded }) => name === unknown && !isNeeded);
    if (isLeftOut && this.#fields.includes(unknown ?? '')) {
      this.#fields = this.#fields.filter((name) => name !== unknown);
      return this.#start();
    }
    // One word for the owner of a machine whose driver is broken; where there never was a card there is nothing to say.
    if (this.#hasCards && !this.#isTold)
      this.#doors.log.warn('nvidia-smi ended: it is started again', { reason: output.trim().slice(-200) });
    this.#isTold = this.#hasCards;
    this.#retry = setTimeout(() => this.#start(), this.#retryMs).unref();
    this.#retryMs = Math.min(LAST_RETRY_MS, 2 * this.#retryMs);
  }
}
