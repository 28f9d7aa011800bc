// Which codings a body went through, from its header. Pure.
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';

/** Nobody packs a body more often; each costs a pass over it. */
const MAX_CODINGS = 3;

/**
 * The codings of a `content-encoding` header in the order in which they are to be undone; `known` are those that can be.
 * The error is the first one that cannot, as written, or the whole header where it names too many.
 */
export function readCodings<K extends string>(header: string | undefined, known: readonly K[]): Result<K[], string> {
  const codings: K[] = [];
  for (const part of (header ?? '').split(',')) {
    const name = part
      .trim()
      .toLowerCase()
      .replace(/^x-gzip$/, 'gzip');
    if (name === '' || name === 'identity') continue;
    const coding = known.find((one) => one === name);
    if (coding === undefined) return err(part.trim());
    codings.unshift(coding);
    if (codings.length > MAX_CODINGS) return err(header ?? '');
  }
  return ok(codings);
}
