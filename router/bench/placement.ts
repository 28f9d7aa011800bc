// npm run bench:placement -- --sim DIR --trace FILE --seed N [--modes a,b] [--json] [any option of the simulator]: the project's own placement, hub partition,
// edge memory and learning plugged into the routing simulator in DIR, which is imported as it is. Prints one object for each mode.
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { quantile } from '../../schema/quantile.ts';
import { beginRun, openSimulator, simulatorFile } from './sim-run.ts';
import type { SimSummary, SimWorld } from './sim-types.ts';

/** Arrivals as in the simulator's own two-level runs. */
const RUN_DEFAULTS = { copies: 10, minutes: 5 };
const ADAPTERS: Readonly<Record<string, string>> = { './hubs.mjs': './sim-hubs.ts', './gpu.mjs': './sim-gpu.ts' };

interface Simulator {
  readonly DEFAULTS: Readonly<Record<string, number>>;
  readonly buildWorld: (cfg: Readonly<Record<string, number>>) => SimWorld;
  readonly buildRequests: (world: SimWorld, trace: unknown) => readonly unknown[];
  readonly loadTrace: (file: string) => unknown;
  readonly simulate: (
    world: SimWorld,
    requests: readonly unknown[],
    policy: { readonly hub: Readonly<Record<string, unknown>> },
    how: { readonly control: string; readonly hubOpts: Readonly<Record<string, unknown>> },
  ) => SimSummary;
}

/** What is printed of one mode; times in s, distances in km. */
interface ModeResult {
  readonly mode: string;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly kmMean: number;
  /** Mean distance of the closest home that had the model in memory and a free slot. */
  readonly kmNearestWarm: number;
  readonly broken: number;
  readonly retries: number;
  readonly rejected: number;
  readonly gini: number;
  readonly jPerToken: number;
  /** Grams of CO2e a request, above rest, by the grids' yearly means. */
  readonly gCo2ePerRequest: number;
  /** Mean error of believed speeds, in logs, before and after learning. */
  readonly speedError: { readonly start: number; readonly end: number };
  /** How far first tokens came from what was predicted, as a share of it: half of them less, nine in ten less. */
  readonly predictionError: { readonly p50: number; readonly p90: number };
  /** Microseconds of the rules for one look at an edge and one grant at a hub, at the median. */
  readonly pickUs: number;
  readonly rankUs: number;
  readonly grantUs: number;
  readonly busy: number;
  readonly asks: number;
  readonly hubs: number;
  readonly tokensPerSp5: number;
}

function readArgs(argv: readonly string[]): Map<string, string> {
  // The simulator's own options are passed on by their names, which are not known here.
  const { tokens } = parseArgs({ args: [...argv], strict: false, allowPositionals: true, tokens: true });
  const args = new Map<string, string>();
  for (const [at, token] of tokens.entries()) {
    if (token.kind !== 'option') continue;
    const next = tokens[at + 1];
    args.set(token.name, token.value ?? (next?.kind === 'positional' ? next.value : 'true'));
  }
  return args;
}

/** The simulator of a folder, with our hubs and watched GPUs in place of its own. */
async function openPlugged(folder: string): Promise<Simulator> {
  openSimulator(pathToFileURL(`${resolve(folder)}/`));
  const simulator = simulatorFile('sim.mjs');
  registerHooks({
    resolve: (specifier, context, next) => {
      const adapter = context.parentURL === simulator ? ADAPTERS[specifier] : undefined;
      return adapter ? { url: new URL(adapter, import.meta.url).href, shortCircuit: true } : next(specifier, context);
    },
  });
  const parts = await Promise.all(['world.mjs', 'trace.mjs', 'sim.mjs'].map((name) => import(simulatorFile(name))));
  return Object.assign({}, ...parts) as Simulator;
}

function run(simulator: Simulator, args: ReadonlyMap<string, string>, mode: string): ModeResult {
  const options = Object.entries({ ...simulator.DEFAULTS, ...RUN_DEFAULTS });
  const cfg = Object.fromEntries(options.map(([name, value]) => [name, Number(args.get(name) ?? value)]));
  const world = simulator.buildWorld(cfg);
  const requests = simulator.buildRequests(world, simulator.loadTrace(args.get('trace') ?? ''));
  const { watch, cost, warmKm } = beginRun(world, args.get('learn') !== 'false');
  const hubOpts = Object.fromEntries(
    ['S', 'write', 'cross', 'ttft', 'tps', 'max'].flatMap((name) =>
      args.has(name) ? [[name, Number(args.get(name))]] : [],
    ),
  );
  const relay = args.get('relay') !== 'false';
  const control = args.get('control') ?? 'regional';
  const seen = simulator.simulate(world, requests, { hub: { mode } }, { control, hubOpts: { ...hubOpts, relay } });
  const rankUs = quantile(cost.rankUs, 0.5);
  const grantUs = quantile(cost.grantUs, 0.5);
  const known = warmKm.filter((km) => Number.isFinite(km));
  return {
    mode,
    ...seen.ttft,
    kmMean: seen.km,
    kmNearestWarm: known.reduce((sum, km) => sum + km, 0) / Math.max(1, known.length),
    broken: seen.broken,
    retries: seen.retries,
    rejected: seen.rejected,
    gini: seen.util.gini,
    jPerToken: seen.energy.marginalJPerToken,
    gCo2ePerRequest: gramsOf(world, seen),
    speedError: watch.speedError(world.nodes),
    predictionError: watch.predictionError(),
    pickUs: rankUs + grantUs,
    rankUs,
    grantUs,
    busy: seen.busy,
    asks: seen.att,
    hubs: seen.hubs,
    tokensPerSp5: seen.speed.p5,
  };
}

/** By the simulated world's own grids. */
function gramsOf({ nodes }: SimWorld, { joulesByCountry, requests }: SimSummary): number {
  const grids = new Map(nodes.map(({ cc, grid }) => [cc, grid]));
  const grams = Object.entries(joulesByCountry).map(([cc, joules]) => (joules / 3.6e6) * (grids.get(cc) ?? 0));
  return grams.reduce((sum, one) => sum + one, 0) / requests;
}

const rounded = (_: string, value: unknown): unknown =>
  typeof value === 'number' ? Math.round(value * 10_000) / 10_000 : value;

const args = readArgs(process.argv.slice(2));
for (const name of ['sim', 'trace']) {
  if (!args.has(name))
    throw new Error(`--${name} is missing: bench:placement -- --sim DIR --trace FILE --seed N --json`);
}
const simulator = await openPlugged(args.get('sim') ?? '').catch((error: unknown) => {
  console.error(
    `bench:placement: the simulator cannot be loaded from '${args.get('sim') ?? ''}': ${String(error).split('\n')[0]}`,
  );
  console.error("Give its folder with --sim DIR, and run 'npm install' there first: it has packages of its own.");
  return process.exit(2);
});
const results = (args.get('modes') ?? 'closest,fastest,fairest')
  .split(',')
  .map((mode) => run(simulator, args, mode.trim()));
if (args.has('json')) console.log(JSON.stringify(results, rounded));
else for (const result of results) console.log(JSON.stringify(result, rounded));
