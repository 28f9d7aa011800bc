// The keys that model servers want of who asks them: one for all from the environment, or one for each from backend-keys.json in the state folder,
// which nobody else may read. Never from the command line, which every user of the machine can. The one door to that file.
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { parseJson } from '../../schema/json.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { describeError } from '../log.ts';

export const BACKEND_KEYS_FILE = 'backend-keys.json';

/** What goes into a head of HTTP as it is. */
const key = z.string().regex(/^[\x21-\x7e]{1,4096}$/);
const fileSchema = z.record(z.string(), key);

/** The key of a server by its address; null for one that is asked without. */
export type BackendKeys = (url: string) => string | null;

/** `common`: for every server that has none of its own. Errors are sentences that name the file and never hold a key. */
export function readBackendKeys(state: string, common: string | undefined): Result<BackendKeys, string> {
  if (common !== undefined && common !== '' && !key.safeParse(common).success)
    return err('IRORI_BACKEND_KEY holds what can be no key: spaces, or letters beyond ASCII.');
  const own = readFile(join(state, BACKEND_KEYS_FILE));
  if (!own.ok) return own;
  return ok((url) => own.value.get(originOf(url) ?? '') ?? (common === undefined || common === '' ? null : common));
}

function readFile(path: string): Result<ReadonlyMap<string, string>, string> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
    if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0)
      return err(`${path} can be read by others on this machine. Close it with: chmod 600 ${path}`);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ok(new Map());
    return err(`${path} cannot be read: ${describeError(error)}. Mend it or move it away.`);
  }
  const parsed = fileSchema.safeParse(parseJson(text));
  if (!parsed.success)
    return err(
      `${path} must be like {"http://127.0.0.1:1337": "KEY"}: a key for each server. Mend it or move it away.`,
    );
  const keys = new Map<string, string>();
  for (const [url, value] of Object.entries(parsed.data)) {
    const origin = originOf(url);
    if (origin === null) return err(`${path} names '${url.slice(0, 100)}', which is no address of a server.`);
    keys.set(origin, value);
  }
  return ok(keys);
}

function originOf(url: string): string | null {
  if (!URL.canParse(url)) return null;
  const { protocol, origin } = new URL(url);
  return protocol === 'http:' || protocol === 'https:' ? origin : null;
}
