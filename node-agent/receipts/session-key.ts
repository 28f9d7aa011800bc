// The node's session key on disk: made at first start, 0600 in a 0700 folder. The one door to that file; the key is never logged or sent.
import { randomBytes } from 'node:crypto';
import { chmod, link, open, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fromHex, toHex } from '../../schema/bytes.ts';
import type { Hex } from '../../schema/bytes.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { addressOfPrivateKey } from '../../schema/typed-data.ts';
import { makePrivateFolder } from '../home/private-folder.ts';

export interface SessionKey {
  /** The node's address: lower-case hex of 20 bytes. */
  readonly address: Hex;
  /** 32 bytes; only for signing. */
  readonly privateKey: Uint8Array;
}

export interface OpenedKey extends SessionKey {
  /** Made just now: nothing was ever signed by it. */
  readonly isNew: boolean;
}

const KEY_FILE = 'session.key';

/** Reads the key of a state folder, or makes one. The error is a sentence for the owner (file readable by others, damaged, no access). */
export async function openSessionKey(folder: string): Promise<Result<OpenedKey, string>> {
  const path = join(folder, KEY_FILE);
  try {
    await makePrivateFolder(folder);
    const fault = await findOpenMode(folder, path);
    if (fault) return err(fault);
    const known = await readOrNull(path);
    return readKey(path, known ?? (await makeKey(path)), known === null);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return err(
      `The session key in ${folder} cannot be used: ${reason}. Check the folder, or choose another with --state.`,
    );
  }
}

function readKey(path: string, text: string, isNew: boolean): Result<OpenedKey, string> {
  const hex = text.trim();
  if (!/^0x[0-9a-f]{64}$/.test(hex)) {
    return err(`The session key ${path} is damaged. Restore it from a copy, or move it away to start as a new node.`);
  }
  const privateKey = fromHex(hex);
  return ok({ address: addressOfPrivateKey(privateKey), privateKey, isNew });
}

/** Windows keeps no mode bits: there the folder lies in the owner's profile, which others cannot read. */
async function findOpenMode(folder: string, path: string): Promise<string | null> {
  if (process.platform === 'win32') return null;
  const mode = await modeOf(path);
  if (mode !== null && (mode & 0o077) !== 0) {
    const shown = mode.toString(8);
    return `The session key ${path} can be read by others (mode ${shown}). If nobody else uses this machine run \`chmod 600 ${path}\`; otherwise move it away and enrol as a new node.`;
  }
  if (((await modeOf(folder)) ?? 0) & 0o077) await chmod(folder, 0o700);
  return null;
}

async function modeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).mode & 0o777;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Written in full before it gets its name, so a start that is cut off leaves no half key; `link` refuses to replace one. */
async function makeKey(path: string): Promise<string> {
  const text = toHex(newPrivateKey());
  const draft = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(draft, path);
  } finally {
    // A draft that was never begun is nothing to remove.
    await unlink(draft).catch(() => undefined);
  }
  return text;
}

function newPrivateKey(): Uint8Array {
  for (;;) {
    const bytes = new Uint8Array(randomBytes(32));
    try {
      addressOfPrivateKey(bytes);
      return bytes;
    } catch {
      continue;
    }
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
