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
] as const;
