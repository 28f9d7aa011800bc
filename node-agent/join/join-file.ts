// How far joining has come, in DIR/join.json (mode 0600: it holds the secret of a link under way). Killed anywhere, the next start goes on from here.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { readJsonFile, writeDurably } from '../home/durable-file.ts';
import { makePrivateFolder } from '../home/private-folder.ts';

const linkSchema = z.object({
  router: z.string(),
  deviceCode: z.string(),
  /** Proves that this machine asked for the link. */
  verifier: z.string(),
  userCode: z.string(),
  uri: z.string(),
  uriComplete: z.string(),
  /** Ms since epoch by this machine's clock. */
  expiresAt: z.number(),
  intervalMs: z.number(),
});
export type PendingLink = z.output<typeof linkSchema>;

const progressSchema = z.object({
  /** Origin of the router, once it answered. */
  router: z.string().nullable().default(null),
  /** Models and settings were chosen and stand in config.json. */
  isChosen: z.boolean().default(false),
  /** Names of what is shared, for people. */
  shared: z.array(z.string()).default([]),
  link: linkSchema.nullable().default(null),
  /** An enrolment code that was got and not spent yet. */
  code: z.string().nullable().default(null),
  /** The owner has read when it works. */
  isTimed: z.boolean().default(false),
  /** The private job whose receipt was signed. */
  testedJob: z.string().nullable().default(null),
  isAtLoginAsked: z.boolean().default(false),
});
export type Progress = z.output<typeof progressSchema>;

const FILE = 'join.json';

export class JoinFile {
  readonly #folder: string;
  #progress: Progress;

  private constructor(folder: string, progress: Progress) {
    this.#folder = folder;
    this.#progress = progress;
  }

  /** A file that cannot be read counts as none: joining begins anew, and loses nothing but answers. Rejects where the folder cannot be made. */
  static async open(folder: string): Promise<JoinFile> {
    await makePrivateFolder(folder);
    const kept = await readJsonFile(join(folder, FILE)).catch(() => null);
    return new JoinFile(folder, progressSchema.safeParse(kept ?? {}).data ?? progressSchema.parse({}));
  }

  get progress(): Progress {
    return this.#progress;
  }

  /** On disk before it resolves. Rejects where the disk refuses. */
  async note(change: Partial<Progress>): Promise<void> {
    this.#progress = { ...this.#progress, ...change };
    await writeDurably(join(this.#folder, FILE), `${JSON.stringify(this.#progress, null, 2)}\n`);
  }

  /** Begins anew at the next start. */
  async drop(): Promise<void> {
    this.#progress = progressSchema.parse({});
    await rm(join(this.#folder, FILE), { force: true });
  }
}
