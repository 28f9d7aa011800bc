// One agent per state folder: two would use one key and number two receipts alike. A local socket is the lock, so it ends with its process.
// The same socket is the owner's way to the running agent; who may use it is who may enter the folder.
import { createHash } from 'node:crypto';
import { chmod, unlink } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Unix socket paths hold about 100 bytes. */
const PATH_MAX = 90;
const PROBE_MS = 1000;

export interface FolderLock {
  /** Frees the folder for another agent. */
  readonly release: () => void;
  /** Hands whoever connects from now on to `hear`; whoever came before was turned away. */
  readonly serve: (hear: (peer: Socket) => void) => void;
}

/** The lock of a state folder, or null when another agent holds it. */
export async function lockFolder(folder: string): Promise<FolderLock | null> {
  const path = findSocketPath(folder);
  const first = await listen(path);
  if (first) return first;
  if (await isAnswered(path)) return null;
  // The holder was killed and left its socket file behind.
  await unlink(path).catch(() => undefined);
  return listen(path);
}

/** Where the agent of a state folder listens: a socket file, or a pipe's name on Windows. */
export function findSocketPath(folder: string): string {
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  if (process.platform === 'win32') return `\\\\.\\pipe\\irori-node-${name}`;
  const inside = join(folder, 'agent.sock');
  return Buffer.byteLength(inside) <= PATH_MAX ? inside : join(tmpdir(), `irori-node-${name}.sock`);
}

async function listen(path: string): Promise<FolderLock | null> {
  let hear = (peer: Socket): void => void peer.destroy();
  const server = createServer((peer) => {
    peer.on('error', () => undefined);
    hear(peer);
  });
  if (!(await isBound(server, path))) return null;
  // Outside the state folder the file's own mode is what keeps others away.
  if (process.platform !== 'win32') await chmod(path, 0o600).catch(() => undefined);
  return {
    release: () => void server.close(),
    serve: (next) => {
      hear = next;
    },
  };
}

function isBound(server: Server, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(path, () => {
      server.unref();
      resolve(true);
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
