// Folders that only their owner can enter. Made step by step: Node's recursive mkdir runs in a circle for ever where a folder is there in which none
// can be made (/proc).
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes a folder, and those above it that are missing. Rejects with the system's error where it cannot be made, or is a file. */
export async function makePrivateFolder(folder: string): Promise<void> {
  await makeFolder(folder, 0o700);
}

async function makeFolder(folder: string, mode: number): Promise<void> {
  const fault = await tryFolder(folder, mode);
  if (fault === null) return;
  const parent = dirname(folder);
  if (fault.code !== 'ENOENT' || parent === folder) throw fault;
  await makeFolder(parent, 0o777);
  const again = await tryFolder(folder, mode);
  if (again !== null) throw again;
}

/** Null where the folder is there afterwards. */
async function tryFolder(folder: string, mode: number): Promise<NodeJS.ErrnoException | null> {
  try {
    await mkdir(folder, { mode });
    return null;
  } catch (error) {
    // A drive's root and a folder on a read-only disk fail in words of their own, though they are there.
    const found = await stat(folder).catch(() => null);
    return found?.isDirectory() === true ? null : (error as NodeJS.ErrnoException);
  }
}
