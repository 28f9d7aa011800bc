// `npm run bench:relay [-- --json] [--quick] [--rounds N] [--warm S] [--only SCENARIO,…] [--beside DIR]`: the whole path of a call beside a direct call and
// the bare platform, in one run; with --beside also beside another checkout of this project (DIR, with its node_modules), so that before and after
// are one command. Everything is on loopback and its own; it ends by itself. The only file of the bench that writes to the terminal for people.
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { openConnections } from './ask.ts';
import { startIdleHome } from './idle-home.ts';
import type { AtRest, IdleHome } from './idle-home.ts';
import { judgeGoals } from './judge-goals.ts';
import type { Measured, Results } from './judge-goals.ts';
import { runSlice } from './load.ts';
import type { Slice } from './load.ts';
import { printBusy, printGoals, printResults } from './print.ts';
import { probe } from './probes.ts';
import type { Probed } from './probes.ts';
import { isMeasured, listScenarios, WARMING } from './scenarios.ts';
import type { Scenario } from './scenarios.ts';
import { summariseRounds } from './summarise-rounds.ts';
import { startBench } from './targets.ts';
import type { Bench, Target } from './targets.ts';
import type { Side, TargetName } from './target-names.ts';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean' },
    quick: { type: 'boolean' },
    rounds: { type: 'string' },
    warm: { type: 'string' },
    only: { type: 'string' },
    beside: { type: 'string' },
  },
});
const isQuick = flags.quick === true;
/** About ten minutes, also with the targets of another checkout. */
const ROUNDS = isQuick ? 1 : flags.beside === undefined ? 5 : 3;
/** Every target is under load before it is measured: code that is measured is to be hot, which on a busy machine takes longer. */
const WARM = { seconds: 5, calls: 1_000, mostSeconds: 20 };
/** After a load, late work (receipts, books) is let finish before the next target is measured. */
const SETTLE_MS = 400;
/** An idle home's ping comes once a minute: its bytes are counted over whole minutes. */
const LEAST_REST_S = isQuick ? 0 : 121;

const tell = (text: string): void => void process.stderr.write(`${text}\n`);

const startedAt = new Date();
const loadBefore = loadavg();
tell('Starting the mock backend, the bare path and the networks …');
const bench = await startBench(flags.beside ?? null);
/** At rest beside the others until the end. */
const idleHomes = new Map<Side, IdleHome>();
const end = async (): Promise<void> => {
  for (const home of idleHomes.values()) await home.end();
  await bench.end();
};
const endEarly = (): void => void end().then(() => process.exit(130));
process.once('SIGINT', endEarly).once('SIGTERM', endEarly);
try {
  await report(bench);
} finally {
  await end();
}
process.exit(0);

async function report(running: Bench): Promise<void> {
  const rounds = Number(flags.rounds ?? ROUNDS);
  await startIdleHomes(running);
  const results = await measure(running, rounds);
  const probes = await probeAll(running);
  const measured: Measured = { results, probes, atRest: await readAtRest() };
  const goals = judgeGoals(measured);
  const machine = {
    node: process.version,
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? 'unknown',
    loadBefore,
    loadAfter: loadavg(),
  };
  const facts = { startedAt: startedAt.toISOString(), rounds, isQuick, machine, busy: printBusy(measured) };
  if (flags.json === true) return console.log(JSON.stringify({ ...facts, goals, ...measured }, null, 1));
  const head = `${machine.cores} × ${machine.cpu}, Node ${machine.node}, ${rounds} rounds: the median, with the least and the greatest.`;
  const cost = 'What a job costs in rows, commands and USD is counted by `npm run bench:cost`.';
  console.log([head, facts.busy, printGoals(goals), cost, printResults(measured)].join('\n\n'));
}

async function measure(running: Bench, rounds: number): Promise<Results> {
  const connections = new Map(running.targets.map((target) => [target, openConnections()]));
  const ownPids = [process.pid, running.backendPid];
  const slice = (target: Target, scenario: Scenario): Promise<Slice> =>
    runSlice(target, scenario, { connections: connections.get(target) ?? openConnections(), ownPids });
  for (const target of running.targets) await warmUp(target, slice);
  const results: Record<string, Record<string, ReturnType<typeof summariseRounds>>> = {};
  for (const scenario of listScenarios(isQuick)) {
    if (flags.only !== undefined && !flags.only.split(',').includes(scenario.name)) continue;
    const measuredTargets = running.targets.filter((target) => isMeasured(target, scenario.name));
    const slices = new Map<TargetName, Slice[]>(measuredTargets.map(({ name }) => [name, []]));
    for (let round = 1; round <= rounds; round++) {
      tell(`${scenario.name}: round ${round} of ${rounds}`);
      for (const target of shuffle(measuredTargets)) {
        await sleep(SETTLE_MS);
        slices.get(target.name)?.push(await slice(target, scenario));
      }
    }
    const bases = { direct: slices.get('direct') ?? [], floor: slices.get('floor') ?? [] };
    results[scenario.name] = Object.fromEntries(
      [...slices].map(([name, seen]) => [name, summariseRounds(seen, bases)]),
    );
  }
  for (const one of connections.values()) one.destroy();
  return results;
}

async function warmUp(target: Target, slice: (target: Target, scenario: Scenario) => Promise<Slice>): Promise<void> {
  const { seconds, calls, mostSeconds } =
    flags.warm === undefined ? WARM : { seconds: Number(flags.warm), calls: 0, mostSeconds: 0 };
  const beganAt = performance.now();
  const passedS = (): number => (performance.now() - beganAt) / 1000;
  let called = 0;
  while (passedS() < seconds || (called < calls && passedS() < mostSeconds))
    for (const scenario of WARMING) called += (await slice(target, scenario)).requests;
  tell(`${target.name}: warmed for ${passedS().toFixed(1)} s with ${called} calls`);
}

async function probeAll(running: Bench): Promise<Measured['probes']> {
  const probes: Partial<Record<TargetName, Probed>> = {};
  for (const target of running.targets) {
    // The bare path is not built for any of it: that is only to be seen beside.
    if (target.kind !== 'window' && (target.kind !== 'floor' || isQuick)) continue;
    tell(`${target.name}: probed`);
    probes[target.name] = await probe(target, running.backendUrl);
  }
  return probes;
}

async function startIdleHomes({ networks, backendPort }: Bench): Promise<void> {
  for (const side of ['now', 'before'] as const) {
    const network = networks[side];
    if (network) idleHomes.set(side, await startIdleHome(network, backendPort));
  }
}

async function readAtRest(): Promise<Measured['atRest']> {
  const atRest: Partial<Record<Side, AtRest>> = {};
  for (const [side, home] of idleHomes) {
    const missingS = LEAST_REST_S - home.read().seconds;
    if (missingS > 0) await sleep(missingS * 1000);
    atRest[side] = home.read();
  }
  return atRest;
}

function shuffle<T>(values: readonly T[]): T[] {
  return values
    .map((value) => ({ value, rank: Math.random() }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ value }) => value);
}
