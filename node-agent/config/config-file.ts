// Changes of config.json in the state folder: what the owner wrote there stays as it is, and a crash leaves the old file or the new one.
import { join } from 'node:path';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { readJsonFile, writeDurably } from '../home/durable-file.ts';
import { makePrivateFolder } from '../home/private-folder.ts';
import { describeError } from '../log.ts';
import type { OptionKey } from './options.ts';
import type { OptionValue } from './parse-flags.ts';

/** Null takes a setting away. */
export type ConfigChange = Partial<Record<OptionKey, OptionValue | null>>;

/** Errors are sentences for the owner: a file that is no JSON object is theirs to mend, never overwritten. */
export async function changeConfig(folder: string, change: ConfigChange): Promise<Result<null, string>> {
  const path = join(folder, 'config.json');
  try {
    await makePrivateFolder(folder);
    const kept = await readJsonFile(path);
    if (kept !== null && (typeof kept !== 'object' || Array.isArray(kept)))
      return err(`${path} is not a JSON object. Mend it or move it away.`);
    const values = new Map<string, unknown>(Object.entries(kept ?? {}));
    for (const [key, value] of Object.entries(change)) {
      if (value === null) values.delete(key);
      else values.set(key, value);
    }
    await writeDurably(path, `${JSON.stringify(Object.fromEntries(values), null, 2)}\n`);
    return ok(null);
  } catch (error) {
    const reason = error instanceof SyntaxError ? 'it is not JSON' : describeError(error);
    return err(`${path} cannot be changed: ${reason}. Mend it or move it away.`);
  }
}
