// Small files that must survive a crash: written beside, synced, renamed into place. The one door for durable writes of the agent's state.
import { mkdir, open, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

let drafts = 0;

/** Replaces a file at once or not at all. After it resolves, the content outlives a process kill, and after `syncFolder` a power cut. */
export async function writeDurably(path: string, text: string): Promise<void> {
  drafts += 1;
  const draft = `${path}.${process.pid}.${drafts}.tmp`;
  const file = await open(draft, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}

/** Makes renames and removals in a folder durable. Windows cannot open a folder for this and does not need it. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Replaces a file at once or not at all, without syncing: for facts that may be lost in a power cut. */
export async function writeWhole(path: string, text: string): Promise<void> {
  drafts += 1;
  const draft = `${path}.${process.pid}.${drafts}.tmp`;
  await writeFile(draft, text, { mode: 0o600 });
  await rename(draft, path);
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

/** Makes a folder that only its owner can enter. */
export async function makePrivateFolder(folder: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
}
