// `npm run bench:profile [-- --root DIR] [--seconds N] [--window MS] [--top N] [--json]`: where the CPU of a request and of a chunk goes, in router and agent, of
// this checkout or of another one (DIR). Needs Linux and `perf` (linux-perf), and leave to sample (kernel.perf_event_paranoid 2 at most). Both
// engines tell perf their functions, which costs a little: read shares, and compare with profiles only.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { openConnections } from './ask.ts';
import { startChild } from './children.ts';
import { startIrori } from './irori-networks.ts';
import type { IroriNetwork } from './irori-networks.ts';
import { runSlice } from './load.ts';
import type { Slice } from './load.ts';
import { alignRows } from './print.ts';
import { listScenarios, WARMING } from './scenarios.ts';
import type { Scenario } from './scenarios.ts';
import { indexBundle, indexCompiled, readFrame } from './read-frames.ts';
import type { Known } from './read-frames.ts';
import { sortSample, WORK } from './sort-samples.ts';
import type { Frame, Work } from './sort-samples.ts';
import type { Target } from './targets.ts';

const { values: flags } = parseArgs({
  options: {
    root: { type: 'string' },
    seconds: { type: 'string' },
    window: { type: 'string' },
    top: { type: 'string' },
    json: { type: 'boolean' },
  },
});
const root = resolve(flags.root ?? resolve(import.meta.dirname, '../..'));
const seconds = Number(flags.seconds ?? 10);
const WARM_S = 5;
const SAMPLES_PER_S = 997;
const PARTS = ['router', 'agent'] as const;
type Part = (typeof PARTS)[number];

/** Samples of one part under one load, counted. */
interface Counted {
  readonly work: Map<Work, number>;
  /** By the innermost function that has a file. */
  readonly functions: Map<string, number>;
  total: number;
}

interface Profile {
  readonly scenario: string;
  /** Microseconds of CPU, by what Linux counted, for each request or chunk. */
  readonly unit: 'request' | 'chunk';
  readonly units: number;
  readonly parts: Readonly<Record<Part, { readonly totalUs: number; readonly counted: Counted }>>;
}

const folder = await mkdtemp(join(tmpdir(), 'irori-profile-'));
const ends: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })];
const end = async (): Promise<void> => {
  for (const one of ends.splice(0).toReversed()) await one();
};
const endEarly = (): void => void end().then(() => process.exit(130));
process.once('SIGINT', endEarly).once('SIGTERM', endEarly);
try {
  checkPerf();
  print(await profileAll());
} finally {
  await end();
}
process.exit(0);

function checkPerf(): void {
  try {
    execFileSync('perf', ['--version'], { stdio: 'ignore' });
  } catch {
    throw new Error('There is no perf here: it comes with the package linux-perf, and runs on Linux alone.');
  }
}

async function profileAll(): Promise<readonly Profile[]> {
  const backend = startChild('the mock backend', [join(import.meta.dirname, 'mock-backend.ts')]);
  ends.push(() => backend.end());
  const { port } = z.object({ port: z.number() }).parse(await backend.ready);
  const network = await startIrori({
    name: 'irori',
    folder: root,
    backendPort: port,
    windowMs: flags.window === undefined ? null : Number(flags.window),
    environment: {
      MINIFLARE_WORKERD_V8_FLAGS: '--perf-basic-prof',
      NODE_OPTIONS: '--perf-basic-prof',
      MINIFLARE_WORKERD_CONFIG_DEBUG: join(folder, 'config.json'),
    },
  });
  ends.push(async () => {
    await network.end();
    const pids = Object.values(network.pids).flat();
    for (const pid of pids) await rm(mapOf(pid), { force: true });
  });
  const target: Target = { ...network.door, name: 'irori', kind: 'window', prefix: 'say', pids: network.pids };
  const tools = { connections: openConnections(), ownPids: [process.pid, backend.pid] };
  const slice = (scenario: Scenario): Promise<Slice> => runSlice(target, scenario, tools);
  const warmUntil = performance.now() + WARM_S * 1000;
  while (performance.now() < warmUntil) for (const scenario of WARMING) await slice(scenario);
  const loads = listScenarios(false).filter(({ name }) => name === 'not streamed' || name === '32 long streams');
  const profiles: Profile[] = [];
  for (const { requests: _, ...scenario } of loads)
    profiles.push(await profile(network, { ...scenario, seconds }, slice));
  return profiles;
}

