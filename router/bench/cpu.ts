// CPU time and memory of processes, as Linux counts them in /proc. Elsewhere nothing is known, and the figures that need it are left out.
import { readFileSync } from 'node:fs';

/** Of the user-space clock in /proc; the same on every Linux that Node runs on. */
const TICKS_PER_S = 100;

/**
 * CPU seconds that the processes have used so far, in user and kernel together, with all their threads and with their children that ended;
 * NaN where that cannot be read.
 */
export function readCpuS(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) ticks += readTicks(`/proc/${pid}/stat`);
  return ticks / TICKS_PER_S;
}

/** Seconds of all cores so far: what the whole machine has worked, and what other machines on the same host took from it. NaN where unknown. */
export function readMachine(): { readonly busyS: number; readonly stolenS: number } {
  try {
    const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (
      readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? ''
    )
      .split(/\s+/)
      .slice(1)
      .map(Number);
    return { busyS: (user + nice + system + irq + softirq) / TICKS_PER_S, stolenS: steal / TICKS_PER_S };
  } catch {
    return { busyS: Number.NaN, stolenS: Number.NaN };
  }
}

/** Resident memory of the processes together, bytes; NaN where that cannot be read. */
export function readMemoryBytes(pids: readonly number[]): number {
  let kib = 0;
  for (const pid of pids) {
    try {
      kib += Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
    } catch {
      return Number.NaN;
    }
  }
  return kib * 1024;
}

function readTicks(path: string): number {
  try {
    const stat = readFileSync(path, 'utf8');
    // The command's name may hold spaces: fields are counted from its closing bracket, where field 3 begins.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  } catch {
    return Number.NaN;
  }
}
