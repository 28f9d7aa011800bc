// The help text, from the table of options. No line is wider than a terminal.
import { COLUMNS, padWidth, tellIndented, wrapText } from '../fit-text.ts';
import { COMMANDS, OPTIONS } from './options.ts';
import type { Command, OptionSpec } from './options.ts';

/** What follows the command, and what it does. */
const COMMAND_TEXTS: Readonly<Record<Command, { readonly words: string; readonly text: string }>> = {
  join: { words: '', text: 'Lead through joining, from nothing to online; irori-node alone does the same.' },
  up: { words: '', text: 'Share models until stopped: Ctrl-C lets jobs finish, twice hands them over.' },
  open: { words: '', text: 'Open your page in a browser: what this home does, earns and waits for.' },
  status: { words: '', text: 'Tell what this home does, and what it did today.' },
  pause: {
    words: '[now|after-job|30m|1h|until 07:00]',
    text: 'Take the machine back: running jobs go on in other homes, memory is freed. With after-job they end here first. Kept over a restart.',
  },
  resume: { words: '', text: 'Lend it again.' },
  why: { words: '', text: 'Tell why this home had no job in the last hour, minute by minute.' },
  earnings: {
    words: '',
    text: 'Tell what this home earned, as the router has it and as this home signed for it, and where the two differ.',
  },
  credit: {
    words: '[AMOUNT|all]',
    text: 'Turn earnings of this home into API credit of your account. Without an amount: tell what there is.',
  },
  wallet: {
    words: '[0x…]',
    text: 'Name the wallet that this home is paid to, the first time. Without an address: tell what there is.',
  },
  claim: {
    words: '',
    text: 'Have what this home earned paid to its wallet on the chain, in test tokens without value.',
  },
  test: { words: '', text: 'One private job through the whole network to this home, with its speed and receipt.' },
  doctor: { words: '', text: 'Look at each step from the name of the network to the last receipt, with what to do.' },
  logs: { words: '', text: 'Tell what the agent logged. It never logs a prompt or an answer.' },
  config: {
    words: '[list|get KEY|set KEY VALUE|unset KEY]',
    text: 'Look at settings, and change them in config.json of the state folder.',
  },
  name: { words: 'TEXT', text: 'Name this machine, for you and your account.' },
  move: { words: '', text: 'Move this home to another account.' },
  leave: { words: '', text: 'Leave the network for good: jobs are handed over, receipts brought home first.' },
  service: { words: 'install|remove|status', text: 'Start the agent when you log in, or not any more.' },
  update: { words: '', text: 'Look for a newer version, and install it.' },
  bond: {
    words: '[AMOUNT|all]',
    text: 'Put test tokens behind this home’s key, on the chain. Without an amount: tell what stands there.',
  },
  unbond: {
    words: '[AMOUNT|all|withdraw]',
    text: 'Start to take tokens out of that, and when their time has come withdraw them.',
  },
  challenge: {
    words: '',
    text: 'Look whether the root that waits on the chain holds all that the router has signed for, and challenge it where it does not.',
  },
  vote: {
    words: '[show ID|cast ID for|against|abstain|propose fee=8|carry ID]',
    text: 'Tell what stands to the vote on the network’s rules, in words, and vote with what you have bonded.',
  },
  verify: {
    words: 'FILE…',
    text: 'Check receipts and evidence offline, each and against each other; with --chain up to what was paid.',
  },
  setup: {
    words: '',
    text: 'Install the runtime of the built-in model into the state folder, and with --embeddings the embedding model.',
  },
};

const NAME_COLUMN = 10;
const OPTION_COLUMN = 28;

/** All of it, or what is to be known of one command. */
export function formatHelp(about: Command | null = null): string {
  return `${(about === null ? tellAll() : tellCommand(about)).join('\n')}\n`;
}

function tellAll(): string[] {
  return [
    ...wrapText('irori-node: lends this machine to the Irori network while you do not need it.'),
    '',
    'Commands (irori-node COMMAND --help tells more of one)',
    ...COMMANDS.flatMap((command) => hang(`  ${command}`, COMMAND_TEXTS[command].text, NAME_COLUMN + 2)),
    ...COMMANDS.flatMap((command) => {
      const options = listOptions(command);
      const more = command === 'join' ? ' (and those of up)' : '';
      return options.length === 0 ? [] : ['', `Options of ${command}${more}`, ...options.flatMap(tellOption)];
    }),
    '',
    ...wrapText(
      'A model server that wants a key: set IRORI_BACKEND_KEY, or name a key for each server in backend-keys.json in the state folder: {"http://127.0.0.1:1337": "KEY"}.',
    ),
    '',
    ...wrapText('Flags win over variables, variables over config.json in the state folder. --help, --version.'),
  ];
}

function tellCommand(command: Command): string[] {
  const { words, text } = COMMAND_TEXTS[command];
  const options = listOptions(command);
  const more = command === 'join' ? ['', 'And every option of up: irori-node up --help'] : [];
  return [
    ...wrapText(`irori-node ${command} ${words}`.trimEnd()),
    '',
    ...tellIndented(text, 2),
    ...(options.length === 0 ? [] : ['', 'Options', ...options.flatMap(tellOption)]),
    ...more,
  ];
}

function listOptions(command: Command): OptionSpec[] {
  return (OPTIONS as readonly OptionSpec[]).filter(
    (option) => option.commands.includes(command) && option.isHidden !== true,
  );
}

function tellOption({ flag, value, text, env }: OptionSpec): string[] {
  return hang(`  ${flag} ${value}`.trimEnd(), `${text}${env === null ? '' : ` [${env}]`}`, OPTION_COLUMN + 2);
}

/** A head, and a text that hangs beside it; below it where the head is too long. */
function hang(head: string, text: string, column: number): string[] {
  const lines = wrapText(text, COLUMNS - column);
  const isLong = head.length >= column;
  const rows = isLong ? [head, ...lines.map((line) => `${' '.repeat(column)}${line}`)] : lines;
  return isLong ? rows : rows.map((line, at) => `${padWidth(at === 0 ? head : '', column)}${line}`);
}
