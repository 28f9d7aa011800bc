// Which routers know this node, and under which account: one small file in the state folder. No secrets.
import { join } from 'node:path';
import * as z from 'zod';
import type { Log } from '../log.ts';
import { readJsonFile, writeDurably } from './durable-file.ts';
import { readKept } from './kept-file.ts';

const identitySchema = z.object({
  node: z.string(),
  account: z.string(),
  /** sha256 of the code that was used, so that a new code is told from the old one. */
  codeHash: z.string(),
});
type Identity = z.output<typeof identitySchema>;

const fileSchema = z.object({ routers: z.record(z.string(), identitySchema) });
const FILE = 'identity.json';

export class IdentityFile {
  readonly #path: string;
  readonly #routers: Map<string, Identity>;

  private constructor(path: string, routers: Map<string, Identity>) {
    this.#path = path;
    this.#routers = routers;
  }

  /** A damaged file counts as none: the node can be enrolled again with a new code. */
  static async open(folder: string, log: Log): Promise<IdentityFile> {
    const path = join(folder, FILE);
    const kept = await readKept(path, fileSchema, log);
    return new IdentityFile(path, new Map(Object.entries(kept?.routers ?? {})));
  }

  /** True where the file can be read and knows nothing of a router any more. Tells nobody of a damaged one. */
  static async hasForgotten(folder: string, router: string): Promise<boolean> {
    const parsed = fileSchema.safeParse(await readJsonFile(join(folder, FILE)).catch(() => null));
    return parsed.success && !Object.hasOwn(parsed.data.routers, router);
  }

  /** `router` is its origin, as parseRouterUrl gives it. */
  find(router: string): Identity | null {
    return this.#routers.get(router) ?? null;
  }

  /** Rejects where it cannot be written, and knows it no more than the file does. */
  async save(router: string, identity: Identity): Promise<void> {
    await this.#write(new Map(this.#routers).set(router, identity));
    this.#routers.set(router, identity);
  }

  /** This home has left there. */
  async forget(router: string): Promise<void> {
    if (this.#routers.delete(router)) await this.#write(this.#routers);
  }

  #write(routers: ReadonlyMap<string, Identity>): Promise<void> {
    return writeDurably(this.#path, JSON.stringify({ routers: Object.fromEntries(routers) }, null, 2));
  }
}
