// `npm run attack [-- --json] [--only NAME,KIND,…] [--quick] [--list]`: attacks on the whole network beside honest traffic. Everything is on loopback and
// its own; it ends by itself. Exit status 1 when a goal does not hold for an attack.
import { parseArgs } from 'node:util';
import { findAttacks, runAttacks } from './attack-run.ts';
import type { AttackReport } from './attack-run.ts';
import { GOALS } from './attack/judge-attack.ts';
import { printAttacks } from './attack/print-attacks.ts';

const ROUND_MS = { full: 4000, quick: 2000 } as const;

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    quick: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

const only = flags.only.split(',').filter((name) => name !== '');
const played = readAttacks();
if (flags.list) {
  for (const { attack, kind } of played) console.log(`${attack.name.padEnd(24)}${kind.padEnd(12)}${attack.does}`);
  process.exit(0);
}
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
const report = await runAttacks({
  only,
  roundMs: flags.quick ? ROUND_MS.quick : ROUND_MS.full,
  tell: (text) => void process.stderr.write(`${text}\n`),
  signal: stopping.signal,
});
console.log(flags.json ? JSON.stringify(report, null, 1) : describe(report));
process.exit(report.attacks.every(({ failed }) => failed.length === 0) && !stopping.signal.aborted ? 0 : 1);

function readAttacks(): ReturnType<typeof findAttacks> {
  try {
    return findAttacks(only);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(2);
  }
}

function describe({ undisturbed, attacks, tookS }: AttackReport): string {
  const held = attacks.filter(({ failed }) => failed.length === 0).length;
  return [
    printAttacks(attacks),
    '',
    `undisturbed: ${undisturbed.answered}/${undisturbed.asked} answered, worst ${undisturbed.worstMs} ms, memory +${undisturbed.memoryMb} MB`,
    `goals: all answered, worst within ${GOALS.beyondMs} ms of undisturbed, memory within ${GOALS.memoryMb} MB, no unit, nothing got through`,
    `${held} of ${attacks.length} attacks achieved nothing; ${tookS} s`,
  ].join('\n');
}
