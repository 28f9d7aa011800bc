// CPU time of processes, as Linux counts it in /proc. Elsewhere nothing is known, and the figures that need it are left out.
import { readFileSync } from 'node:fs';

/** Of the user-space clock in /proc; the same on every Linux that Node runs on. */
const TICKS_PER_S = 100;

/** CPU seconds that the processes have used so far, in user and kernel together; NaN where that cannot be read. */
export function readCpuS(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) ticks += readTicks(`/proc/${pid}/stat`);
  return ticks / TICKS_PER_S;
}

/** CPU seconds that the whole machine has worked so far, idle and stolen time left out. */
export function readMachineS(): number {
  try {
    const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (
      readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? ''
    )
      .split(/\s+/)
      .slice(1)
      .map(Number);
    return (user + nice + system + irq + softirq) / TICKS_PER_S;
  } catch {
    return Number.NaN;
  }
}

function readTicks(path: string): number {
  try {
    const stat = readFileSync(path, 'utf8');
    // The command's name may hold spaces: fields are counted from its closing bracket, where field 3 begins.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return Number.NaN;
  }
}
