// `npm run churn -- --streams N --seed S [--agents 30] [--rate 1.1|6] [--json]`: homes that come and go under streams that must not notice.
// Everything is on loopback and its own; it ends by itself. Exit status 1 when a stream or a unit was lost.
import { parseArgs } from 'node:util';
import { runChurn } from './churn-run.ts';
import type { ChurnResult } from './churn-run.ts';

/** Each home is lost once in this time: 2,000 times as often as at 6 losses an hour of a hundred homes. */
const LOSS_EVERY_MS = 30_000;

const { values: flags } = parseArgs({
  options: {
    streams: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    agents: { type: 'string', default: '30' },
    rate: { type: 'string', default: '6' },
    callers: { type: 'string' },
    'loss-every-ms': { type: 'string', default: String(LOSS_EVERY_MS) },
    keep: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

const agents = readCount('agents', flags.agents);
const result = await runChurn({
  streams: readCount('streams', flags.streams),
  seed: readCount('seed', flags.seed),
  agents,
  perHour: Number(flags.rate),
  lossEveryMs: readCount('loss-every-ms', flags['loss-every-ms']),
  callers: flags.callers === undefined ? agents : readCount('callers', flags.callers),
  keepFolder: flags.keep,
  tell: (text) => void process.stderr.write(`${text}\n`),
});
console.log(flags.json ? JSON.stringify(result, null, 1) : describe(result));
process.exit(isHeld(result) ? 0 : 1);

function readCount(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  process.stderr.write(`--${name} must be a whole number of at least 1.\n`);
  process.exit(2);
}

/** What the network promises. */
function isHeld(run: ChurnResult): boolean {
  const { streams, properEnd, completed, exactMismatches, overcharged, ledgerDelta } = run;
  const isExact = exactMismatches === 0 && overcharged === 0 && ledgerDelta === 0;
  return properEnd === streams && completed >= 0.999 * streams && isExact;
}

function describe(run: ChurnResult): string {
  const { resumeAddedMs, faults, ...counts } = run;
  const lines = Object.entries(counts).map(([name, value]) => `${name.padEnd(18)}${value}`);
  lines.push(`added by a resume  p50 ${resumeAddedMs.p50} ms, p95 ${resumeAddedMs.p95} ms`);
  for (const [fault, count] of Object.entries(faults)) lines.push(`${count} × ${fault}`);
  lines.push(isHeld(run) ? 'Every stream ended properly and the books agree.' : 'NOT as promised.');
  return lines.join('\n');
}
