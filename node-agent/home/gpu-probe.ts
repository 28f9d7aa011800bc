// Asks the system for the name of its graphics card, once. The one door to nvidia-smi and sysctl; a machine without them has no name.
import { execFile } from 'node:child_process';
import type { Gpu } from './guess-speed.ts';

const LIMIT_MS = 5_000;

/** The card, or null where none can be named. Takes up to some seconds while a driver wakes: nothing should wait for it. */
export async function findGpu(): Promise<Gpu | null> {
  if (process.platform === 'darwin') {
    const name = (await ask('sysctl', ['-n', 'machdep.cpu.brand_string'])).trim();
    return name.startsWith('Apple') ? { name, memoryBytes: null } : null;
  }
  return readNvidia(await ask('nvidia-smi', ['--query-gpu=name,memory.total', '--format=csv,noheader,nounits']));
}

/** One card a line, `name, MiB`; the one with the most memory counts. Pure. */
export function readNvidia(text: string): Gpu | null {
  let best: Gpu | null = null;
  for (const line of text.split('\n')) {
    const [, name = '', mebibytes = ''] = /^(.+),\s*(\d+|\[.*\])\s*$/.exec(line.trim()) ?? [];
    if (name === '') continue;
    const memoryBytes = /^\d+$/.test(mebibytes) ? Number(mebibytes) * 1024 * 1024 : null;
    if (!best || (memoryBytes ?? 0) > (best.memoryBytes ?? 0)) best = { name, memoryBytes };
  }
  return best;
}

function ask(program: string, args: string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: LIMIT_MS, windowsHide: true }, (error, stdout) => resolve(error ? '' : stdout));
  });
}
