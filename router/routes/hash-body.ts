// What a call sent, as one hash: the same for every way to write the same fields down. A client that asks again by itself writes a form with another boundary,
// and another program may order its fields otherwise. Pure.
import { toHex } from '../../schema/bytes.ts';
import { openSha256 } from '../auth/digest.ts';
import type { Sha256 } from '../auth/digest.ts';

const encoder = new TextEncoder();

/** 128 bits: nobody gains by two bodies that collide but whoever sent both. */
const HASH_CHARS = 32;

/** Hex of 128 bits of the SHA-256 of parsed JSON, or of a form's fields, whose files are bytes. */
export function hashBody(body: unknown): string {
  const hash = openSha256();
  feed(hash, body);
  return finish(hash);
}

/** The same of an Idempotency-Key at one endpoint. */
export function hashKey(path: string, key: string): string {
  const hash = openSha256();
  feed(hash, [path, key]);
  return finish(hash);
}

function finish(hash: Sha256): string {
  return toHex(new Uint8Array(hash.digest())).slice(2, 2 + HASH_CHARS);
}

function write(hash: Sha256, text: string): void {
  hash.update(encoder.encode(text));
}

/** Each value says what it is and how long: no two of them read alike. */
function feed(hash: Sha256, value: unknown): void {
  if (value instanceof Uint8Array) {
    write(hash, `b${value.length}:`);
    hash.update(value);
  } else if (Array.isArray(value)) {
    write(hash, `a${value.length}:`);
    for (const item of value) feed(hash, item);
  } else if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
    write(hash, `o${fields.length}:`);
    for (const [name, field] of fields) {
      feed(hash, name);
      feed(hash, field);
    }
  } else if (typeof value === 'string') write(hash, `s${value.length}:${value}`);
  else write(hash, `v${String(value)};`);
}
