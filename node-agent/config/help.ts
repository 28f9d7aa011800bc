// The help text, from the table of options. No line is longer than a terminal is wide.
import { COMMANDS, OPTIONS } from './options.ts';
import type { Command } from './options.ts';

const COMMAND_TEXTS: Readonly<Record<Command, string>> = {
  up: 'Join the network and share models until stopped (Ctrl-C finishes running jobs or hands them over).',
  open: 'Open your page in a browser: what this home does, earns and waits for.',
  pause: 'Take the machine back now: running jobs go on in other homes, memory is freed.',
  resume: 'Lend it again.',
  status: 'Tell what a running agent does.',
  why: 'Tell why this home had no job in the last hour, minute by minute.',
  earnings:
    'Tell what this home earned, as the router has it and as this home signed for it, and where the two differ.',
  credit:
    'Turn earnings of this home into API credit of your account: irori-node credit AMOUNT, in credits, or all. Without an amount: tell what there is.',
  verify: 'Check receipts and evidence offline, each and against each other: irori-node verify FILE…',
  setup: 'Install the runtime of the built-in model into the state folder, and with --embeddings the embedding model.',
};

/** The whole help text. */
export function formatHelp(): string {
  const lines = ['irori-node: lends this machine to the Irori network while you do not need it.', '', 'Commands'];
  for (const command of COMMANDS) lines.push(`  ${command.padEnd(8)}${COMMAND_TEXTS[command]}`);
  for (const command of COMMANDS) {
    const options = OPTIONS.filter((option) => (option.commands as readonly Command[]).includes(command));
    if (options.length === 0) continue;
    lines.push('', `Options of ${command}`);
    for (const { flag, value, text, env } of options) {
      const head = `${flag} ${value}`.trimEnd().padEnd(28);
      lines.push(`  ${head}${text}${env === null ? '' : ` [${env}]`}`);
    }
  }
  lines.push('', 'Flags win over variables, variables over config.json in the state folder. --help, --version.');
  return `${lines.join('\n')}\n`;
}
