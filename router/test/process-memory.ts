// How much memory a process holds and how long it has computed, for tests that show it bounded.
import { execFileSync } from 'node:child_process';
import type { TestAgent } from './stack.ts';
import { until } from './until.ts';

/** Resident memory in bytes. */
export function residentBytes(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1024;
}

/** Processor time used so far, in whole seconds: on a busy machine it says more than a clock. */
export function usedCpuS(pid: number): number {
  const told = execFileSync('ps', ['-o', 'time=', '-p', String(pid)], { encoding: 'utf8' });
  // [[days-]hours:]minutes:seconds
  return told
    .trim()
    .split(/[-:]/)
    .map(Number)
    .reduceRight((sum, part, i, parts) => {
      return sum + part * ([1, 60, 3600, 86_400][parts.length - 1 - i] ?? 0);
    }, 0);
}

/** Bytes that an agent (started with `tellsHeld`) holds when its garbage is collected. */
export async function heldBytes(agent: TestAgent): Promise<number> {
  const before = agent.lines.length;
  await agent.signal('SIGUSR2');
  const told = await until('what it holds', () => /^held bytes (\d+)$/m.exec(agent.lines.slice(before).join('\n')));
  return Number(told[1]);
}
