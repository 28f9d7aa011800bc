// `npm run clients [-- --only NAME,…] [--dir DIR] [--json]`: the coding agents and tools that people point at an API, each doing one real piece of work through a
// whole network of this checkout. They are installed at their pinned versions into DIR (default: ~/.cache/irori-clients), and run where there is no network but
// loopback, so that none can log in, ask elsewhere or tell. Needs Linux, `unshare` and `ip`. Exit status 1 where one did not do its work.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { chooseClients } from './clients/client-table.ts';
import type { Client } from './clients/client-table.ts';

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    dir: { type: 'string', default: join(homedir(), '.cache', 'irori-clients') },
    json: { type: 'boolean', default: false },
  },
});
const folder = resolve(flags.dir);
const chosen = chooseClients(flags.only.split(',').filter((name) => name !== ''));
if (!chosen.ok) {
  process.stderr.write(`${chosen.error}\n`);
  process.exit(2);
}
for (const client of chosen.value) install(client);
process.exit(runAlone(chosen.value.map(({ name }) => name)));

/** Each has a folder of its own: their dependencies are none of each other's. */
function install({ name, packages }: Client): void {
  const at = join(folder, name);
  const wanted = JSON.stringify({ private: true, dependencies: packages }, null, 1);
  const file = join(at, 'package.json');
  if (existsSync(file) && readFileSync(file, 'utf8') === wanted && existsSync(join(at, '.installed'))) return;
  process.stderr.write(`${name}: installing ${Object.entries(packages).join(' ').replaceAll(',', '@')} …\n`);
  mkdirSync(at, { recursive: true });
  writeFileSync(file, wanted);
  const words = ['install', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', words, { cwd: at, stdio: ['ignore', 'ignore', 'inherit'] });
  writeFileSync(join(at, '.installed'), '');
}

/** Everything that follows has a loopback of its own, and nothing else. */
function runAlone(names: readonly string[]): number {
  const run = join(import.meta.dirname, 'clients', 'client-run.ts');
  const words = [process.execPath, run, folder, names.join(','), ...(flags.json ? ['--json'] : [])];
  const inside = ['sh', '-c', 'ip link set lo up && exec "$@"', 'sh', ...words];
  const { status, error } = spawnSync('unshare', ['--map-root-user', '--net', ...inside], { stdio: 'inherit' });
  if (error) process.stderr.write(`a network of their own cannot be made here: ${error.message}\n`);
  return status ?? 1;
}
