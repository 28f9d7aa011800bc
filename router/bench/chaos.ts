// `npm run chaos:ledger -- --jobs N --seed S [--json] [--callers 12] [--homes 3] [--percent 8] [--no-restore] [--kinds A,B]
// [--log]`: jobs of all sorts through a
// whole network, while the router is killed, messages of money are lost, doubled, late and come again, D1 and Redis go away, and older copies of state
// folders are restored. Then everything about money is judged. It ends by itself; exit status 1 where anything is not as it must be.
import { parseArgs } from 'node:util';
import { JOB_KINDS } from './chaos/draw-chaos.ts';
import { runChaos } from './chaos-run.ts';
import type { ChaosReport } from './chaos-run.ts';

const { values: flags } = parseArgs({
  options: {
    jobs: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    callers: { type: 'string', default: '12' },
    homes: { type: 'string', default: '3' },
    percent: { type: 'string', default: '8' },
    'no-restore': { type: 'boolean', default: false },
    kinds: { type: 'string', default: JOB_KINDS.join() },
    log: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

const tell = (text: string): void => void process.stderr.write(`${text}\n`);
const report = await runChaos({
  jobs: readCount('jobs', flags.jobs),
  seed: readCount('seed', flags.seed),
  callers: readCount('callers', flags.callers),
  homes: readCount('homes', flags.homes),
  percent: readCount('percent', flags.percent),
  restoresRouter: !flags['no-restore'],
  kinds: JOB_KINDS.filter((kind) => flags.kinds.split(',').includes(kind)),
  tell,
  ...(flags.log ? { onLog: tell } : {}),
});
console.log(flags.json ? JSON.stringify(report, null, 1) : describe(report));
process.exit(report.violations.length === 0 ? 0 : 1);

function readCount(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  process.stderr.write(`--${name} must be a whole number of at least 1.\n`);
  process.exit(2);
}

function describe({ ends, errors, troubles, faults, violations, ...counts }: ChaosReport): string {
  const lines = Object.entries(counts).map(([name, value]) => `${name.padEnd(18)}${value}`);
  for (const [title, of] of Object.entries({ ends, errors, troubles, faults }))
    lines.push(`${title}:`, ...Object.entries(of).map(([name, count]) => `  ${String(count).padStart(6)}  ${name}`));
  for (const { what, of } of violations) lines.push(`VIOLATION ${of}: ${what}`);
  lines.push(violations.length === 0 ? 'Every answer is charged as told, and the books agree.' : 'NOT as promised.');
  return lines.join('\n');
}
