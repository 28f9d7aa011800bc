// Small files that must survive a crash: written beside, synced, renamed into place. The one door for durable writes of the agent's state.
// Only the sync is waited for on another thread, since only it waits for the disk: for the rest, which goes to the page cache, each trip
// to that thread and back costs more than the call, and a receipt takes a dozen.
import { closeSync, fsync, openSync, renameSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

let drafts = 0;

/** Replaces a file at once or not at all. After it resolves, the content outlives a process kill, and after `syncFolder` a power cut. */
export async function writeDurably(path: string, text: string): Promise<void> {
  drafts += 1;
  const draft = `${path}.${process.pid}.${drafts}.tmp`;
  const file = openSync(draft, 'w', 0o600);
  try {
    writeFileSync(file, text);
    await syncFile(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
}

/** Makes renames and removals in a folder durable. Windows cannot open a folder for this and does not need it. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const file = openSync(folder, 'r');
  try {
    await syncFile(file);
  } finally {
    closeSync(file);
  }
}

const syncFile = promisify(fsync);

/** Replaces a file at once or not at all, without syncing: for facts that may be lost in a power cut. */
export async function writeWhole(path: string, text: string): Promise<void> {
  drafts += 1;
  const draft = `${path}.${process.pid}.${drafts}.tmp`;
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, path);
}

/** A JSON file's value, or null when there is no such file. Rejects when it cannot be read or is not JSON. */
export async function readJsonFile(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
