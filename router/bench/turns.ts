// `npm run bench:turns [-- --root DIR] [--json]`: how often edge, hub and accounts are entered for a request and for a stream of 64 chunks, why, and what they
// ask the platform for, by workerd's own trace. Counts, not times: those of calls that are not streamed are the same however busy the machine is.
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { ask, openConnections } from './ask.ts';
import type { Call } from './ask.ts';
import { startChild } from './children.ts';
import { countTurns } from './count-turns.ts';
import type { Turns } from './count-turns.ts';
import { startIrori } from './irori-networks.ts';
import type { IroriNetwork } from './irori-networks.ts';

const { values: flags } = parseArgs({ options: { root: { type: 'string' }, json: { type: 'boolean' } } });
const root = resolve(flags.root ?? resolve(import.meta.dirname, '../..'));
const AT_ONCE = 32;
const LOADS: readonly { readonly name: string; readonly call: Call; readonly each: number }[] = [
  { name: 'not streamed', call: { model: 'say-1x0-fat700', stream: false, tokens: 1 }, each: 10 },
  { name: 'streams of 64 chunks', call: { model: 'say-64x5', stream: true, tokens: 64 }, each: 4 },
];
/** Settlements and books follow the answers. */
const SETTLE_MS = 3_000;
const LEAST_TOLD = 0.05;

const folder = await mkdtemp(join(tmpdir(), 'irori-turns-'));
const ends: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })];
const end = async (): Promise<void> => {
  for (const one of ends.splice(0).toReversed()) await one();
};
const endEarly = (): void => void end().then(() => process.exit(130));
process.once('SIGINT', endEarly).once('SIGTERM', endEarly);
try {
  await countAll();
} finally {
  await end();
}
process.exit(0);

async function countAll(): Promise<void> {
  const backend = startChild('the mock backend', [join(import.meta.dirname, 'mock-backend.ts')]);
  ends.push(() => backend.end());
  const { port } = z.object({ port: z.number() }).parse(await backend.ready);
  const trace = join(folder, 'trace');
  const environment = { MINIFLARE_WORKERD_PATH: await writeWrapper(trace) };
  const network = await startIrori({ name: 'irori', folder: root, backendPort: port, windowMs: null, environment });
  ends.push(() => network.end());
  const told = [];
  for (const { name, call, each } of LOADS) {
    await callAll(network, call, 2);
    const before = (await readFile(trace, 'utf8')).split('\n');
    await callAll(network, call, each);
    const lines = (await readFile(trace, 'utf8')).split('\n');
    // The last line may have been half there.
    const from = before.length - 1;
    const turns = countTurns(lines.slice(0, from), lines.slice(from));
    told.push({ name, calls: AT_ONCE * each, turns });
  }
  if (flags.json === true) console.log(JSON.stringify(told.map(toJson), null, 1));
  else for (const one of told) print(one);
}

/** Miniflare starts what this variable names instead of workerd; its other words are passed on. */
async function writeWrapper(trace: string): Promise<string> {
  // What the package exports is the program itself; its `bin` may be a script, which hands no open files on.
  const { default: binary } = createRequire(join(root, 'package.json'))('workerd') as { default: string };
  const path = join(folder, 'workerd');
  await writeFile(path, `#!/bin/sh\nexec "${binary}" "$@" --async-trace "${trace}"\n`);
  await chmod(path, 0o700);
  return path;
}

async function callAll(network: IroriNetwork, call: Call, each: number): Promise<void> {
  const connections = openConnections();
  const callInTurn = async (): Promise<void> => {
    for (let i = 0; i < each; i++) {
      const { fault } = await ask(network.door, connections, call);
      if (fault !== null) throw new Error(`an answer was not whole: ${fault}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, callInTurn));
  connections.destroy();
  await sleep(SETTLE_MS);
}

interface Told {
  readonly name: string;
  readonly calls: number;
  readonly turns: Turns;
}

function toJson({ name, calls, turns }: Told): object {
  const each = (counts: ReadonlyMap<string, number>): object =>
    Object.fromEntries([...counts].map(([what, count]) => [what, count / calls]));
  const eachOf = (counts: ReadonlyMap<string, ReadonlyMap<string, number>>): object =>
    Object.fromEntries([...counts].map(([place, of]) => [place, each(of)]));
  return { name, calls, turns: each(turns.turns), causes: eachOf(turns.causes), operations: eachOf(turns.operations) };
}

function print({ name, calls, turns }: Told): void {
  const rows = [...turns.turns]
    .toSorted((a, b) => b[1] - a[1])
    .filter(([, count]) => count / calls >= LEAST_TOLD)
    .map(([place, count]) => [
      place,
      (count / calls).toFixed(2),
      list(turns.causes.get(place), calls),
      list(turns.operations.get(place), calls),
    ]);
  const all = [...turns.turns.values()].reduce((sum, count) => sum + count, 0);
  console.log(`\n${name}: ${(all / calls).toFixed(1)} turns a call`);
  for (const [place = '', count = '', causes = '', operations = ''] of rows)
    console.log(`  ${place}: ${count}\n    for    ${causes}\n    begun  ${operations}`);
}

function list(counts: ReadonlyMap<string, number> | undefined, calls: number): string {
  return [...(counts ?? [])]
    .toSorted((a, b) => b[1] - a[1])
    .filter(([, count]) => count / calls >= LEAST_TOLD)
    .map(([what, count]) => `${what.replace(/^\w+ (?=\w)/, '')} ${(count / calls).toFixed(2)}`)
    .join(', ');
}
