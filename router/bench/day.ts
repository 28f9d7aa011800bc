// `npm run day -- --script FILE… [--json] [--pause-ms 1000]`: plays a day of a home (a game, a film, battery, heat, the night, a cut line) against the
// real agent and a whole router while callers stream. Without a script all of router/bench/days are played. Exit status 1 where a promise was broken.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runDays } from './day/day-run.ts';
import type { DayReport } from './day/day-run.ts';
import { dayScriptSchema } from './day/day-script.ts';
import type { DayScript } from './day/day-script.ts';

const { values: flags } = parseArgs({
  options: {
    script: { type: 'string', multiple: true },
    'pause-ms': { type: 'string', default: '1000' },
    json: { type: 'boolean', default: false },
  },
});

const folder = join(import.meta.dirname, 'days');
const files =
  flags.script ??
  readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));
const tell = (text: string): void => void process.stderr.write(`${text}\n`);
const reports = await runDays(files.map(readScript), { pauseMs: Number(flags['pause-ms']), tell });
const isKept = reports.every(({ checks }) => checks.every(({ ok }) => ok));
console.log(flags.json ? JSON.stringify({ ok: isKept, days: reports }, null, 1) : reports.map(describe).join('\n\n'));
process.exit(isKept ? 0 : 1);

function readScript(file: string): DayScript {
  const parsed = dayScriptSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  process.stderr.write(`${file}: ${first?.path.join('.')}: ${first?.message}\n`);
  process.exit(2);
}

function describe({ name, checks, streams, handedOver, tookS }: DayReport): string {
  const broken = checks.filter(({ ok }) => !ok).length;
  const lines = checks.map(
    ({ at, event, what, ok, found }) =>
      `${ok ? ' ' : '!'} ${at.padEnd(6)}${event.padEnd(44)}${what.padEnd(62)}${found}`,
  );
  const kept = broken === 0 ? `all ${checks.length} promises kept` : `${broken} of ${checks.length} promises BROKEN`;
  return [`${name}: ${streams} streams, ${handedOver} of them went on elsewhere, ${tookS} s; ${kept}`, ...lines].join(
    '\n',
  );
}
