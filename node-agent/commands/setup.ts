// `irori-node setup`: installs the runtime of the built-in model, and the embedding model where it is asked for, into the state folder, without the install script that fetches GPU libraries.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EMBEDDER_PACKAGES } from '../backends/embedder-model.ts';
import { complain } from './complain.ts';
import { readStateFolder } from '../config/config.ts';
import type { Environment } from '../config/config.ts';
import { makePrivateFolder } from '../home/private-folder.ts';
import { runtimeFolder } from '../agent/opened-backends.ts';
import type { OptionValues } from '../config/parse-flags.ts';

const RUNTIME = 'onnxruntime-node@1.30.0';

/** Exit status 0 when the runtime is there, 1 when npm failed. */
export async function runSetup(flags: OptionValues, env: Environment): Promise<number> {
  const state = readStateFolder(flags, env);
  if (!state.ok) return complain(state.error, 2);
  const folder = runtimeFolder(state.value);
  const packages = [RUNTIME, ...(flags.embeddings === true ? EMBEDDER_PACKAGES : [])];
  await makePrivateFolder(folder);
  await writeFile(join(folder, 'package.json'), '{ "private": true }\n');
  process.stdout.write(
    `Installing ${packages.join(', ')} into ${folder} (about ${flags.embeddings === true ? 320 : 290} MB to unpack; other platforms are deleted afterwards) …\n`,
  );
  const status = await runNpm(folder, [
    'install',
    ...packages,
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]);
  if (status !== 0) {
    process.stderr.write(
      `npm could not install ${packages.join(', ')} (status ${status}). Check the network and that npm is installed, then run irori-node setup again.\n`,
    );
    return 1;
  }
  const pruned = await prunePlatforms(join(folder, 'node_modules', 'onnxruntime-node', 'bin', 'napi-v6'));
  process.stdout.write(`Done. Binaries of other platforms removed: ${pruned}. Start with irori-node up.\n`);
  return 0;
}

/** Whether the built-in model can run: its runtime is in the state folder, or beside the agent as in a checkout. */
export function hasRuntime(folder: string): boolean {
  if (existsSync(join(folder, 'node_modules', 'onnxruntime-node'))) return true;
  try {
    createRequire(import.meta.url).resolve('onnxruntime-node');
    return true;
  } catch {
    // Not beside the agent.
    return false;
  }
}

/** The package holds the binaries of every platform; only this one's are kept. Gives how many folders went. */
async function prunePlatforms(folder: string): Promise<number> {
  let pruned = 0;
  for (const platform of await list(folder)) {
    if (platform !== process.platform) {
      await rm(join(folder, platform), { recursive: true, force: true });
      pruned += 1;
      continue;
    }
    for (const arch of await list(join(folder, platform))) {
      if (arch === process.arch) continue;
      await rm(join(folder, platform, arch), { recursive: true, force: true });
      pruned += 1;
    }
  }
  return pruned;
}

async function list(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

function runNpm(cwd: string, args: readonly string[]): Promise<number> {
  const isWindows = process.platform === 'win32';
  return new Promise((resolve) => {
    const child = spawn(isWindows ? 'npm.cmd' : 'npm', [...args], { cwd, stdio: 'inherit', shell: isWindows });
    child.on('error', () => resolve(127));
    child.on('close', (code) => resolve(code ?? 1));
  });
}
