// One file that is only appended to, and replaced as a whole: the one door to it. What was appended has been synced when the promise resolves; a
// crash at any point leaves what was there before, and at most one torn piece behind it.
// Only syncs are waited for on another thread: the rest goes to the page cache, where the trip there and back costs more than the call.
import {
  closeSync,
  fdatasync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { syncFolder } from '../home/durable-file.ts';

/** What it asks of the disk; a test puts a disk there that refuses, or dies. */
export interface LogDisk {
  readonly open: (path: string, flags: 'r+' | 'w+') => number;
  readonly close: (file: number) => void;
  readonly write: (file: number, bytes: Uint8Array, at: number) => number;
  readonly sync: (file: number) => Promise<void>;
  readonly truncate: (file: number, length: number) => void;
  readonly rename: (from: string, to: string) => void;
  readonly syncFolder: (folder: string) => Promise<void>;
}

const dataSync = promisify(fdatasync);

export const DISK: LogDisk = {
  open: (path, flags) => openSync(path, flags, 0o600),
  close: closeSync,
  write: (file, bytes, at) => writeSync(file, bytes, 0, bytes.length, at),
  sync: dataSync,
  truncate: ftruncateSync,
  rename: renameSync,
  syncFolder,
};

export class AppendFile {
  readonly #path: string;
  readonly #disk: LogDisk;
  #file: number | null;
  #size: number;
  /** Something may stand behind `#size` that was refused. */
  #isDirty = false;
  /** The file's name is not durable yet. */
  #isUnnamed = false;

  private constructor(path: string, disk: LogDisk, file: number | null, size: number) {
    this.#path = path;
    this.#disk = disk;
    this.#file = file;
    this.#size = size;
  }

  /** Opens the file and gives what stands in it; null where there is none, which is made by the first append. */
  static open(path: string, disk: LogDisk = DISK): { file: AppendFile; bytes: Buffer | null } {
    rmSync(draftOf(path), { force: true });
    const bytes = readOrNull(path);
    const file = bytes ? disk.open(path, 'r+') : null;
    return { file: new AppendFile(path, disk, file, bytes?.length ?? 0), bytes };
  }

  /** Bytes that count. */
  get size(): number {
    return this.#size;
  }

  /** Appends; with `isDurable` it is on disk afterwards. Rejects when the disk refuses: then nothing was appended. One call at a time. */
  async append(bytes: Uint8Array, isDurable: boolean): Promise<void> {
    const file = this.#file ?? this.#openAgain();
    await this.settle();
    if (this.#isDirty) this.#disk.truncate(file, this.#size);
    this.#isDirty = true;
    this.#writeAll(file, bytes, this.#size);
    if (isDurable) await this.#disk.sync(file);
    this.#isDirty = false;
    this.#size += bytes.length;
  }

  read(at: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    if (this.#file === null || readSync(this.#file, bytes, 0, length, at) < length)
      throw new Error('the file is shorter');
    return bytes;
  }

  /**
   * Puts other content in its place, at once or not at all. Rejects when the disk refuses: then the old content stands. Until `settle` a power cut may
   * bring that back; whatever is appended settles it first. One call at a time.
   */
  async replace(bytes: Uint8Array): Promise<void> {
    const draft = draftOf(this.#path);
    const file = this.#disk.open(draft, 'w+');
    try {
      this.#writeAll(file, bytes, 0);
      await this.#disk.sync(file);
    } finally {
      this.#disk.close(file);
    }
    const hadFile = this.#file !== null;
    // Windows renames over no open file.
    this.close();
    try {
      this.#disk.rename(draft, this.#path);
    } catch (error) {
      if (hadFile) this.#file = this.#disk.open(this.#path, 'r+');
      throw error;
    }
    this.#isUnnamed = true;
    this.#isDirty = false;
    this.#size = bytes.length;
    this.#file = this.#disk.open(this.#path, 'r+');
  }

  /** Resolves when a power cut cannot bring back what was replaced; rejects while the disk refuses that. */
  async settle(): Promise<void> {
    if (this.#isUnnamed) await this.#name();
  }

  close(): void {
    if (this.#file !== null) this.#disk.close(this.#file);
    this.#file = null;
  }

  #openAgain(): number {
    const isNew = this.#size === 0;
    this.#file = this.#disk.open(this.#path, isNew ? 'w+' : 'r+');
    if (isNew) this.#isUnnamed = true;
    return this.#file;
  }

  async #name(): Promise<void> {
    await this.#disk.syncFolder(dirname(this.#path));
    this.#isUnnamed = false;
  }

  #writeAll(file: number, bytes: Uint8Array, at: number): void {
    for (let done = 0; done < bytes.length;) done += this.#disk.write(file, bytes.subarray(done), at + done);
  }
}

function draftOf(path: string): string {
  return `${path}.tmp`;
}

function readOrNull(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
