// The command line of irori-node.
import { runCredit } from './commands/credit.ts';
import { runEarnings } from './commands/earnings.ts';
import { runOpen } from './commands/open.ts';
import { runPause, runResume } from './commands/pause.ts';
import { runSetup } from './commands/setup.ts';
import { runStatus } from './commands/status.ts';
import { runUp } from './commands/up.ts';
import { runVerify } from './commands/verify.ts';
import { runWhy } from './commands/why.ts';
import { formatHelp } from './config/help.ts';
import { parseFlags } from './config/parse-flags.ts';
import type { CommandLine } from './config/parse-flags.ts';
import { VERSION } from './version.ts';

async function run(line: CommandLine): Promise<number> {
  switch (line.command) {
    case 'help':
      process.stdout.write(formatHelp());
      return 0;
    case 'version':
      process.stdout.write(`${VERSION}\n`);
      return 0;
    case 'up':
      return runUp(line.values, process.env);
    case 'open':
      return runOpen(line.values, process.env);
    case 'pause':
      return runPause(line.values, process.env);
    case 'resume':
      return runResume(line.values, process.env);
    case 'status':
      return runStatus(line.values, process.env);
    case 'why':
      return runWhy(line.values, process.env);
    case 'earnings':
      return runEarnings(line.values, process.env);
    case 'credit':
      return runCredit(line.files, line.values, process.env);
    case 'verify':
      return runVerify(line.files, { isJson: line.values.json === true, answer: readText(line.values.answer) });
    case 'setup':
      return runSetup(line.values, process.env);
  }
}

function readText(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

const line = parseFlags(process.argv.slice(2));
if (line.ok) {
  process.exitCode = await run(line.value);
  // A backend's connections may linger; the agent has said goodbye to everything by now.
  if (line.value.command === 'up') process.exit();
} else {
  process.stderr.write(`${line.error}\n`);
  process.exitCode = 2;
}
