// A home that goes on under another account does so under a new key, since what it earned is bound to the old one. The new key waits in DIR/moving until
// the router has taken it; then the old key and its records go to DIR/left/NODE and the new one takes their place. Begun again, it goes on where it was.
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { makePrivateFolder } from '../home/private-folder.ts';
import { readJsonFile, writeDurably } from '../home/durable-file.ts';
import { openSessionKey } from '../receipts/session-key.ts';
import type { SessionKey } from '../receipts/session-key.ts';
import type { Result } from '../../schema/result.ts';

/** What is bound to the old key. */
const BOUND = ['receipts', 'earned', 'epochs', 'credit-order.json', 'status.json', 'identity.json'] as const;
const KEY = 'session.key';

const takenSchema = z.object({
  router: z.string(),
  node: z.string(),
  account: z.string(),
  codeHash: z.string(),
  /** The node that it was. */
  from: z.string(),
});
/** What the router took. */
export type Taken = z.output<typeof takenSchema>;

/** The key to go on with; made once, however often the move is begun. */
export function openNextKey(folder: string): Promise<Result<SessionKey, string>> {
  return openSessionKey(join(folder, 'moving'));
}

/** From now on the move is decided; null where it is not yet. */
export async function readTaken(folder: string): Promise<Taken | null> {
  return takenSchema.safeParse(await readJsonFile(join(folder, 'moving', 'taken.json')).catch(() => null)).data ?? null;
}

export async function keepTaken(folder: string, taken: Taken): Promise<void> {
  await writeDurably(join(folder, 'moving', 'taken.json'), JSON.stringify(taken));
}

/** Puts the new key in the old one's place. Rejects where the disk refuses; begun again it goes on. */
export async function finishMove(folder: string, taken: Taken): Promise<void> {
  const { router, node, account, codeHash, from } = taken;
  const left = join(folder, 'left', from);
  await makePrivateFolder(join(folder, 'left'));
  await mkdir(left, { recursive: true, mode: 0o700 });
  for (const name of BOUND) await rename(join(folder, name), join(left, name)).catch(ignoreMissing);
  await copyFile(join(folder, KEY), join(left, KEY), 1).catch(ignoreThere);
  await rename(join(folder, 'moving', KEY), join(folder, KEY)).catch(ignoreMissing);
  const routers = { [router]: { node, account, codeHash } };
  await writeDurably(join(folder, 'identity.json'), JSON.stringify({ routers }, null, 2));
  await rm(join(folder, 'moving'), { recursive: true, force: true });
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

/** The old key is kept once: begun again, the new one may be in its place already. */
function ignoreThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
