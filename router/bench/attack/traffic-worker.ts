// Honest traffic in a thread of its own, so that an attack which keeps the bench busy delays none of it: callers one after another, by the
// official client and by strict readers, and the router's memory beside them.
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { residentBytes } from '../../test/process-memory.ts';
import { callStream, callWhole } from './call.ts';
import type { CallAsk, CallDoor, Called } from './call.ts';
import { callClient } from './client-call.ts';

export interface TrafficData {
  readonly door: CallDoor;
  readonly ask: CallAsk & { readonly msPerToken: number };
}

/** `pids` are the router's processes. */
export type TrafficOrder = { readonly do: 'start'; readonly pids: readonly number[] } | { readonly do: 'stop' };

export interface TrafficReport {
  readonly calls: readonly Called[];
  /** Memory of the router's processes when it began, and at most until it ended. */
  readonly restBytes: number;
  readonly peakBytes: number;
}

const SAMPLE_MS = 20;
const PAUSE_MS = 50;
const PAGE_BYTES = 4096;

const { door, ask } = workerData as TrafficData;
const CALLERS: readonly (() => Promise<Called>)[] = [
  () => callClient(door, ask),
  () => callStream(door, ask),
  () => callStream(door, ask),
  () => callWhole(door, ask),
];

let running: { stop: () => Promise<TrafficReport> } | null = null;

parentPort?.on('message', (order: TrafficOrder) => {
  if (order.do === 'start') running = start(order.pids);
  else void running?.stop().then((report) => parentPort?.postMessage(report));
});

function start(pids: readonly number[]): { stop: () => Promise<TrafficReport> } {
  const calls: Called[] = [];
  const restBytes = measureMemory(pids);
  let peakBytes = restBytes;
  let isOver = false;
  const sampler = setInterval(() => void (peakBytes = Math.max(peakBytes, measureMemory(pids))), SAMPLE_MS);
  const callers = CALLERS.map(async (callOnce) => {
    while (!isOver) {
      calls.push(await callOnce());
      await new Promise((wake) => setTimeout(wake, PAUSE_MS));
    }
  });
  return {
    stop: async () => {
      isOver = true;
      await Promise.all(callers);
      clearInterval(sampler);
      return { calls, restBytes, peakBytes };
    },
  };
}

/** Resident bytes of the processes that live; by /proc where there is one, since starting `ps` every few ms is work for itself. */
function measureMemory(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + readResident(pid), 0);
}

function readResident(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
  } catch {
    return process.platform === 'linux' ? 0 : residentBytes(pid);
  }
}
