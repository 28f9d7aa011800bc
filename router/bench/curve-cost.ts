// `npm run bench:curve [-- --json]`: CPU of each signature, recovery and hash by every implementation, in Node and in workerd, µs. All take turns in
// each round, and the median of the rounds counts: on a busy machine only the ratios mean something.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chooseCurve } from '../../node-agent/receipts/curve-choice.ts';
import { collectLog } from '../../node-agent/test/collect-log.ts';
import { useCurve } from '../../schema/chosen-curve.ts';
import { NOBLE_CURVE } from '../../schema/noble-curve.ts';
import { startNetwork } from '../local/network.ts';
import { readCpuS } from './cpu.ts';
import { CURVE_JOBS, makeCurveJobs } from './curve-jobs.ts';
import type { CurveJob } from './curve-jobs.ts';

const ROUNDS = 5;
/** CPU that a measurement takes at least: /proc counts in hundredths of a second. */
const MEASURE_S = 0.25;

/** Runs a job so often, and gives the CPU seconds that it took. */
type Runner = (job: CurveJob, times: number) => Promise<number> | number;

const { values: flags } = parseArgs({ options: { json: { type: 'boolean' } } });
const network = await startNetwork({
  configPath: join(import.meta.dirname, 'curve.toml'),
  bindings: {},
  localPlaces: false,
});
try {
  const runners: Readonly<Record<string, Runner>> = {
    'noble, Node': runHere(() => useCurve(() => NOBLE_CURVE)),
    'wasm, Node': runHere(() => chooseCurve(collectLog().log, { loadAddon: noAddon })),
    'native, Node': runHere(() => chooseCurve(collectLog().log)),
    'noble, workerd': runThere('noble'),
    'wasm, workerd': runThere('wasm'),
  };
  print(await measureAll(runners));
} finally {
  await network.stop();
}

function noAddon(): never {
  throw new Error('left out');
}

function runHere(choose: () => unknown): Runner {
  const jobs = makeCurveJobs();
  return (name, times) => {
    choose();
    const { run } = jobs[name];
    const before = process.cpuUsage();
    for (let i = 0; i < times; i++) run();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  };
}

function runThere(curve: 'noble' | 'wasm'): Runner {
  return async (name, times) => {
    const before = readCpuS(network.workerdPids());
    await (await fetch(`${network.url}/${curve}/${CURVE_JOBS.indexOf(name)}/${times}`)).text();
    return readCpuS(network.workerdPids()) - before;
  };
}

/** µs of CPU for each job and runner. */
async function measureAll(runners: Readonly<Record<string, Runner>>): Promise<Map<CurveJob, Record<string, number>>> {
  const jobs = makeCurveJobs();
  const table = new Map<CurveJob, Record<string, number>>();
  for (const job of CURVE_JOBS) {
    const times: Record<string, number> = {};
    for (const [name, run] of Object.entries(runners)) times[name] = await findTimes(run, job);
    const rounds: Record<string, number>[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const row: Record<string, number> = {};
      for (const [name, run] of Object.entries(runners))
        row[name] = (await run(job, times[name] ?? 1)) / (times[name] ?? 1);
      rounds.push(row);
    }
    const median = (name: string): number =>
      rounds.map((row) => row[name] ?? 0).sort((a, b) => a - b)[ROUNDS >> 1] ?? 0;
    table.set(
      job,
      Object.fromEntries(Object.keys(runners).map((name) => [name, (1e6 * median(name)) / jobs[job].each])),
    );
  }
  return table;
}

/** How often a job runs in MEASURE_S; finding it out warms it. */
async function findTimes(run: Runner, job: CurveJob): Promise<number> {
  for (let times = 16; ; times *= 4) {
    const took = await run(job, times);
    if (took > MEASURE_S / 4) return Math.ceil((times * MEASURE_S) / took);
  }
}

function print(table: Map<CurveJob, Record<string, number>>): void {
  if (flags.json === true) return console.log(JSON.stringify(Object.fromEntries(table), null, 1));
  const names = Object.keys(table.values().next().value ?? {});
  console.log(`${'µs of CPU'.padEnd(22)}${names.map((name) => name.padStart(16)).join('')}`);
  for (const [job, row] of table)
    console.log(`${job.padEnd(22)}${names.map((name) => (row[name] ?? 0).toFixed(1).padStart(16)).join('')}`);
}
