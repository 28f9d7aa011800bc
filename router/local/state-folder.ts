// The folder that a local network lives in: who runs it now, its secrets, its demo account, and what scripts may read. Files are 0600.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, openSync, closeSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { findMarked, isAlive, killNow } from './child-processes.ts';
import { StartError } from './start-error.ts';

const PRIVATE = 0o600;
/** In the environment of every process that a state folder started, with the folder as value. */
export const STATE_MARK = 'IRORI_LOCAL_STATE';

const secretsFile = z.object({
  ADMIN_SECRET: z.string(),
  KEY_HMAC_SECRET: z.string(),
  NODE_TOKEN_SECRET: z.string(),
  // Written there by whoever changes one (router/README.md, "Keys").
  KEY_HMAC_SECRET_PREVIOUS: z.string().exactOptional(),
  NODE_TOKEN_SECRET_PREVIOUS: z.string().exactOptional(),
  ROUTER_SIGNING_KEY_PREVIOUS: z.string().exactOptional(),
  ROUTER_SIGNING_KEY: z.string(),
});
const demoFile = z.object({ accountId: z.string(), apiKey: z.string() });

/** Secrets of the router, made once per folder. */
export type LocalSecrets = z.infer<typeof secretsFile>;
/** The account and key that the network prints. */
export type DemoAccount = z.infer<typeof demoFile>;

/** `demo`: whose the homes are, and who calls them. `caller`: somebody else, whose calls they are paid for. */
export type AccountName = 'demo' | 'caller';

/** What scripts read from DIR/local.json while the network runs. */
export interface LocalFile {
  readonly endpoint: string;
  readonly apiKey: string;
  /** With a chain of an account that has no homes, so that they earn by its calls; else the same. */
  readonly callerKey: string;
  readonly adminSecret: string;
  readonly pids: {
    readonly edge: readonly number[];
    readonly agents: readonly number[];
    /** Of this machine's own chain. */
    readonly chain: readonly number[];
  };
}

/** A state folder that this process holds alone. */
export interface StateFolder {
  readonly dir: string;
  readonly secrets: LocalSecrets;
  readAccount(name: AccountName): DemoAccount | null;
  writeAccount(name: AccountName, account: DemoAccount): void;
  writeLocal(local: LocalFile): void;
  /** Removes local.json and lets go of the folder. */
  release(): void;
}

/** Takes the folder for this process, making it and its secrets if need be. Throws StartError when that cannot be. */
export function openStateFolder(path: string): StateFolder {
  const dir = resolve(path);
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    takeLock(dir);
    return {
      dir,
      secrets: openSecrets(join(dir, 'secrets.json')),
      readAccount: (name) => readJson(join(dir, `${name}.json`), demoFile),
      writeAccount: (name, account) => writePrivate(join(dir, `${name}.json`), account),
      writeLocal: (local) => writePrivate(join(dir, 'local.json'), local),
      release: () => {
        for (const name of ['local.json', 'lock']) rmSync(join(dir, name), { force: true });
      },
    };
  } catch (cause) {
    if (cause instanceof StartError) throw cause;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new StartError(
      `Cannot write to ${dir} (${code}). Make it writable, or choose another folder: npm start -- --state /tmp/irori`,
    );
  }
}

function takeLock(dir: string): void {
  const path = join(dir, 'lock');
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      const file = openSync(path, 'wx', PRIVATE);
      writeFileSync(file, String(process.pid));
      closeSync(file);
      return;
    } catch (cause) {
      if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause;
    }
    const holder = Number(readFileSync(path, 'utf8'));
    if (isNetwork(holder))
      throw new StartError(
        `A network already runs on ${dir} (process ${holder}). Stop it, or start beside it: npm start -- --state .irori2 --port 8788`,
      );
    endOrphans(dir);
    rmSync(path, { force: true });
  }
  throw new StartError(`Another network is starting on ${dir} right now. Wait a moment and try again.`);
}

/** True when the holder of a lock still runs; a recycled process id is told apart where the command line can be seen. */
function isNetwork(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || !isAlive(pid)) return false;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('start');
  } catch {
    return true;
  }
}

/** A killed process is gone within this time, ms. */
const ORPHAN_END_MS = 2000;

/** Ends what a network left running when it was killed itself, at whatever moment; only where a process can be known by its environment. */
function endOrphans(dir: string): void {
  const orphans = findMarked(`${STATE_MARK}=${dir}`);
  killNow(orphans);
  // Until they are gone they hold the port that this start is about to take. Nothing else runs yet that could wait instead.
  const deadlineAt = Date.now() + ORPHAN_END_MS;
  while (orphans.some(isAlive) && Date.now() < deadlineAt)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
}

function openSecrets(path: string): LocalSecrets {
  const found = readJson(path, secretsFile);
  if (found !== null) return found;
  if (existsSync(path))
    throw new StartError(`${path} cannot be read as secrets. Remove the folder to begin anew, or restore the file.`);
  const made: LocalSecrets = {
    ADMIN_SECRET: randomBytes(24).toString('base64url'),
    KEY_HMAC_SECRET: randomBytes(32).toString('base64url'),
    NODE_TOKEN_SECRET: randomBytes(32).toString('base64url'),
    ROUTER_SIGNING_KEY: `0x${randomBytes(32).toString('hex')}`,
  };
  writePrivate(path, made);
  return made;
}

function readJson<T>(path: string, shape: z.ZodType<T>): T | null {
  try {
    const parsed = shape.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** Written beside and renamed, so that a reader sees the old file or the new one, never half of it. */
function writePrivate(path: string, value: unknown): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(value, null, 2)}\n`, { mode: PRIVATE });
  renameSync(`${path}.new`, path);
}