async function profile(
  network: IroriNetwork,
  scenario: Scenario,
  slice: (scenario: Scenario) => Promise<Slice>,
): Promise<Profile> {
  process.stderr.write(`${scenario.name}: ${seconds} s under perf …\n`);
  const path = join(folder, `${scenario.name.replaceAll(' ', '-')}.data`);
  const pids = PARTS.flatMap((part) => network.pids[part]).join(',');
  const words = ['record', '-q', '-F', String(SAMPLES_PER_S), '-g', '-p', pids, '-o', path];
  const perf = spawn('perf', words, { stdio: ['ignore', 'ignore', 'inherit'] });
  const done = once(perf, 'exit');
  const seen = await slice(scenario);
  perf.kill('SIGINT');
  await done;
  const counted = await count(path, network);
  const units = scenario.call.stream ? seen.tokens : seen.requests;
  const toPart = (part: Part) => ({ totalUs: ((seen.cpuS[part] ?? Number.NaN) / units) * 1e6, counted: counted[part] });
  return {
    scenario: scenario.name,
    unit: scenario.call.stream ? 'chunk' : 'request',
    units,
    parts: { router: toPart('router'), agent: toPart('agent') },
  };
}

async function count(path: string, network: IroriNetwork): Promise<Record<Part, Counted>> {
  const empty = (): Counted => ({ work: new Map(), functions: new Map(), total: 0 });
  const counted: Record<Part, Counted> = { router: empty(), agent: empty() };
  const bundled = indexBundle(await readBundle());
  const known = new Map<number, { readonly part: Part; readonly known: Known }>();
  for (const part of PARTS)
    for (const pid of network.pids[part]) {
      const compiled = indexCompiled(await readFile(mapOf(pid), 'utf8'));
      known.set(pid, { part, known: { root, bundled, compiled } });
    }
  const script = spawn('perf', ['script', '-i', path, '-F', 'pid,ip,sym,dso'], { stdio: ['ignore', 'pipe', 'ignore'] });
  let lines: string[] = [];
  for await (const line of createInterface({ input: script.stdout })) {
    if (line.trim() !== '') lines.push(line);
    else {
      const [pid, ...frames] = lines;
      const of = known.get(Number(pid));
      if (of)
        add(
          counted[of.part],
          frames.map((frame) => readFrame(frame, of.known)),
        );
      lines = [];
    }
  }
  return counted;
}

/** Where V8 writes what it compiled, for perf to find. */
function mapOf(pid: number): string {
  return `/tmp/perf-${pid}.map`;
}

function add(counted: Counted, frames: readonly Frame[]): void {
  counted.total += 1;
  const work = sortSample(frames);
  counted.work.set(work, (counted.work.get(work) ?? 0) + 1);
  const inner = frames.find(({ file }) => file !== null);
  const name = inner ? `${inner.file} ${inner.name || '(unnamed)'}` : (frames.at(0)?.name.slice(0, 80) ?? '');
  const key = `${work}: ${name}`;
  counted.functions.set(key, (counted.functions.get(key) ?? 0) + 1);
}

/** The Worker's text as workerd got it, which its functions' line numbers mean. */
async function readBundle(): Promise<string> {
  const config = z.object({
    services: z.array(
      z.object({
        worker: z
          .object({ modules: z.array(z.object({ name: z.string(), esModule: z.unknown().optional() })).optional() })
          .optional(),
      }),
    ),
  });
  const read = config.parse(JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')));
  const modules = read.services.flatMap(({ worker }) => worker?.modules ?? []);
  for (const { name, esModule } of modules) if (name === 'worker.js' && typeof esModule === 'string') return esModule;
  return '';
}

function print(profiles: readonly Profile[]): void {
  const us = (part: { readonly totalUs: number; readonly counted: Counted }, samples: number): number =>
    (samples / part.counted.total) * part.totalUs;
  if (flags.json === true) {
    const told = profiles.map(({ parts, ...rest }) => ({
      ...rest,
      ...Object.fromEntries(
        PARTS.map((name) => {
          const part = parts[name];
          const work = [...part.counted.work].map(([what, samples]) => [what, us(part, samples)]);
          return [name, { totalUs: part.totalUs, samples: part.counted.total, us: Object.fromEntries(work) }];
        }),
      ),
    }));
    return console.log(JSON.stringify({ root, profiles: told }, null, 1));
  }
  for (const name of PARTS) {
    const head = [`${name}, µs of CPU`, ...profiles.map(({ scenario, unit }) => `a ${unit} (${scenario})`)];
    const rows = WORK.map((work) => [
      work,
      ...profiles.map(({ parts }) => us(parts[name], parts[name].counted.work.get(work) ?? 0).toFixed(1)),
    ]).filter(([, ...cells]) => cells.some((cell) => Number(cell) > 0));
    const total = ['total', ...profiles.map(({ parts }) => parts[name].totalUs.toFixed(1))];
    const samples = ['samples', ...profiles.map(({ parts }) => String(parts[name].counted.total))];
    console.log(`${alignRows([head, ...rows, total, samples])}\n`);
  }
  for (const { scenario, unit, parts } of profiles)
    for (const name of PARTS) {
      const top = [...parts[name].counted.functions].toSorted((a, b) => b[1] - a[1]).slice(0, Number(flags.top ?? 0));
      if (top.length === 0) continue;
      console.log(`${name}, ${scenario}, µs a ${unit}, by the innermost function of a file`);
      console.log(`${alignRows(top.map(([what, samples]) => [us(parts[name], samples).toFixed(1), what]))}\n`);
    }
}
