// Looks for a newer version and brings it into the versions folder. What starts it is the launcher, at the next start; when that may be is the caller's matter.
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { makePrivateFolder } from '../home/private-folder.ts';
import { askRouter } from '../link/router-door.ts';
import { fetchFile } from './file-fetch.ts';
import { MANIFEST_BYTES, readManifest } from './read-manifest.ts';
import type { Offer } from './read-manifest.ts';
import { isSignedBy, listReleaseKeys } from './release-keys.ts';
import { VersionStore } from './version-store.ts';
import { dirname } from 'node:path';

export interface UpdateSettings {
  /** The state folder. */
  readonly state: string;
  readonly manifestUrl: string;
  /** A key that the owner trusts beside the package's; null for none. */
  readonly ownKey: string | null;
  /** The version that runs. */
  readonly current: string;
}

const TRIAL_MS = 20_000;

/** Null where nothing is newer. Errors are sentences for the owner. */
export async function findUpdate(
  { state, manifestUrl, ownKey, current }: UpdateSettings,
  now: number,
): Promise<Result<Offer | null, string>> {
  const keys = listReleaseKeys(ownKey);
  if (keys.length === 0)
    return err('This build holds no release key, so it believes no list of versions: update it as it was installed.');
  const answer = await askRouter(manifestUrl, { mostBytes: MANIFEST_BYTES });
  if (!answer.ok) return err(`The list of versions at ${manifestUrl} did not come: ${answer.error}.`);
  if (answer.value.status !== 200)
    return err(`The list of versions at ${manifestUrl} did not come (status ${answer.value.status}).`);
  const store = new VersionStore(state);
  const { serial, bad } = store.read();
  const read = readManifest(answer.value.text, {
    isSigned: (text, signatures) => isSignedBy(keys, text, signatures),
    current,
    seenSerial: serial,
    bad,
    platform: `${process.platform}-${process.arch}`,
    node: Number(process.versions.node.split('.')[0]),
    now,
  });
  if (!read.ok) return read;
  const { offer } = read.value;
  const offered = offer && { version: offer.version, bytes: offer.bytes };
  // What cannot be kept is found again.
  await store.note({ serial: read.value.serial, offered }).catch(() => undefined);
  return ok(offer);
}

/** Fetched, checked, unpacked, and seen to start; from the next start on it is the one. Errors are sentences for the owner; what ran is untouched then. */
export async function bringUpdate(
  { state }: Pick<UpdateSettings, 'state'>,
  { version, serial, url, bytes, sha256 }: Offer,
  retryMs?: number,
): Promise<Result<null, string>> {
  if (isSingleFile()) return err(SINGLE_FILE);
  const store = new VersionStore(state);
  const path = store.archive(version);
  try {
    await makePrivateFolder(dirname(path));
    const file = await fetchFile({ url, path, bytes, sha256 }, retryMs);
    if (!file.ok) return file;
    const program = await store.unpack(version, file.value);
    if (!program.ok) return program;
    const told = await tryProgram(program.value);
    if (told !== version) {
      await rm(store.place(version), { recursive: true, force: true });
      return err(
        `Version ${version} does not start on this machine: ${told === '' ? 'it says nothing' : told}. Nothing was changed.`,
      );
    }
    await store.choose(version, serial);
    return ok(null);
  } catch (error) {
    return err(
      `Version ${version} cannot be kept in ${state}: ${error instanceof Error ? error.message : 'the disk refuses'}.`,
    );
  }
}

const SINGLE_FILE =
  'This is the single file, which no update replaces: put the new one in its place, from where this one came.';

/** Node's single executable chooses no version at its start. */
function isSingleFile(): boolean {
  const { getBuiltinModule } = process as unknown as {
    getBuiltinModule?: (name: string) => { isSea?: () => boolean } | undefined;
  };
  return getBuiltinModule?.('node:sea')?.isSea?.() === true;
}

/** What the program says to --version, or to its failure. */
function tryProgram(program: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, '--version'], { timeout: TRIAL_MS, windowsHide: true }, (error, stdout) =>
      resolve(error === null ? stdout.trim() : `it ended with status ${String(error.code ?? error.signal)}`),
    );
  });
}
