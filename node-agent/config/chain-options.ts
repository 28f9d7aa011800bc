// Options of the commands that speak to the chain.

/** Commands that ask the chain; whoever adds one names it here. */
export const CHAIN_COMMANDS = ['claim'] as const;

export const CHAIN_OPTIONS = [
  {
    key: 'rpc',
    flag: '--rpc',
    env: 'IRORI_RPC',
    kind: 'text',
    value: 'URL',
    text: 'JSON-RPC of the test chain. Default: the one that the router named.',
    commands: CHAIN_COMMANDS,
  },
  {
    key: 'payouts',
    flag: '--payouts',
    env: 'IRORI_PAYOUTS',
    kind: 'text',
    value: '0x…',
    text: 'Address of the Payouts contract. Default: the one that the router named first.',
    commands: CHAIN_COMMANDS,
  },
  {
    key: 'gasKeyFile',
    flag: '--gas-key-file',
    env: 'IRORI_GAS_KEY_FILE',
    kind: 'text',
    value: 'FILE',
    text: 'A file with a private key whose test coins pay for gas. It needs no right, and is not the wallet that is paid.',
    commands: ['claim'],
  },
  {
    key: 'print',
    flag: '--print',
    env: null,
    kind: 'switch',
    value: '',
    text: 'Print the transaction, for any wallet to send, and send nothing.',
    commands: ['claim'],
  },
  {
    key: 'leaves',
    flag: '--leaves',
    env: null,
    kind: 'text',
    value: 'FILE',
    text: 'A published file of an epoch that somebody kept. Default: what this home kept.',
    commands: ['claim'],
  },
] as const;
