// How much memory a process holds, for tests that show it bounded.
import { execFileSync } from 'node:child_process';

/** Resident memory in bytes. */
export function residentBytes(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1024;
}
