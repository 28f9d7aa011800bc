// `irori-node open`: lets a browser of this machine's owner see the page of the running agent.
import { spawn } from 'node:child_process';
import { readStateFolder } from '../config/config.ts';
import type { Environment } from '../config/config.ts';
import type { OptionValues } from '../config/parse-flags.ts';
import { askAgent } from '../home/owner-line.ts';
import { complain } from './complain.ts';
import { describeUnanswered } from './unanswered.ts';

/** How long a system's opener may take to say that it cannot. */
const OPENER_MS = 3000;

/** Prints the address and opens it; exit status 0, 1 where no agent runs or it has no page. A machine without a browser is no fault. */
export async function runOpen(flags: OptionValues, env: Environment): Promise<number> {
  const folder = readStateFolder(flags, env);
  if (!folder.ok) return complain(folder.error, 2);
  const asked = await askAgent(folder.value, { do: 'open' });
  if (asked.kind !== 'answered') return complain(await describeUnanswered(asked.kind, folder.value), 1);
  const { url } = asked.answer;
  if (url === null)
    return complain('This agent has no page: it was started with --page-port 0, or found no port on 127.0.0.1.', 1);
  if (flags.json === true) {
    process.stdout.write(`${JSON.stringify({ url, valid_for_s: 60 })}\n`);
    return 0;
  }
  const isOpened = flags.noBrowser !== true && (await openBrowser(url, process.platform, env));
  process.stdout.write(
    `${url}\n${isOpened ? 'Opened in your browser.' : 'Open this address in a browser of this machine'}`,
  );
  process.stdout.write(isOpened ? '\n' : ' within a minute; it works once.\n');
  return 0;
}

/** The command that opens an address with whatever the owner has chosen for it; null where there is no screen. */
export function chooseOpener(platform: string, env: Environment): readonly string[] | null {
  if (platform === 'darwin') return ['open'];
  // Not `start`, which a shell would have to read the address for.
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  const hasScreen = (env['DISPLAY'] ?? '') !== '' || (env['WAYLAND_DISPLAY'] ?? '') !== '';
  return hasScreen ? ['xdg-open'] : null;
}

/** False where nothing was opened. */
function openBrowser(url: string, platform: string, env: Environment): Promise<boolean> {
  const [command, ...words] = chooseOpener(platform, env) ?? [];
  if (command === undefined) return Promise.resolve(false);
  return new Promise((resolve) => {
    const child = spawn(command, [...words, url], { stdio: 'ignore', detached: true });
    // An opener that stays has become the browser.
    const timer = setTimeout(() => resolve(true), OPENER_MS);
    const end = (isOpened: boolean): void => {
      clearTimeout(timer);
      resolve(isOpened);
    };
    child.once('error', () => end(false));
    child.once('exit', (code) => end(code === 0));
    child.unref();
  });
}
