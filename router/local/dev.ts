// `npm run dev`: looks at the sources while the network runs, and restarts what a saved file belongs to.
import { watch } from 'node:fs';
import { join, resolve } from 'node:path';
import { findTouched } from './find-touched.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const FOLDERS = ['router', 'schema', 'node-agent', 'migrations'];
/** Editors save in several steps, and often several files. */
const GATHER_MS = 150;

export interface DevDoors {
  readonly restartRouter: () => Promise<void>;
  readonly restartHomes: () => Promise<void>;
  /** A line for the terminal. */
  readonly tell: (text: string) => void;
}

/** Watches until `stop`. A restart that fails, as a half-written file makes it, is told; the next save tries again. */
export function watchSources(doors: DevDoors, root = ROOT): { stop(): void } {
  const saved = new Set<string>();
  let timer: NodeJS.Timeout | null = null;
  let isStopped = false;
  let running = Promise.resolve();
  const takeSaved = async (): Promise<void> => {
    const paths = [...saved];
    saved.clear();
    if (!isStopped) await restart(paths, doors);
  };
  const onSaved = (path: string): void => {
    saved.add(path);
    if (timer) clearTimeout(timer);
    timer = setTimeout(() => (running = running.then(takeSaved)), GATHER_MS);
  };
  const watchers = FOLDERS.map((folder) =>
    watch(join(root, folder), { recursive: true }, (_event, name) => {
      if (name !== null) onSaved(`${folder}/${name.replaceAll('\\', '/')}`);
    }),
  );
  return {
    stop: () => {
      isStopped = true;
      if (timer) clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
    },
  };
}

async function restart(paths: readonly string[], doors: DevDoors): Promise<void> {
  const touched = findTouched(paths);
  const startedAt = Date.now();
  try {
    if (touched.router) await doors.restartRouter();
    if (touched.homes) await doors.restartHomes();
  } catch (cause) {
    return doors.tell(`not restarted: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  const what = [...(touched.router ? ['router'] : []), ...(touched.homes ? ['homes'] : [])].join(' and ');
  if (what !== '') doors.tell(`${what} restarted in ${Date.now() - startedAt} ms`);
}
