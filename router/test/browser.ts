// A real browser without a window, where the machine has one, with a profile of its own.
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const BROWSERS = ['chromium-headless-shell', 'chromium', 'google-chrome'];

/** What a machine needs for tests in a browser, in words. */
export const BROWSER_TOLD = `needs one of: ${BROWSERS.join(', ')}`;

/** The command of the first browser that is there; undefined where none is. */
export function findBrowser(): string | undefined {
  return BROWSERS.find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0);
}

/** Where it is, for drivers that look along no path themselves; null where there is none. */
export function findBrowserPath(): string | null {
  const name = findBrowser();
  const folder = (process.env['PATH'] ?? '')
    .split(delimiter)
    .find((one) => name !== undefined && existsSync(join(one, name)));
  return name === undefined || folder === undefined ? null : join(folder, name);
}

export interface RunningBrowser {
  readonly child: ChildProcess;
  readonly profile: string;
  close(): Promise<void>;
}

/**
 * Starts it on a page; its debugging port stands in the profile's file `DevToolsActivePort`. The command may be a script that starts the browser and waits,
 * so a signal to it alone would leave the browser behind: all of its group gets it. Where this process is ended without a word, the debugging pipe closes,
 * and the browser ends itself.
 */
export async function startBrowser(command: string, url: string): Promise<RunningBrowser> {
  const profile = await mkdtemp(join(tmpdir(), 'irori-browser-'));
  const debugging = ['--remote-debugging-port=0', '--remote-debugging-pipe'];
  const words = ['--headless', '--no-sandbox', '--disable-gpu', ...debugging, `--user-data-dir=${profile}`, url];
  const stdio = ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] as const;
  const child = spawn(command, words, { stdio: [...stdio], detached: true });
  const ended = new Promise((resolve) => child.once('exit', resolve).once('error', resolve));
  // What it would say over the pipe is nobody's business, nor that it is gone.
  for (const pipe of [child.stdio[3], child.stdio[4]]) pipe?.on('error', () => undefined);
  return {
    child,
    profile,
    close: async () => {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
        process.kill(-child.pid, 'SIGKILL');
      await ended;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
