// The network that the clients are pointed at, and each client's piece of work in it. Started by clients.ts where nothing but loopback can be reached.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { startChild } from '../children.ts';
import { alignRows } from '../print.ts';
import { claimPort } from '../../local/free-port.ts';
import { ABLE_MODEL, startAbleServer } from '../../test/able-server.ts';
import { chooseClients } from './client-table.ts';
import type { Client, Place } from './client-table.ts';

const READY_WAIT_MS = 60_000;
/** The slowest of them takes some ten seconds to start. */
const CLIENT_WAIT_MS = 180_000;
const TOLD_CHARS = 2000;
const MADE = 'made by a tool';

interface Outcome {
  readonly client: string;
  readonly speaks: string;
  readonly versions: string;
  readonly worked: boolean;
  readonly tookS: number;
  /** The end of what it said, where it did not work. */
  readonly said: string;
}

const [folder = '', names = '', ...others] = process.argv.slice(2);
const chosen = chooseClients(names.split(',').filter((name) => name !== ''));
if (!chosen.ok) throw new Error(chosen.error);
const root = join(import.meta.dirname, '../../..');
const state = await mkdtemp(join(tmpdir(), 'irori-clients-'));
const able = await startAbleServer({ slots: 8 });
const words = ['--state', state, '--port', String(await claimPort('127.0.0.1', 0)), '--backend', able.url];
const network = startChild('the network', [join(root, 'router/local/start.mjs'), ...words]);
network.ready.catch(() => undefined);
const outcomes: Outcome[] = [];
try {
  const place = await waitAnswering();
  for (const client of chosen.value) {
    process.stderr.write(`${client.name} …\n`);
    outcomes.push(await tryClient(client, place));
  }
} finally {
  await network.end();
  await able.stop();
  await rm(state, { recursive: true, force: true });
}
console.log(others.includes('--json') ? JSON.stringify(outcomes, null, 1) : describe(outcomes));
process.exit(outcomes.every(({ worked }) => worked) ? 0 : 1);

async function waitAnswering(): Promise<Place> {
  const localFile = z.object({ endpoint: z.string(), apiKey: z.string() });
  for (const deadlineAt = Date.now() + READY_WAIT_MS; Date.now() < deadlineAt; await sleep(200)) {
    const local = localFile.safeParse(
      JSON.parse(await readFile(join(state, 'local.json'), 'utf8').catch(() => 'null')),
    );
    if (!local.success) continue;
    const { endpoint, apiKey } = local.data;
    const body = JSON.stringify({ model: ABLE_MODEL, messages: [{ role: 'user', content: 'Hello' }] });
    const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
    const response = await fetch(`${endpoint}/chat/completions`, { method: 'POST', headers, body }).catch(() => null);
    await response?.arrayBuffer();
    if (response?.ok) return { origin: endpoint.replace(/\/v1$/, ''), apiKey, model: ABLE_MODEL };
  }
  throw new Error('a network came up whose home never answered');
}

async function tryClient(client: Client, place: Place): Promise<Outcome> {
  const home = await mkdtemp(join(state, `${client.name}-`));
  const work = join(home, 'work');
  await mkdir(work);
  for (const [path, text] of Object.entries(client.files(place))) {
    await mkdir(dirname(join(home, path)), { recursive: true });
    await writeFile(join(home, path), text);
  }
  const made = join(work, 'made.txt');
  const task = `Use your shell tool once, then say what it printed. RUN<<printf '${MADE}' > ${made}>>`;
  const [program = '', ...args] = client.command({ task, home, place });
  const startedAt = Date.now();
  const { status, said } = await run(join(folder, client.name, 'node_modules/.bin', program), args, {
    cwd: work,
    env: { PATH: process.env['PATH'], HOME: home, TERM: 'dumb', NO_COLOR: '1', CI: '1', ...client.env(place) },
  });
  const isMade = !client.makesFile || (await readFile(made, 'utf8').catch(() => '')) === MADE;
  const worked = status === 0 && isMade;
  return {
    client: client.name,
    speaks: client.speaks,
    versions: Object.entries(client.packages)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
    worked,
    tookS: Math.round((Date.now() - startedAt) / 100) / 10,
    said: worked ? '' : `exit ${status}, file ${isMade ? 'made' : 'missing'}: ${said.slice(-TOLD_CHARS)}`,
  };
}

/** Runs one to its end, or to ours. */
async function run(
  program: string,
  args: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string | undefined>> },
): Promise<{ readonly status: number | null; readonly said: string }> {
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const output of [child.stdout, child.stderr])
    output.on('data', (bytes: Buffer) => void (said += bytes.toString()));
  const timer = setTimeout(() => child.kill('SIGKILL'), CLIENT_WAIT_MS);
  const [status] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  return { status, said };
}

function describe(all: readonly Outcome[]): string {
  const rows = all.map(({ client, speaks, versions, worked, tookS }) => [
    client,
    speaks,
    versions,
    worked ? 'works' : 'fails',
    `${tookS} s`,
  ]);
  const told = all.flatMap(({ client, said }) => (said === '' ? [] : [`\n${client}: ${said}`]));
  return [alignRows([['client', 'API', 'version', '', 'took'], ...rows]), ...told].join('\n');
}
