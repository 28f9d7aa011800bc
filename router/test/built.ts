// What every test of the whole starts from, made once for a run of many: the Worker's bundle, the agent's program and a database with all migrations.
// A file that is run without it makes its own.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { isAlive } from '../local/child-processes.ts';
import { startNetwork } from '../local/network.ts';
import { bundleWorker } from '../local/worker-bundle.ts';
import type { WorkerBundle } from '../local/worker-bundle.ts';

/** Where a run of tests has put it; inherited by the processes that run the files. */
const FOLDER = 'IRORI_TEST_BUILT';
const ROOT = resolve(import.meta.dirname, '../..');
const AGENT_FOLDER = join(ROOT, 'node-agent');
/** Beside the sources, as an installed one stands beside its models; named after the process that made it. */
const AGENT_BUILD = /^\.test-(\d+)$/;

/** For vitest: makes it before the first file, and gives what removes it. */
export async function setup(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'irori-built-'));
  await dropLeft();
  const agent = `.test-${process.pid}`;
  const bundle = await bundleWorker(join(ROOT, 'router/worker.ts'));
  await Promise.all([
    writeBundle(join(folder, 'worker'), bundle),
    makeDatabase(join(folder, 'state'), bundle),
    promisify(execFile)(process.execPath, [join(AGENT_FOLDER, 'build.mjs'), agent]),
  ]);
  process.env[FOLDER] = folder;
  // What Node compiles of the runtime's and the agent's large files is kept for the next process.
  process.env['NODE_COMPILE_CACHE'] = join(folder, 'compiled');
  process.env['IRORI_TEST_AGENT'] = join(AGENT_FOLDER, agent, 'irori-node.mjs');
  return async () => {
    // A process that ends may still write into it.
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    await rm(join(AGENT_FOLDER, agent), { recursive: true, force: true });
  };
}

/** The Worker's bundle, or null where none was made. */
export async function readBundle(): Promise<WorkerBundle | null> {
  const folder = process.env[FOLDER];
  if (folder === undefined) return null;
  const at = join(folder, 'worker');
  const names = (await readdir(at)).filter((name) => name.endsWith('.wasm'));
  const wasm = await Promise.all(
    names.map(async (name) => [name, new Uint8Array(await readFile(join(at, name)))] as const),
  );
  return { main: await readFile(join(at, 'worker.js'), 'utf8'), wasm: new Map(wasm) };
}

/** Puts the migrated database where a network will look for its own; nothing where none was made. */
export async function copyDatabase(stateDir: string): Promise<void> {
  const folder = process.env[FOLDER];
  if (folder !== undefined) await cp(join(folder, 'state'), stateDir, { recursive: true });
}

async function writeBundle(folder: string, { main, wasm }: WorkerBundle): Promise<void> {
  await mkdir(folder);
  await writeFile(join(folder, 'worker.js'), main);
  for (const [name, bytes] of wasm) await writeFile(join(folder, name), bytes);
}

async function makeDatabase(stateDir: string, bundle: WorkerBundle): Promise<void> {
  const network = await startNetwork({ stateDir, bundle, bindings: {}, onLog: () => undefined });
  await network.stop();
}

/** Of runs that were killed. */
async function dropLeft(): Promise<void> {
  for (const name of await readdir(AGENT_FOLDER)) {
    const pid = AGENT_BUILD.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid)))
      await rm(join(AGENT_FOLDER, name), { recursive: true, force: true });
  }
}
