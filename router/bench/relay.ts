// `npm run bench:relay [-- --json] [--quick] [--rounds N]`: the whole path of a call beside a direct call and the bare platform, in one run.
// Everything is on loopback and its own; it ends by itself. The only file of the bench that writes to the terminal for people.
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { openConnections } from './ask.ts';
import { judgeGoals } from './judge-goals.ts';
import type { Results } from './judge-goals.ts';
import { runSlice } from './load.ts';
import type { Slice } from './load.ts';
import { printGoals, printResults } from './print.ts';
import { isMeasured, listScenarios } from './scenarios.ts';
import type { Scenario } from './scenarios.ts';
import { summariseRounds } from './summarise-rounds.ts';
import { startBench } from './targets.ts';
import type { Bench, Target } from './targets.ts';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean' },
    quick: { type: 'boolean' },
    rounds: { type: 'string' },
    only: { type: 'string' },
  },
});
const ROUNDS = { quick: 1, full: 5 };
/** After a load, late work (receipts, books) is let finish before the next target is measured. */
const SETTLE_MS = 400;

const tell = (text: string): void => void process.stderr.write(`${text}\n`);

const startedAt = new Date();
const loadBefore = loadavg();
tell('Starting the mock backend, the bare path and two networks …');
const bench = await startBench();
const endEarly = (): void => void bench.end().then(() => process.exit(130));
process.once('SIGINT', endEarly).once('SIGTERM', endEarly);
try {
  await report(bench);
} finally {
  await bench.end();
}
process.exit(0);

async function report(running: Bench): Promise<void> {
  const rounds = Number(flags.rounds ?? (flags.quick === true ? ROUNDS.quick : ROUNDS.full));
  const results = await measure(running, rounds);
  const goals = judgeGoals(results);
  const machine = {
    node: process.version,
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? 'unknown',
    loadBefore,
    loadAfter: loadavg(),
  };
  const facts = { startedAt: startedAt.toISOString(), rounds, isQuick: flags.quick === true, machine };
  if (flags.json === true) console.log(JSON.stringify({ ...facts, goals, results }, null, 1));
  else console.log(`\n${printResults(results)}\n\n${printGoals(goals)}`);
}

async function measure(running: Bench, rounds: number): Promise<Results> {
  const connections = new Map(running.targets.map((target) => [target, openConnections()]));
  const ownPids = [process.pid, running.backendPid];
  const slice = (target: Target, scenario: Scenario): Promise<Slice> =>
    runSlice(target, scenario, { connections: connections.get(target) ?? openConnections(), ownPids });
  await warmUp(running.targets, slice);
  const results: Record<string, Record<string, ReturnType<typeof summariseRounds>>> = {};
  for (const scenario of listScenarios(flags.quick === true)) {
    if (flags.only !== undefined && !flags.only.split(',').includes(scenario.name)) continue;
    const slices = new Map<Target, Slice[]>();
    for (let round = 1; round <= rounds; round++) {
      tell(`${scenario.name}: round ${round} of ${rounds}`);
      for (const target of shuffle(running.targets.filter(({ name }) => isMeasured(name, scenario.name)))) {
        await sleep(SETTLE_MS);
        slices.set(target, [...(slices.get(target) ?? []), await slice(target, scenario)]);
      }
    }
    const base = [...slices].find(([{ name }]) => name === 'direct')?.[1] ?? [];
    results[scenario.name] = Object.fromEntries(
      [...slices].map(([{ name }, seen]) => [name, summariseRounds(seen, base)]),
    );
  }
  for (const one of connections.values()) one.destroy();
  return results;
}

/** Code that is measured must have been compiled before. */
async function warmUp(
  targets: readonly Target[],
  slice: (target: Target, scenario: Scenario) => Promise<Slice>,
): Promise<void> {
  for (const scenario of listScenarios(true))
    for (const target of targets) {
      const { spreadMs: _, ...rest } = scenario;
      if (isMeasured(target.name, scenario.name))
        await slice(target, {
          ...rest,
          ...(rest.seconds ? { seconds: 1 } : { requests: 64 / (scenario.atOnce === 1 ? 32 : 1) }),
        });
    }
}

function shuffle<T>(values: readonly T[]): T[] {
  return values
    .map((value) => ({ value, rank: Math.random() }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ value }) => value);
}
