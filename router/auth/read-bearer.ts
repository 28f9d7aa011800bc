// The token of an Authorization header, and the other headers that clients send a key in. Pure.
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

/** Where Azure's and Anthropic's clients put a key. */
const KEY_HEADERS = ['x-api-key', 'api-key'];

/**
 * The Authorization header of a request, or one made of the key that stands in another header; null where no key is sent.
 * A bearer token goes before the others; another scheme, such as a proxy's Basic, does not.
 */
export function pickKeyHeader(read: (name: string) => string | undefined): string | null {
  const said = read('authorization');
  if (readBearer(said).ok) return said ?? null;
  for (const name of KEY_HEADERS) {
    const key = (read(name) ?? '').trim();
    if (key !== '') return readBearer(key).ok ? key : `Bearer ${key}`;
  }
  return said ?? null;
}
