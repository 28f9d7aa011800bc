// `npm start` for a file of tests: processes over one folder and one port, none of which outlives the file.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { killNow } from '../local/child-processes.ts';
import { claimPort } from '../local/free-port.ts';

const START = resolve(import.meta.dirname, '../local/start.mjs');

export interface Started {
  readonly child: ChildProcess;
  /** All that it has written. */
  readonly said: () => string;
  /** Its exit status; null where a signal ended it. */
  readonly ended: Promise<number | null>;
}

export interface NpmStart {
  /** The state folder. */
  readonly dir: string;
  readonly port: number;
  readonly start: (words: readonly string[]) => Started;
}

/** Folder and port are there from the first test on. */
export function useNpmStart(name: string): NpmStart {
  const running = new Set<ChildProcess>();
  let dir = '';
  let port = 0;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), `irori-${name}-`));
    port = await claimPort('127.0.0.1', 0);
  });
  afterAll(() => {
    killNow([...running].flatMap((child) => child.pid ?? []));
    rmSync(dir, { recursive: true, force: true });
  });
  const start = (words: readonly string[]): Started => {
    const child = spawn(process.execPath, [START, '--state', dir, '--port', String(port), ...words], { stdio: 'pipe' });
    running.add(child);
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (part: string) => (text += part));
    const ended = new Promise<number | null>((done) => {
      child.once('close', (status) => {
        running.delete(child);
        done(status);
      });
    });
    return { child, said: () => text, ended };
  };
  return {
    get dir() {
      return dir;
    },
    get port() {
      return port;
    },
    start,
  };
}
