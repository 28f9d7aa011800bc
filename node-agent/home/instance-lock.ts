// One agent per state folder: two would use one key and number two receipts alike. A local socket is the lock, so it ends with its process.
// The same socket is the owner's way to the running agent; who may use it is who may enter the folder.
import { createHash } from 'node:crypto';
import { chmod, unlink } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';

/** Unix socket paths hold about 100 bytes. */
const PATH_MAX = 90;
const PROBE_MS = 1000;
/** More than an owner's commands and page ever are at once; each that says nothing is turned away after seconds. */
const MOST_PEERS = 64;

export interface FolderLock {
  /** Frees the folder for another agent. */
  readonly release: () => void;
  /** Hands whoever connects from now on to `hear`; whoever came before was turned away. */
  readonly serve: (hear: (peer: Socket) => void) => void;
}

/** Why a folder could not be locked. */
export interface LockFault {
  /** True when another agent holds it; else the folder cannot be used. */
  readonly isHeld: boolean;
  /** For the owner: what to do. */
  readonly sentence: string;
}

/** The lock of a state folder. Errors: another agent holds it, or nothing can be written there. */
export async function lockFolder(folder: string): Promise<Result<FolderLock, LockFault>> {
  const path = findSocketPath(folder);
  const first = await listen(path);
  if (first.ok) return first;
  if (first.error !== 'EADDRINUSE') return err(tellUnusable(path, first.error));
  if (await isAnswered(path)) return err(tellHeld(folder));
  // The holder was killed and left its socket file behind. Where it cannot be removed the next line says so.
  await unlink(path).catch(() => undefined);
  const second = await listen(path);
  if (second.ok) return second;
  return err(second.error === 'EADDRINUSE' ? tellHeld(folder) : tellUnusable(path, second.error));
}

/** True while an agent works with this folder. */
export async function isFolderHeld(folder: string): Promise<boolean> {
  const lock = await lockFolder(folder);
  if (!lock.ok) return lock.error.isHeld;
  lock.value.release();
  return false;
}

function tellHeld(folder: string): LockFault {
  const sentence = `An agent is running with the state folder ${folder} already. Stop it, or give this one its own folder with --state.`;
  return { isHeld: true, sentence };
}

function tellUnusable(path: string, code: string): LockFault {
  const sentence = `Nothing can be written at ${path} (${code}). Make its folder writable for this user, or choose another with --state.`;
  return { isHeld: false, sentence };
}

/** Where the agent of a state folder listens: a socket file, or a pipe's name on Windows. */
export function findSocketPath(folder: string): string {
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  if (process.platform === 'win32') return `\\\\.\\pipe\\irori-node-${name}`;
  const inside = join(folder, 'agent.sock');
  return Buffer.byteLength(inside) <= PATH_MAX ? inside : join(tmpdir(), `irori-node-${name}.sock`);
}

/** The error is the system's code. */
async function listen(path: string): Promise<Result<FolderLock, string>> {
  let hear = (peer: Socket): void => void peer.destroy();
  const server = createServer((peer) => {
    peer.on('error', () => undefined);
    hear(peer);
  });
  server.maxConnections = MOST_PEERS;
  const fault = await bind(server, path);
  if (fault !== null) return err(fault);
  // Outside the state folder the file's own mode is what keeps others away.
  if (process.platform !== 'win32') await chmod(path, 0o600).catch(() => undefined);
  return ok({
    release: () => void server.close(),
    serve: (next) => {
      hear = next;
    },
  });
}

function bind(server: Server, path: string): Promise<string | null> {
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(path, () => {
      server.unref();
      resolve(null);
    });
  });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    const end = (isHeld: boolean): void => {
      probe.destroy();
      resolve(isHeld);
    };
    probe.setTimeout(PROBE_MS, () => end(true));
    probe.once('connect', () => end(true));
    probe.once('error', () => end(false));
  });
}
