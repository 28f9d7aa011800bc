// This program, started anew in its own place: after an update, where the launcher chooses the new version.
import { spawn } from 'node:child_process';
import { RESTART_STATUS } from './tell-service.ts';

type Replace = (program: string, words: readonly string[], env: NodeJS.ProcessEnv) => never;

/** The exit status where this process goes on. Under a manager of services it is the one that asks for another start. */
export async function startAnew(): Promise<number> {
  if (process.env['IRORI_SERVICE']) return RESTART_STATUS;
  const [, ...words] = process.argv;
  const all = [...process.execArgv, ...words];
  // Newer Nodes can put the new program in the place of this one: same process, same terminal.
  const { execve } = process as unknown as { readonly execve?: Replace };
  if (execve && process.platform !== 'win32') {
    process.removeAllListeners('warning');
    execve.call(process, process.execPath, [process.execPath, ...all], process.env);
  }
  const child = spawn(process.execPath, all, { stdio: 'inherit' });
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.removeAllListeners(signal);
    process.on(signal, pass);
  }
  return new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('close', (code) => resolve(code ?? 130));
  });
}
