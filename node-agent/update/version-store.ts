// The versions of the agent in DIR/versions, beside the installed package: one that runs, the one before it, and what is known of both. The launcher
// (bin/choose-version.mjs) reads the same file before any of them starts, counts the starts, and goes back after three that came to nothing.
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as z from 'zod';
import { parseJson } from '../../schema/json.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { writeDurably } from '../home/durable-file.ts';
import { makePrivateFolder } from '../home/private-folder.ts';
import { describeError } from '../log.ts';
import { readTar } from './read-tar.ts';

const stateSchema = z.object({
  /** The version that starts; null for the installed package's own. */
  current: z.string().max(80).nullable().default(null),
  previous: z.string().max(80).nullable().default(null),
  /** Starts of the current one that came to nothing. */
  starts: z.number().int().min(0).default(0),
  /** Versions that did not start here. */
  bad: z.array(z.string().max(80)).default([]),
  /** Of the newest list of versions that was believed. */
  serial: z.number().int().min(0).default(0),
  /** What is there to be had, as it was last told. */
  offered: z.object({ version: z.string(), bytes: z.number() }).nullable().default(null),
  /** What the launcher went back from. */
  restored: z.object({ from: z.string(), to: z.string(), at: z.number() }).nullable().default(null),
});
export type VersionState = z.output<typeof stateSchema>;

const FILE = 'current.json';
/** The unpacked program: a bundle, a model, licences. */
const MOST_BYTES = 400 * 1024 * 1024;

export class VersionStore {
  readonly #folder: string;

  /** `state`: the state folder. */
  constructor(state: string) {
    this.#folder = join(state, 'versions');
  }

  /** As it stands now; a damaged file counts as none. */
  read(): VersionState {
    try {
      return stateSchema.parse(parseJson(readFileSync(join(this.#folder, FILE), 'utf8')));
    } catch {
      return stateSchema.parse({});
    }
  }

  /** Rejects where the disk refuses. */
  async note(change: Partial<VersionState>): Promise<void> {
    await makePrivateFolder(this.#folder);
    await writeDurably(join(this.#folder, FILE), JSON.stringify({ ...this.read(), ...change }));
  }

  /** This start came to something: a version that runs is not gone back from. Never rejects. */
  async markGood(): Promise<void> {
    if (this.read().starts > 0) await this.note({ starts: 0 }).catch(() => undefined);
  }

  /** Where a version's files are, or will be. */
  place(version: string): string {
    return join(this.#folder, version);
  }

  /** Where its package is kept while it comes. */
  archive(version: string): string {
    return join(this.#folder, `${version}.tgz`);
  }

  /** Unpacks a package beside the others. Nothing of it runs yet. Errors are sentences for the owner. */
  async unpack(version: string, archive: Uint8Array): Promise<Result<string, string>> {
    const draft = join(this.#folder, `${version}.draft`);
    try {
      await rm(draft, { recursive: true, force: true });
      const files = readTar(gunzipSync(archive, { maxOutputLength: MOST_BYTES }));
      if (!files.ok) return err(`The package of version ${version} cannot be used: ${files.error}.`);
      for (const { path, bytes } of files.value) {
        await mkdir(dirname(join(draft, path)), { recursive: true, mode: 0o700 });
        await writeFile(join(draft, path), bytes, { mode: 0o600 });
      }
      const told = files.value.find(({ path }) => path === 'package.json');
      const manifest = z.object({ name: z.literal('irori-node'), version: z.literal(version) });
      if (!manifest.safeParse(parseJson(new TextDecoder().decode(told?.bytes))).success)
        return err(`The package is not irori-node ${version}.`);
      await rm(this.place(version), { recursive: true, force: true });
      await rename(draft, this.place(version));
      return ok(join(this.place(version), 'dist', 'irori-node.mjs'));
    } catch (error) {
      return err(`The package of version ${version} cannot be unpacked: ${describeError(error)}.`);
    } finally {
      await rm(draft, { recursive: true, force: true }).catch(() => undefined);
    }
  }

  /** From the next start on it is this one; the one before is kept, older ones go. */
  async choose(version: string, serial: number): Promise<void> {
    const { current, previous: before } = this.read();
    // Brought twice before it was started once, it is not its own predecessor.
    const previous = current === version ? before : current;
    await this.note({ current: version, previous, starts: 0, serial, restored: null, offered: null });
    const kept = new Set([FILE, version, previous]);
    const names = await readdir(this.#folder);
    for (const name of names.filter((one) => !kept.has(one)))
      await rm(join(this.#folder, name), { recursive: true, force: true });
  }
}
