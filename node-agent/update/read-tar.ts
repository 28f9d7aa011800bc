// The files of a tar archive, as npm packs one. Pure. Anything but plain files with plain paths is refused: an archive may not write beside its folder.
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';

export interface TarFile {
  /** Below the archive's one folder, with slashes. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

const BLOCK = 512;
const MOST_FILES = 5000;
/** Letters, digits and what paths of packages have; no part may be `..`. */
const PLAIN = /^[\w@+.,() -]+(?:\/[\w@+.,() -]+)*$/;

/** Errors are clauses. */
export function readTar(archive: Uint8Array): Result<TarFile[], string> {
  const files: TarFile[] = [];
  for (let at = 0; at + BLOCK <= archive.length;) {
    const head = archive.subarray(at, at + BLOCK);
    if (head.every((byte) => byte === 0)) return ok(files);
    const size = Number.parseInt(readText(head, 124, 12), 8);
    const kind = String.fromCodePoint(head[156] ?? 0);
    if (!Number.isSafeInteger(size) || size < 0 || at + BLOCK + size > archive.length) return err('it is cut short');
    if (!hasGoodSum(head)) return err('it is damaged');
    const bytes = archive.subarray(at + BLOCK, at + BLOCK + size);
    at += BLOCK + BLOCK * Math.ceil(size / BLOCK);
    // Folders come with their files; a note on all that follows (pax) says nothing that is needed.
    if (kind === '5' || kind === 'g') continue;
    const prefix = readText(head, 345, 155);
    const path = `${prefix === '' ? '' : `${prefix}/`}${readText(head, 0, 100)}`.replace(/^[^/]+\//, '');
    if (kind !== '0' && kind !== '\0') return err(`it holds what is no plain file (${path.slice(0, 80)})`);
    if (!PLAIN.test(path) || path.split('/').includes('..'))
      return err(`it holds a path that leads elsewhere (${path.slice(0, 80)})`);
    if (files.push({ path, bytes }) > MOST_FILES) return err('it holds too many files');
  }
  return err('it is cut short');
}

function readText(head: Uint8Array, from: number, length: number): string {
  const field = head.subarray(from, from + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end)).trim();
}

/** The sum of all bytes, those of the sum's own field counted as spaces. */
function hasGoodSum(head: Uint8Array): boolean {
  const sum = head.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  return Number.parseInt(readText(head, 148, 8), 8) === sum;
}
