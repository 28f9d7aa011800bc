// A home as it is installed (built, no model of its own), at rest beside the homes that work: its memory, its CPU, and the bytes of its socket.
// It dials through a line of the bench, which counts and passes on.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startChild } from './children.ts';
import { openLine } from './line.ts';
import type { Line } from './line.ts';
import { readCpuS, readMemoryBytes } from './cpu.ts';
import type { IroriNetwork } from './irori-networks.ts';

/** What an idle home came to; null where it cannot be known. */
export interface AtRest {
  readonly seconds: number;
  readonly residentBytes: number | null;
  /** What TCP carries for its socket, in both directions together; null before a minute is over, in which one ping goes. */
  readonly payloadBytesAMinute: number | null;
  readonly cpuMsAMinute: number | null;
}

export interface IdleHome {
  /** From when it had come to rest until now. */
  read(): AtRest;
  end(): Promise<void>;
}

const CONNECT_WAIT_MS = 30_000;
/** Hello, offer and everything else that comes once. */
const SETTLE_MS = 5_000;
const HOST = '127.0.0.1';

/** Builds the checkout's agent and lets it join the network for an account of its own; resolves when it has come to rest. */
export async function startIdleHome(network: IroriNetwork, backendPort: number): Promise<IdleHome> {
  const ends: (() => Promise<void>)[] = [];
  const end = async (): Promise<void> => {
    for (const one of ends.splice(0).toReversed()) await one();
  };
  try {
    const agentFolder = join(network.folder, 'node-agent');
    const built = join(agentFolder, 'dist');
    // A checkout whose agent is built runs that rather than its sources: only one that was built before stays so.
    if (!existsSync(built)) ends.push(() => rm(built, { recursive: true, force: true }));
    await promisify(execFile)(process.execPath, [join(agentFolder, 'build.mjs')], { cwd: agentFolder });
    const line = await openLine(network.otherPort, Number(new URL(network.door.endpoint).port));
    ends.push(() => line.end());
    const state = await mkdtemp(join(tmpdir(), 'irori-bench-home-'));
    ends.push(() => rm(state, { recursive: true, force: true }));
    const words = {
      router: `http://${HOST}:${network.otherPort}`,
      code: await network.admin.createCode(await network.admin.createAccount('bench idle')),
      state,
      backend: `http://${HOST}:${backendPort}/v1`,
      models: 'idle-*',
    };
    const args = Object.entries(words).flatMap(([name, value]) => [`--${name}`, value]);
    const child = startChild('an idle home', [join(built, 'irori-node.mjs'), 'up', ...args]);
    child.ready.catch(() => undefined);
    ends.push(() => child.end());
    await line.waitOpen(CONNECT_WAIT_MS);
    await sleep(SETTLE_MS);
    return { read: watch(child.pid, line), end };
  } catch (cause) {
    await end();
    throw cause;
  }
}

function watch(pid: number, line: Line): () => AtRest {
  const read = () => ({ payloadBytes: line.carriedBytes(), cpuS: readCpuS([pid]), at: performance.now() });
  const before = read();
  return () => {
    const now = read();
    const minutes = (now.at - before.at) / 60_000;
    const known = (value: number): number | null => (Number.isFinite(value) ? value : null);
    return {
      seconds: minutes * 60,
      residentBytes: known(readMemoryBytes([pid])),
      payloadBytesAMinute: minutes < 1 ? null : (now.payloadBytes - before.payloadBytes) / minutes,
      cpuMsAMinute: known(((now.cpuS - before.cpuS) * 1000) / minutes),
    };
  };
}
