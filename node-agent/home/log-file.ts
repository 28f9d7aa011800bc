// The agent's log on disk, for `irori-node logs`: two files of a bounded size in DIR/log, the newer one written, the older one kept. The same lines as
// on the error stream, so never a prompt or an answer. A disk that refuses loses lines of the log and nothing else.
import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Weeks of a home's events; a debugging one's hours. */
const FILE_BYTES = 1024 * 1024;
/** Lines wait so long for others, ms: what is lost with a killed process. */
const GATHER_MS = 250;

/** The newer file and the older one. */
export function findLogFiles(folder: string): { readonly newer: string; readonly older: string } {
  return { newer: join(folder, 'log', 'agent.log'), older: join(folder, 'log', 'agent.log.1') };
}

export class LogFile {
  readonly #folder: string;
  readonly #mostBytes: number;
  #waiting = '';
  #bytes: number | null = null;
  #timer: NodeJS.Timeout | undefined;

  /** `folder`: the state folder. */
  constructor(folder: string, mostBytes: number = FILE_BYTES) {
    this.#folder = folder;
    this.#mostBytes = mostBytes;
  }

  /** Whole lines; on disk a moment later. */
  add(lines: string): void {
    this.#waiting += lines;
    this.#timer ??= setTimeout(() => this.flush(), GATHER_MS).unref();
  }

  /** Writes what waits; never throws. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const lines = this.#waiting;
    this.#waiting = '';
    if (lines === '') return;
    try {
      this.#write(lines);
    } catch {
      // Told nowhere: the log itself is what cannot be written, and the disk's watch tells a full one.
      this.#bytes = null;
    }
  }

  #write(lines: string): void {
    const { newer, older } = findLogFiles(this.#folder);
    if (this.#bytes === null) {
      makeFolder(join(this.#folder, 'log'));
      this.#bytes = statSync(newer, { throwIfNoEntry: false })?.size ?? 0;
    }
    if (this.#bytes > 0 && this.#bytes + lines.length > this.#mostBytes) {
      renameSync(newer, older);
      this.#bytes = 0;
    }
    appendFileSync(newer, lines, { mode: 0o600 });
    this.#bytes += Buffer.byteLength(lines);
  }
}

/** Not the state folder itself: that is made, closed to others, by whoever opens the key. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}
