// The key of a wallet or of a gas account that its owner names by file for one command. It is read and never copied, kept or logged; nobody else may read it.
import { readFile, stat } from 'node:fs/promises';
import type { Hex } from '../../schema/bytes.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';

/** `flag`: how the owner named it. Errors are sentences for the owner and never hold a key. */
export async function readKeyFile(path: string, flag: string): Promise<Result<Hex, string>> {
  let text: string;
  try {
    text = (await readFile(path, 'utf8')).trim();
    if (process.platform !== 'win32' && ((await stat(path)).mode & 0o077) !== 0)
      return err(`${flag}: ${path} can be read by others on this machine. Close it with: chmod 600 ${path}`);
  } catch {
    return err(`${flag}: ${path} cannot be read.`);
  }
  const [, digits] = /^(?:0x)?([0-9a-fA-F]{64})$/.exec(text) ?? [];
  return digits === undefined
    ? err(`${flag}: ${path} must hold a private key and nothing else: 0x and 64 hex digits.`)
    : ok(`0x${digits.toLowerCase()}` as Hex);
}
