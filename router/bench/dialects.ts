// `npm run bench:dialects [-- --seconds N] [--json]`: what each API costs beside Chat Completions, against one mock model server: CPU a request of router and
// agent, and the time of the first text of a stream. The paths take turns in short slices, so that the machine's moods fall on all alike. Linux, for CPU.
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { startChild } from './children.ts';
import { readCpuS } from './cpu.ts';
import { startIrori } from './irori-networks.ts';
import type { IroriNetwork } from './irori-networks.ts';
import { alignRows } from './print.ts';
import { MODEL, PATHS, askWhole, askStream } from './dialects/ask-path.ts';
import type { ApiPath } from './dialects/ask-path.ts';
import { join } from 'node:path';

const { values: flags } = parseArgs({
  options: { seconds: { type: 'string' }, json: { type: 'boolean', default: false } },
});
const rounds = Number(flags.seconds ?? 10);
const SLICE_MS = 1000;
const WARM_ROUNDS = 4;
const AT_ONCE = 8;
const PARTS = ['router', 'agent'] as const;

/** What one path came to. */
interface Sums {
  calls: number;
  readonly cpuS: Record<(typeof PARTS)[number], number>;
  readonly firstMs: number[];
}

const backend = startChild('the mock backend', [join(import.meta.dirname, 'mock-backend.ts')]);
const { port } = z.object({ port: z.number() }).parse(await backend.ready);
const folder = join(import.meta.dirname, '../..');
const network = await startIrori({ name: 'irori', folder, backendPort: port, windowMs: null });
try {
  for (let i = 0; i < WARM_ROUNDS; i++) for (const path of PATHS) await slice(path, emptySums());
  const sums = PATHS.map((path) => ({ path, ...emptySums() }));
  for (let i = 0; i < rounds; i++) for (const one of sums) await slice(one.path, one);
  print(sums);
} finally {
  await network.end();
  await backend.end();
}
process.exit(0);

function emptySums(): Sums {
  return { calls: 0, cpuS: { router: 0, agent: 0 }, firstMs: [] };
}

/** Whole answers for the CPU, several at once; then streams, one at a time, for the first text. */
async function slice(path: ApiPath, sums: Sums): Promise<void> {
  const before = readParts(network);
  const endsAt = performance.now() + SLICE_MS;
  const work = async (): Promise<void> => {
    while (performance.now() < endsAt) {
      await askWhole(network.door, path);
      sums.calls++;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const after = readParts(network);
  for (const part of PARTS) sums.cpuS[part] += after[part] - before[part];
  for (let i = 0; i < AT_ONCE; i++) sums.firstMs.push(await askStream(network.door, path));
}

function readParts({ pids }: IroriNetwork): Record<(typeof PARTS)[number], number> {
  return { router: readCpuS(pids.router), agent: readCpuS(pids.agent) };
}

function print(all: readonly (Sums & { readonly path: ApiPath })[]): void {
  const rows = all.map(({ path, calls, cpuS, firstMs }) => {
    const ms = (s: number): number => Math.round((s / calls) * 1e5) / 100;
    const middle = firstMs.toSorted((a, b) => a - b)[firstMs.length >> 1] ?? Number.NaN;
    const cpuMs = { router: ms(cpuS.router), agent: ms(cpuS.agent) };
    return { path: path.name, calls, cpuMs, firstTextMs: Math.round(middle * 100) / 100 };
  });
  if (flags.json) return console.log(JSON.stringify({ model: MODEL, rows }, null, 1));
  const head = ['', 'calls', 'router, CPU ms a request', 'agent', 'first text of a stream, p50 ms'];
  console.log(
    alignRows([
      head,
      ...rows.map(({ path, calls, cpuMs, firstTextMs }) => [
        path,
        String(calls),
        String(cpuMs.router),
        String(cpuMs.agent),
        String(firstTextMs),
      ]),
    ]),
  );
}
