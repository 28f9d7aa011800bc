// `npm run bench:agent`: what the agent costs its machine at rest, as it is installed: packed, unpacked, and run under this Node and, where there is one,
// Node 20, beside a real router. Options: --json; --seconds N of rest (150); --node PATH, another Node to run it under, may be repeated.
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { askAgent } from '../home/owner-line.ts';
import { readStatus } from '../home/status-file.ts';
import { readCpuS, readMemoryBytes } from '../../router/bench/cpu.ts';
import { openLine } from '../../router/bench/line.ts';
import { startModelServer } from '../../router/test/model-server.ts';
import { startStack } from '../../router/test/stack.ts';
import type { Stack } from '../../router/test/stack.ts';
import { openPageClient } from './page-client.ts';

const run = promisify(execFile);
const ROOT = resolve(import.meta.dirname, '../..');
/** What a start brings into memory goes again within this time, and what is asked once a day (the last epoch) has been asked. */
const SETTLE_MS = 65_000;
const CONNECT_MS = 60_000;
const PAGE_S = 30;
const STARTS = 7;
const DAY_S = 86_400;
/** Of a TCP segment over IPv4, with what stands before it on the wire, and of the answer to it. */
const HEADER_BYTES = 2 * 66;

interface Packed {
  readonly program: string;
  readonly packedBytes: number;
  readonly unpackedBytes: number;
}

/** Figures of one Node; null where they cannot be known here. */
interface Figures {
  readonly node: string;
  readonly startMs: number;
  readonly connectedMs: number;
  readonly residentMb: number;
  /** Of it what is its own: the rest is Node's program, which others share, and how much of that counts differs by 5 MB between starts. */
  readonly ownMb: number | null;
  readonly residentWithPageMb: number | null;
  readonly cpuPercent: number;
  readonly cpuWithPagePercent: number | null;
  readonly trafficMbADay: number;
  readonly wireMbADay: number;
}

interface Goal {
  readonly what: string;
  readonly value: number | null;
  readonly atMost: number;
  readonly unit: string;
}

const { values: wish } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '150' },
    node: { type: 'string', multiple: true, default: [] },
  },
});

await main();

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'irori-rest-'));
  try {
    const packed = await pack(folder);
    const nodes = [process.execPath, ...wish.node, ...(await findNode20(wish.node))];
    const all: Figures[] = [];
    for (const node of nodes) all.push(await measure(node, packed, folder));
    tell(packed, all);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The package as a home gets it; it needs no others. */
async function pack(folder: string): Promise<Packed> {
  const agent = join(ROOT, 'node-agent');
  const isBuilt = existsSync(join(agent, 'dist'));
  try {
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: agent });
    const [told] = JSON.parse(stdout.slice(stdout.indexOf('['))) as {
      filename: string;
      size: number;
      unpackedSize: number;
    }[];
    if (!told) throw new Error('npm packed nothing');
    await run('tar', ['-xzf', join(folder, told.filename), '-C', folder]);
    const program = join(folder, 'package', 'bin', 'irori-node.mjs');
    return { program, packedBytes: told.size, unpackedBytes: told.unpackedSize };
  } finally {
    if (!isBuilt) await rm(join(agent, 'dist'), { recursive: true, force: true });
  }
}

/** A Node 20 of this machine, where there is one. */
async function findNode20(given: readonly string[]): Promise<string[]> {
  if (given.length > 0) return [];
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, 'node');
    if (existsSync(path) && (await versionOf(path)).startsWith('v20.')) return [path];
  }
  return [];
}

async function versionOf(node: string): Promise<string> {
  return (await run(node, ['--version']).catch(() => ({ stdout: '' }))).stdout.trim();
}

async function measure(node: string, { program }: Packed, folder: string): Promise<Figures> {
  const startMs = await timeStarts(node, program);
  const stack = await startStack();
  const server = await startModelServer();
  const line = await openLine(0, Number(new URL(stack.url).port));
  const state = join(folder, `state-${await versionOf(node)}`);
  const words = ['up', '--router', `http://127.0.0.1:${line.port}`, '--code', await makeCode(stack), '--state', state];
  const startedAt = performance.now();
  // Its own signals, as at home: watching the machine is part of what it costs.
  const env = { ...process.env, IRORI_SIGNALS: '' };
  const child = spawn(node, [program, ...words, '--backend', server.url, '--models', 'say-*'], {
    stdio: 'ignore',
    env,
  });
  try {
    const connectedMs = await untilConnected(state, startedAt);
    await sleep(SETTLE_MS);
    const rest = await watch(child, Number(wish.seconds), line);
    const withPage = await watchWithPage(child, state, line);
    return {
      node: await versionOf(node),
      startMs,
      connectedMs,
      residentMb: rest.residentMb,
      ownMb: readOwnMb(child.pid ?? 0),
      residentWithPageMb: withPage?.residentMb ?? null,
      cpuPercent: rest.cpuPercent,
      cpuWithPagePercent: withPage?.cpuPercent ?? null,
      trafficMbADay: rest.trafficMbADay,
      wireMbADay: rest.wireMbADay,
    };
  } finally {
    child.kill('SIGKILL');
    await line.end();
    await server.stop();
    await stack.stop();
  }
}

