// What a home says of itself in its state folder: DIR/status.json, the file behind `irori-node status`. Reads only.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';

const statusFile = z.object({
  pid: z.number(),
  router: z.string(),
  node: z.string().nullable(),
  state: z.string(),
  models: z.array(z.string()),
});

/** The part that a local network looks at; `node` is null until it has enrolled, `state` is `connected` once its link stands; `models` may hold patterns. */
export type HomeStatus = z.infer<typeof statusFile>;

/** The status in a home's state folder; null when none was written yet. */
export async function readHomeStatus(stateDir: string): Promise<HomeStatus | null> {
  try {
    const parsed = statusFile.safeParse(JSON.parse(await readFile(join(stateDir, 'status.json'), 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
