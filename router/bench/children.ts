// The bench's own processes: started, waited for, ended by id. Nothing else on the machine is touched.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { killNow } from '../local/child-processes.ts';

const READY_WAIT_MS = 90_000;
const END_WAIT_MS = 8_000;
const LAST_LINES = 20;

/** A process of the bench. */
export interface Child {
  readonly pid: number;
  /** Resolves with the first line of its output that starts with `{`: its word that it is ready. */
  readonly ready: Promise<unknown>;
  /** SIGTERM, and SIGKILL to it and to `also` after a while. */
  end(also?: readonly number[]): Promise<void>;
}

/** Runs a script under this Node. Throws when it cannot be started at all. */
export function startChild(
  name: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Child {
  const env = { ...process.env, ...environment };
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  if (child.pid === undefined) throw new Error(`${name} cannot be started`);
  const { pid } = child;
  return {
    pid,
    ready: waitReady(name, child),
    end: async (also = []) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      child.kill('SIGTERM');
      const timer = setTimeout(() => killNow([pid, ...also]), END_WAIT_MS);
      await gone;
      clearTimeout(timer);
    },
  };
}

function waitReady(name: string, child: ChildProcess): Promise<unknown> {
  const lines: string[] = [];
  return new Promise((resolve, reject) => {
    const fail = (how: string): void => reject(new Error(`${name} ${how}:\n${lines.join('\n')}`));
    const timer = setTimeout(() => fail('was not ready in time'), READY_WAIT_MS);
    timer.unref();
    child.once('exit', (code, signal) => fail(`ended with ${signal ?? code ?? 'no word'}`));
    for (const output of [child.stdout, child.stderr]) {
      if (!output) continue;
      createInterface({ input: output }).on('line', (line) => {
        lines.push(line);
        if (lines.length > LAST_LINES) lines.shift();
        if (output === child.stdout && line.startsWith('{')) resolve(JSON.parse(line));
      });
    }
  });
}