/** From the spawn until the program has said its version and ended: the median, in ms. */
async function timeStarts(node: string, program: string): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < STARTS; i += 1) {
    const at = performance.now();
    await run(node, [program, '--version']);
    times.push(performance.now() - at);
  }
  return Math.round(times.sort((a, b) => a - b)[Math.floor(STARTS / 2)] ?? 0);
}

async function makeCode(stack: Stack): Promise<string> {
  const { id } = await stack.makeAccount();
  return String((await stack.admin('POST', '/nodes/enrolments', { account_id: id })).json['code']);
}

async function untilConnected(state: string, startedAt: number): Promise<number> {
  while (performance.now() - startedAt < CONNECT_MS) {
    const asked = await askAgent(state, { do: 'status' });
    const status = asked.kind === 'answered' ? await readStatus(state) : null;
    if (status?.state === 'connected') return Math.round(performance.now() - startedAt);
    await sleep(20);
  }
  throw new Error('the agent did not come to its router');
}

interface Watched {
  readonly residentMb: number;
  readonly cpuPercent: number;
  readonly trafficMbADay: number;
  readonly wireMbADay: number;
}

/** The agent with the children that it has started and that have ended; memory is the median of a look a second. */
async function watch(
  child: ChildProcess,
  seconds: number,
  line: { carriedBytes(): number; carriedPieces(): number },
): Promise<Watched> {
  const pids = [child.pid ?? 0];
  const look = () => ({
    cpuS: readCpuS(pids),
    bytes: line.carriedBytes(),
    pieces: line.carriedPieces(),
    at: performance.now(),
  });
  const before = look();
  const resident: number[] = [];
  for (let i = 0; i < seconds; i += 1) {
    await sleep(1000);
    resident.push(readMemoryBytes(pids));
  }
  const after = look();
  const s = (after.at - before.at) / 1000;
  const bytesADay = ((after.bytes - before.bytes) * DAY_S) / s;
  const wireADay = bytesADay + ((after.pieces - before.pieces) * HEADER_BYTES * DAY_S) / s;
  return {
    residentMb: round((resident.sort((a, b) => a - b)[Math.floor(resident.length / 2)] ?? 0) / 1e6, 1),
    cpuPercent: round((100 * (after.cpuS - before.cpuS)) / s, 2),
    trafficMbADay: round(bytesADay / 1e6, 3),
    wireMbADay: round(wireADay / 1e6, 3),
  };
}

/** The same while a browser has the page open; null where the agent has none. */
async function watchWithPage(
  child: ChildProcess,
  state: string,
  line: { carriedBytes(): number; carriedPieces(): number },
): Promise<Watched | null> {
  const asked = await askAgent(state, { do: 'open' });
  const url = asked.kind === 'answered' ? asked.answer.url : null;
  if (url === null) return null;
  const close = await openPageClient(url);
  await sleep(5000);
  const watched = await watch(child, PAGE_S, line);
  await close();
  return watched;
}

function readOwnMb(pid: number): number | null {
  const kib = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return kib === undefined ? null : round((Number(kib) * 1024) / 1e6, 1);
}

function tell(packed: Packed, all: readonly Figures[]): void {
  const goals: Goal[] = [
    { what: 'tarball', value: round(packed.packedBytes / 1e6, 2), atMost: 10, unit: 'MB' },
    ...all.flatMap(goalsOf),
  ];
  const judged = goals.map((goal) => ({ ...goal, reached: goal.value === null ? null : goal.value <= goal.atMost }));
  const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, memoryGb: Math.round(totalmem() / 1e9) };
  const install = { packedBytes: packed.packedBytes, unpackedBytes: packed.unpackedBytes };
  if (wish.json) {
    process.stdout.write(`${JSON.stringify({ machine, install, figures: all, goals: judged })}\n`);
    return;
  }
  process.stdout.write(`${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB; ${wish.seconds} s of rest\n`);
  process.stdout.write(`unpacked ${round(packed.unpackedBytes / 1e6, 1)} MB\n`);
  for (const { node, ownMb } of all) process.stdout.write(`${node}: ${ownMb ?? '-'} MB of the resident are its own\n`);
  for (const { what, value, atMost, unit, reached } of judged) {
    const word = reached === null ? 'not known' : reached ? 'reached' : 'NOT REACHED';
    process.stdout.write(
      `${what.padEnd(46)}${String(value ?? '-').padStart(9)} ${unit.padEnd(8)}at most ${String(atMost).padEnd(6)}${word}\n`,
    );
  }
}

function goalsOf({ node, ...of }: Figures): Goal[] {
  return [
    { what: `${node}: resident at rest`, value: of.residentMb, atMost: 80, unit: 'MB' },
    { what: `${node}: resident, page open`, value: of.residentWithPageMb, atMost: 80, unit: 'MB' },
    { what: `${node}: CPU at rest`, value: of.cpuPercent, atMost: 0.5, unit: '%' },
    { what: `${node}: CPU, page open`, value: of.cpuWithPagePercent, atMost: 2, unit: '%' },
    { what: `${node}: traffic at rest, payload`, value: of.trafficMbADay, atMost: 1, unit: 'MB/day' },
    { what: `${node}: traffic at rest, with headers`, value: of.wireMbADay, atMost: 1, unit: 'MB/day' },
    { what: `${node}: start`, value: of.startMs, atMost: 300, unit: 'ms' },
    { what: `${node}: from start to connected`, value: of.connectedMs, atMost: 3000, unit: 'ms' },
  ];
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
