// Whether receipts can be written: a home whose disk is full would work for nothing, so it takes no jobs until the disk has room again.
import { statfs, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../log.ts';
import { describeError } from '../log.ts';

interface DiskDoors {
  /** The state folder. */
  readonly folder: string;
  readonly log: Log;
  /** Told when the home may work, and when it may not. */
  readonly onChange: (isFull: boolean) => void;
  /** Free bytes of the folder's disk; rejects where that cannot be told. */
  readonly readFree?: ((folder: string) => Promise<number>) | undefined;
  readonly retryMs?: number;
}

/** Less than this is as good as full: receipts, chain and acceptances of the jobs under way must still fit. */
export const LEAST_FREE_BYTES = 16 * 1024 * 1024;
/** As much as the receipts that may end together. */
const DRAFT = 'x'.repeat(256 * 1024);
const RETRY_MS = 10_000;

export class DiskWatch {
  readonly #doors: DiskDoors;
  #isFull = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(doors: DiskDoors) {
    this.#doors = doors;
  }

  /** A receipt could not be stored: no more jobs until something can be. */
  noteFailure(): void {
    this.#tell(true, 'A receipt could not be stored.');
  }

  /** Looks at the disk; never rejects. */
  async check(): Promise<void> {
    const fault = await this.#findFault();
    this.#tell(fault !== null, fault ?? '');
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #tell(isFull: boolean, fault: string): void {
    const { log, onChange, folder, retryMs = RETRY_MS } = this.#doors;
    clearTimeout(this.#timer);
    if (isFull) this.#timer = setTimeout(() => void this.check(), retryMs).unref();
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    if (isFull) log.error('no new jobs until the disk has room for receipts', { folder, reason: fault });
    else log.info('the disk has room again', { folder });
    onChange(isFull);
  }

  async #findFault(): Promise<string | null> {
    const { folder, readFree = freeBytes } = this.#doors;
    const free = await readFree(folder).catch(() => Infinity);
    if (free < LEAST_FREE_BYTES) return `${Math.floor(free / 1e6)} MB are free, ${LEAST_FREE_BYTES / 1e6} are needed.`;
    if (!this.#isFull) return null;
    const draft = join(folder, `disk-check.${process.pid}.tmp`);
    try {
      await writeFile(draft, DRAFT, { mode: 0o600, flush: true });
      return null;
    } catch (error) {
      return describeError(error);
    } finally {
      // A draft that was never begun is nothing to remove.
      await unlink(draft).catch(() => undefined);
    }
  }
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
