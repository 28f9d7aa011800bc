// Finds and ends processes by id: Miniflare keeps workerd's id to itself, and SIGTERM does not stop a workerd that has open sockets.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/**
 * Ids of this process's living children whose command name starts with `name`. On Linux also by one `KEY=value` of their environment,
 * which tells two networks of one process apart; elsewhere (ps shows no environment) that is not looked at.
 */
export function findChildren(name: string, environment?: string): readonly number[] {
  return listProcesses()
    .filter(
      (each) => each.parent === process.pid && each.name.startsWith(name) && hasEnvironment(each.pid, environment),
    )
    .map((each) => each.pid);
}

/** Ids of all processes but this one that were started with this `KEY=value`; none where that cannot be seen. */
export function findMarked(environment: string): readonly number[] {
  if (process.platform !== 'linux') return [];
  const others = listProcesses().filter(({ pid }) => pid !== process.pid);
  return others.map(({ pid }) => pid).filter((pid) => hasEnvironment(pid, environment));
}

/** True when the process was started with this `KEY=value`; true as well where that cannot be seen. */
function hasEnvironment(pid: number, environment: string | undefined): boolean {
  if (environment === undefined || process.platform !== 'linux') return true;
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(environment);
  } catch {
    return false;
  }
}

/** True while a process with this id exists and is not a zombie. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return process.platform !== 'linux';
  }
}

/** Sends SIGKILL to each process that is still there. */
export function killNow(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      continue;
    }
  }
}

interface ListedProcess {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
}

function listProcesses(): readonly ListedProcess[] {
  if (process.platform === 'linux')
    return readdirSync('/proc').flatMap((entry) => (/^\d+$/.test(entry) ? readProcess(entry) : []));
  if (process.platform === 'win32') return [];
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,comm='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line);
    return match
      ? [{ pid: Number(match[1]), parent: Number(match[2]), name: (match[3] ?? '').split('/').at(-1) ?? '' }]
      : [];
  });
}

function readProcess(entry: string): ListedProcess[] {
  try {
    const match = /^(\d+) \((.*)\) (\S) (\d+)/s.exec(readFileSync(`/proc/${entry}/stat`, 'utf8'));
    if (!match || match[3] === 'Z') return [];
    return [{ pid: Number(match[1]), name: match[2] ?? '', parent: Number(match[4]) }];
  } catch {
    return [];
  }
}
