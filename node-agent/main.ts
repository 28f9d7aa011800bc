// The command line of irori-node. Each command is loaded when it is asked for: the first line should not wait for the agent's whole program.
import { leaveCompilersOff } from './backends/compilers.ts';
import { holdWarnings } from './commands/node-warnings.ts';
import { parseFlags } from './config/parse-flags.ts';
import type { CommandLine, OptionValues } from './config/parse-flags.ts';
import { VERSION } from './version.ts';

async function run(line: CommandLine): Promise<number> {
  switch (line.command) {
    case 'help': {
      const { formatHelp } = await import('./config/help.ts');
      process.stdout.write(formatHelp(line.about));
      return 0;
    }
    case 'version':
      process.stdout.write(`${VERSION}\n`);
      return 0;
    case 'join':
      return (await import('./commands/join.ts')).runJoin(line.values, process.env);
    case 'up':
      return (await import('./commands/up.ts')).runUp(line.values, process.env);
    case 'open':
      return (await import('./commands/open.ts')).runOpen(line.values, process.env);
    case 'pause':
      return (await import('./commands/pause.ts')).runPause(line.files, line.values, process.env);
    case 'resume':
      return (await import('./commands/pause.ts')).runResume(line.values, process.env);
    case 'status':
      return (await import('./commands/status.ts')).runStatus(line.values, process.env);
    case 'why':
      return (await import('./commands/why.ts')).runWhy(line.values, process.env);
    case 'earnings':
      return (await import('./commands/earnings.ts')).runEarnings(line.values, process.env);
    case 'credit':
      return (await import('./commands/credit.ts')).runCredit(line.files, line.values, process.env);
    case 'test':
      return (await import('./commands/test.ts')).runTest(line.values, process.env);
    case 'doctor':
      return (await import('./commands/doctor.ts')).runDoctor(line.values, process.env);
    case 'logs':
      return (await import('./commands/logs.ts')).runLogs(line.values, process.env);
    case 'config':
      return (await import('./commands/config.ts')).runConfig(line.files, line.values, process.env);
    case 'name':
      return (await import('./commands/name.ts')).runName(line.files, line.values, process.env);
    case 'move':
      return (await import('./commands/move.ts')).runMove(line.values, process.env);
    case 'leave':
      return (await import('./commands/leave.ts')).runLeave(line.values, process.env);
    case 'service':
      return (await import('./commands/service.ts')).runService(line.files, line.values, process.env);
    case 'update':
      return (await import('./commands/update.ts')).runUpdate(line.values, process.env);
    case 'verify':
      return verify(line.files, line.values);
    case 'claim':
    case 'bond':
    case 'unbond':
    case 'challenge':
    case 'vote':
    case 'wallet':
      return runOnChain(line.command, line);
    case 'setup':
      return (await import('./commands/setup.ts')).runSetup(line.values, process.env);
  }
}

async function verify(files: readonly string[], values: OptionValues): Promise<number> {
  if (values.chain === true)
    return (await import('./commands/verify-chain.ts')).runVerifyChain(files, values, process.env);
  const { runVerify } = await import('./commands/verify.ts');
  return runVerify(files, { isJson: values.json === true, answer: readText(values.answer) });
}

/** Commands that speak to the chain. */
async function runOnChain(
  command: 'claim' | 'bond' | 'unbond' | 'challenge' | 'vote' | 'wallet',
  line: Pick<Extract<CommandLine, { files: unknown }>, 'files' | 'values'>,
): Promise<number> {
  switch (command) {
    case 'claim':
      return (await import('./commands/claim.ts')).runClaim(line.values, process.env);
    case 'bond':
      return (await import('./commands/bond.ts')).runBond(line.files, line.values, process.env);
    case 'unbond':
      return (await import('./commands/bond.ts')).runUnbond(line.files, line.values, process.env);
    case 'challenge':
      return (await import('./commands/challenge.ts')).runChallenge(line.values, process.env);
    case 'vote':
      return (await import('./commands/vote.ts')).runVote(line.files, line.values, process.env);
    case 'wallet':
      return (await import('./commands/wallet.ts')).runWallet(line.files, line.values, process.env);
  }
}

function readText(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** No `await` outside of a function: a single executable can load this only so. */
async function start(): Promise<void> {
  const line = parseFlags(process.argv.slice(2));
  if (!line.ok) {
    process.stderr.write(`${line.error}\n`);
    process.exitCode = 2;
    return;
  }
  const isAgent = line.value.command === 'up' || line.value.command === 'join';
  bearClosedPipes(isAgent);
  if (isAgent) {
    holdWarnings();
    leaveCompilersOff();
  }
  process.exitCode = await run(line.value);
  // A backend's connections may linger; the agent has said goodbye to everything by now.
  if (isAgent) process.exit();
}

/** Whoever read along has gone, as in `irori-node logs | head`: a command has nothing left to do, an agent works on unread. */
function bearClosedPipes(isAgent: boolean): void {
  const hear = (): void => {
    if (!isAgent) process.exit();
  };
  for (const stream of [process.stdout, process.stderr]) stream.on('error', hear);
}

void start();
