// How much memory a process holds, for tests that show it bounded.
import { execFileSync } from 'node:child_process';
import type { TestAgent } from './stack.ts';
import { until } from './until.ts';

/** Resident memory in bytes. */
export function residentBytes(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1024;
}

/** Bytes that an agent (started with `tellsHeld`) holds when its garbage is collected. */
export async function heldBytes(agent: TestAgent): Promise<number> {
  const before = agent.lines.length;
  await agent.signal('SIGUSR2');
  const told = await until('what it holds', () => /^held bytes (\d+)$/m.exec(agent.lines.slice(before).join('\n')));
  return Number(told[1]);
}
