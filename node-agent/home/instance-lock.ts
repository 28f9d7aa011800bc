// One agent per state folder: two would use one key and number two receipts alike. A local socket is the lock, so it ends with its process.
import { createHash } from 'node:crypto';
import { unlink } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Unix socket paths hold about 100 bytes. */
const PATH_MAX = 90;
const PROBE_MS = 1000;

/** A function that gives the folder free again, or null when another agent holds it. */
export async function lockFolder(folder: string): Promise<(() => void) | null> {
  const path = choosePath(folder);
  const first = await listen(path);
  if (first) return () => void first.close();
  if (await isAnswered(path)) return null;
  // The holder was killed and left its socket file behind.
  await unlink(path).catch(() => undefined);
  const second = await listen(path);
  return second ? () => void second.close() : null;
}

function choosePath(folder: string): string {
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  if (process.platform === 'win32') return `\\\\.\\pipe\\irori-node-${name}`;
  const inside = join(folder, 'agent.sock');
  return Buffer.byteLength(inside) <= PATH_MAX ? inside : join(tmpdir(), `irori-node-${name}.sock`);
}

function listen(path: string): Promise<Server | null> {
  return new Promise((resolve) => {
    const server = createServer((peer) => peer.destroy());
    server.once('error', () => resolve(null));
    server.listen(path, () => {
      server.unref();
      resolve(server);
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
