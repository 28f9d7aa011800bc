// How joining asks for a start at login: by this program's own `service install`, as its owner would type it.
import { spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';

const LIMIT_MS = 60_000;
const MOST_CHARS = 4000;

/** What it said is the value; the error is a sentence. */
export function startAtLogin(folder: string): Promise<Result<string, string>> {
  return runOwn(['service', 'install', '--state', folder]);
}

function runOwn(args: readonly string[]): Promise<Result<string, string>> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...ownScript(), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LIMIT_MS,
      windowsHide: true,
    });
    let text = '';
    const hear = (part: Buffer): void => void (text = (text + part.toString()).slice(0, MOST_CHARS));
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('error', (error) => resolve(err(error.message)));
    child.on('close', (status) => {
      const told = text.trim();
      if (status === 0) resolve(ok(told));
      else resolve(err(told === '' ? 'irori-node service install did not work.' : told));
    });
  });
}

/** Node is told which script this is; a single executable is it itself. */
function ownScript(): string[] {
  const [, script = ''] = process.argv;
  return script === '' || isSame(script, process.execPath) ? [] : [script];
}

function isSame(a: string, b: string): boolean {
  try {
    return realpathSync(a) === realpathSync(b);
  } catch {
    // One of them is gone: then they are told apart by their names.
    return a === b;
  }
}
