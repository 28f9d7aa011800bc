// A meter of the owner's: a command that prints watts or a counter, run now and then without a shell. The one door to it.
import { execFile } from 'node:child_process';
import type { Log } from '../log.ts';
import type { WallMeter } from './meter-reading.ts';
import { readPowerText } from './read-power-text.ts';

interface CommandDoors {
  readonly command: readonly [program: string, ...args: string[]];
  /** Never more often. */
  readonly everyMs: number;
  readonly log: Log;
  readonly onReading: (reading: WallMeter) => void;
}

/** A plug in the home network answers within this time, or not at all. */
const LIMIT_MS = 10_000;
/** Of a command that fails again and again the owner is told once. */
const TOLD_AFTER = 3;

export class PowerCommand {
  readonly #doors: CommandDoors;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #isClosed = false;

  constructor(doors: CommandDoors) {
    this.#doors = doors;
  }

  start(): void {
    void this.#look();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    const { command, everyMs, onReading } = this.#doors;
    const startedAt = performance.now();
    const { text, fault } = await run(command, Math.min(LIMIT_MS, Math.max(1000, everyMs)));
    if (this.#isClosed) return;
    const reading = fault === null ? readPowerText(text) : null;
    if (reading) onReading(reading);
    this.#note(reading ? null : (fault ?? 'it printed neither watts nor a counter'));
    const waitMs = Math.max(0, everyMs - (performance.now() - startedAt));
    this.#timer = setTimeout(() => void this.#look(), waitMs).unref();
  }

  #note(fault: string | null): void {
    if (fault === null && this.#failures >= TOLD_AFTER) this.#doors.log.info('the power command works again');
    this.#failures = fault === null ? 0 : this.#failures + 1;
    if (this.#failures === TOLD_AFTER)
      this.#doors.log.warn('the power command fails: energy is told without it meanwhile', { reason: fault });
  }
}

function run(
  [program, ...args]: CommandDoors['command'],
  limitMs: number,
): Promise<{ readonly text: string; readonly fault: string | null }> {
  return new Promise((resolve) => {
    const options = {
      timeout: limitMs,
      maxBuffer: 256 * 1024,
      windowsHide: true,
      shell: false,
      killSignal: 'SIGKILL',
    } as const;
    try {
      execFile(program, args, options, (error, stdout) =>
        resolve({ text: stdout, fault: error ? tellFault(error, limitMs) : null }),
      );
    } catch (error) {
      // A word with a NUL in it, or a .bat file, which Node runs by a shell only.
      resolve({ text: '', fault: error instanceof Error ? error.message : String(error) });
    }
  });
}

function tellFault(error: Error & { readonly killed?: boolean; readonly code?: unknown }, limitMs: number): string {
  if (error.code === 'ENOENT') return 'there is no such program';
  if (error.killed === true) return `it took longer than ${limitMs} ms`;
  return `it ended with ${String(error.code)}`;
}
