// `npm run fuzz [-- --cases N --seed S --from N --json]`: bodies that grow from valid ones, over every endpoint that takes one, against a whole network on
// loopback. Exit status 1 where an answer was none: a status of 500 and above that is no home's, a word of the inside, a stream without an end, a dead router.
import { parseArgs } from 'node:util';
import { runFuzz } from './fuzz-run.ts';
import type { FuzzReport } from './fuzz-run.ts';

const { values: flags } = parseArgs({
  options: {
    cases: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    json: { type: 'boolean', default: false },
  },
});

const [cases, seed, from] = [flags.cases, flags.seed, flags.from].map(Number) as [number, number, number];
if (![cases, seed, from].every((one) => Number.isSafeInteger(one) && one >= 0)) {
  process.stderr.write('--cases, --seed and --from are whole numbers.\n');
  process.exit(2);
}
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
const tell = (text: string): void => void process.stderr.write(`${text}\n`);
const report = await runFuzz({ cases, seed, from, tell, signal: stopping.signal });
console.log(flags.json ? JSON.stringify(report, null, 1) : describe(report));
process.exit(report.findings.length === 0 && report.isAlive && !stopping.signal.aborted ? 0 : 1);

function describe({ statuses, findings, slowestMs, slowest, isAlive, tookS, ...run }: FuzzReport): string {
  const rows = Object.entries(statuses).map(
    ([path, counts]) =>
      `${path.padEnd(28)}${Object.entries(counts)
        .map(([status, count]) => `${status}: ${count}`)
        .join('  ')}`,
  );
  const found = findings.map(
    ({ number, path, what, status, sent, answer }) =>
      `case ${number} ${path} ${status}: ${what}\n  ${sent}\n  ${answer}`,
  );
  const end = `${run.cases} cases of seed ${run.seed} in ${tookS} s, slowest ${slowestMs} ms (case ${slowest}); ${findings.length} findings`;
  return [...rows, ...found, isAlive ? end : `${end}; the router is not what was started`].join('\n');
}
