// Every option of the agent, described once: the flag, the variable, the key in config.json, and the words of the help text all come from here.

export interface OptionSpec {
  /** Key in config.json, and of the parsed value. */
  readonly key: string;
  readonly flag: string;
  readonly env: string | null;
  /** 'list' may be given several times; 'switch' takes no value. */
  readonly kind: 'text' | 'list' | 'number' | 'switch';
  /** Word for the value in the help text; '' for a switch. */
  readonly value: string;
  readonly text: string;
  readonly commands: readonly Command[];
}

export const COMMANDS = ['up', 'pause', 'resume', 'status', 'why', 'earnings', 'credit', 'verify', 'setup'] as const;
export type Command = (typeof COMMANDS)[number];

export const OPTIONS = [
  {
    key: 'router',
    flag: '--router',
    env: 'IRORI_ROUTER',
    kind: 'text',
    value: 'URL',
    text: 'The network to join, such as https://irori.example.',
    commands: ['up'],
  },
  {
    key: 'code',
    flag: '--code',
    env: 'IRORI_CODE',
    kind: 'text',
    value: 'CODE',
    text: 'One-time enrolment code from your account; needed at the first start only.',
    commands: ['up'],
  },
  {
    key: 'state',
    flag: '--state',
    env: 'IRORI_STATE',
    kind: 'text',
    value: 'DIR',
    text: "Folder for the node's key, receipts and status. Default: the user's data folder.",
    commands: ['up', 'pause', 'resume', 'status', 'why', 'earnings', 'credit', 'setup'],
  },
  {
    key: 'backends',
    flag: '--backend',
    env: 'IRORI_BACKENDS',
    kind: 'list',
    value: 'URL',
    text: 'A model server on this machine with an OpenAI-compatible API. May be repeated. Default: the built-in demo model.',
    commands: ['up'],
  },
  {
    key: 'models',
    flag: '--models',
    env: 'IRORI_MODELS',
    kind: 'list',
    value: 'A,B,…',
    text: 'Models to share, by name or prefix*. Default: all that the servers list.',
    commands: ['up'],
  },
  {
    key: 'can',
    flag: '--can',
    env: 'IRORI_CAN',
    kind: 'list',
    value: 'MODEL=WORD+WORD',
    text: 'What a model (a name or prefix*) can do beside text, in place of what is found out: tools, json, images, logprobs, reasoning, completion, embeddings, transcription, image-generation, or none. May be repeated.',
    commands: ['up'],
  },
  {
    key: 'embeddings',
    flag: '--embeddings',
    env: 'IRORI_EMBEDDINGS',
    kind: 'switch',
    value: '',
    text: 'Also share use-lite, a small embedding model for English texts (512 numbers) that irori-node setup --embeddings installs.',
    commands: ['up', 'setup'],
  },
  {
    key: 'slots',
    flag: '--slots',
    env: 'IRORI_SLOTS',
    kind: 'number',
    value: 'N',
    text: 'Jobs at once. Default: what the model server says, else what it turns out to give.',
    commands: ['up'],
  },
  {
    key: 'price',
    flag: '--price',
    env: 'IRORI_PRICE',
    kind: 'number',
    value: 'SHARE',
    text: 'What you ask of the catalogue’s price, as a share: 0.8 is a fifth less, and more work where callers wish for the cheapest. The catalogue says how low it may be. Default: 1.',
    commands: ['up'],
  },
  {
    key: 'pace',
    flag: '--pace',
    env: 'IRORI_PACE',
    kind: 'number',
    value: 'TOKENS_PER_S',
    text: 'Give the tokens of each answer no faster than this. Default: as fast as they come.',
    commands: ['up'],
  },
  {
    key: 'windowMs',
    flag: '--window',
    env: 'IRORI_WINDOW',
    kind: 'number',
    value: 'MS',
    text: 'How long tokens after the first may wait to travel together; 0 sends each alone. Default: 100.',
    commands: ['up'],
  },
  {
    key: 'load',
    flag: '--load',
    env: 'IRORI_LOAD',
    kind: 'text',
    value: 'POLICY',
    text: 'on-demand: jobs may load models that are not in memory; keep: the built-in one stays there; never: only what is there is offered. Default: on-demand.',
    commands: ['up'],
  },
  {
    key: 'unloadAfterMin',
    flag: '--unload-after',
    env: 'IRORI_UNLOAD_AFTER',
    kind: 'number',
    value: 'MINUTES',
    text: 'The built-in model leaves memory after so long without a job; 0 never. Default: 10.',
    commands: ['up'],
  },
  {
    key: 'frozenAfterS',
    flag: '--frozen-after',
    env: 'IRORI_FROZEN_AFTER',
    kind: 'number',
    value: 'SECONDS',
    text: 'A model server that gives no sign of life for so long in the middle of a job is given up. Default: 30.',
    commands: ['up'],
  },
  {
    key: 'benchmark',
    flag: '--benchmark',
    env: 'IRORI_BENCHMARK',
    kind: 'text',
    value: 'WHICH',
    text: "Models measured by a short run at the start: built-in, all (servers' loaded models too), none. Default: built-in.",
    commands: ['up'],
  },
  {
    key: 'place',
    flag: '--place',
    env: 'IRORI_PLACE',
    kind: 'text',
    value: 'LAT,LON,CC[,REGION]',
    text: 'Pretend to be here; only a network on this machine believes it.',
    commands: ['up'],
  },
  {
    key: 'wallet',
    flag: '--wallet',
    env: 'IRORI_WALLET',
    kind: 'text',
    value: '0x…',
    text: 'Payout address, told once at enrolment.',
    commands: ['up'],
  },
  {
    key: 'name',
    flag: '--name',
    env: 'IRORI_NAME',
    kind: 'text',
    value: 'TEXT',
    text: 'A name for this machine in your own status.',
    commands: ['up'],
  },
  {
    key: 'exposure',
    flag: '--exposure',
    env: 'IRORI_EXPOSURE',
    kind: 'number',
    value: 'N',
    text: 'Stop taking jobs while more than N receipts wait for an answer, whatever they are worth. Default: 10000.',
    commands: ['up'],
  },
  {
    key: 'epochRetryS',
    flag: '--epoch-retry',
    env: 'IRORI_EPOCH_RETRY',
    kind: 'number',
    value: 'SECONDS',
    text: 'How soon to ask again for an epoch that is over and not published yet. Default: 1800.',
    commands: ['up'],
  },
  {
    key: 'allowLan',
    flag: '--allow-lan',
    env: 'IRORI_ALLOW_LAN',
    kind: 'switch',
    value: '',
    text: 'Servers on other machines of your own network may be shared, and a router there may speak plain http.',
    commands: ['up'],
  },
  {
    key: 'allowNetworks',
    flag: '--allow-networks',
    env: 'IRORI_ALLOW_NETWORKS',
    kind: 'switch',
    value: '',
    text: 'Servers that forward to other machines may be shared.',
    commands: ['up'],
  },
  {
    key: 'specials',
    flag: '--specials',
    env: 'IRORI_SPECIALS',
    kind: 'text',
    value: 'POLICY',
    text: 'Model servers that read control tokens out of messages, or may: share them with a warning, or refuse to share them. Default: share.',
    commands: ['up'],
  },
  {
    key: 'jsonLogs',
    flag: '--json-logs',
    env: 'IRORI_JSON_LOGS',
    kind: 'switch',
    value: '',
    text: 'Write log lines as JSON.',
    commands: ['up'],
  },
  {
    key: 'for',
    flag: '--for',
    env: null,
    kind: 'text',
    value: '30m',
    text: 'How long: 90s, 30m, 2h, 1d. Default: until irori-node resume.',
    commands: ['pause'],
  },
  {
    key: 'days',
    flag: '--days',
    env: null,
    kind: 'number',
    value: 'N',
    text: 'How many days to tell of, at most 62. Default: 7.',
    commands: ['earnings'],
  },
  {
    key: 'csv',
    flag: '--csv',
    env: null,
    kind: 'switch',
    value: '',
    text: 'Answer as comma-separated values, a line a job.',
    commands: ['earnings'],
  },
  {
    key: 'order',
    flag: '--order',
    env: null,
    kind: 'number',
    value: 'N',
    text: 'The number of the order, higher than that of the last one: the same order again is carried out once. Default: the next.',
    commands: ['credit'],
  },
  {
    key: 'json',
    flag: '--json',
    env: null,
    kind: 'switch',
    value: '',
    text: 'Answer as JSON.',
    commands: ['pause', 'resume', 'status', 'why', 'earnings', 'credit', 'verify'],
  },
  {
    key: 'answer',
    flag: '--answer',
    env: null,
    kind: 'text',
    value: 'FILE',
    text: 'A streamed answer as it was saved (curl -N … > FILE), held against the hash in the receipts of its job.',
    commands: ['verify'],
  },
] as const satisfies readonly OptionSpec[];

export type OptionKey = (typeof OPTIONS)[number]['key'];

const COMMAND_TEXTS: Readonly<Record<Command, string>> = {
  up: 'Join the network and share models until stopped (Ctrl-C finishes running jobs or hands them over).',
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
