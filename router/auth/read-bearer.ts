// The token of an Authorization header. Pure.
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';

/** The token after `Bearer` (any case). `missing`: no header, or an empty one. `malformed`: another scheme or form. */
export function readBearer(header: string | null | undefined): Result<string, 'missing' | 'malformed'> {
  const text = (header ?? '').trim();
  if (text === '') return err('missing');
  const match = /^bearer +(\S+)$/i.exec(text);
  const token = match?.[1];
  return token === undefined ? err(/^bearer$/i.test(text) ? 'missing' : 'malformed') : ok(token);
}
