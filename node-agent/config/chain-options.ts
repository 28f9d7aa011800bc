// Options of the commands that speak to the chain.

/** Commands that ask the chain; whoever adds one names it here. */
export const CHAIN_COMMANDS = ['bond', 'claim', 'unbond', 'verify'] as const;

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
    key: 'chain',
    flag: '--chain',
    env: null,
    kind: 'switch',
    value: '',
    text: 'From each receipt to what was paid for it on the chain, link by link. A job’s id will do for a file, at the home that did it.',
    commands: ['verify'],
  },
  {
    key: 'proof',
    flag: '--proof',
    env: null,
    kind: 'text',
    value: 'FILE',
    text: 'With --chain: keep the whole proof in this file. Anyone checks it with the chain alone.',
    commands: ['verify'],
  },
  {
    key: 'walletKeyFile',
    flag: '--wallet-key-file',
    env: null,
    kind: 'text',
    value: 'FILE',
    text: 'A file with the private key of the wallet that the tokens belong to: read for this one command and never kept. It need not be on this machine: see --owner.',
    commands: ['bond', 'unbond'],
  },
  {
    key: 'owner',
    flag: '--owner',
    env: null,
    kind: 'text',
    value: '0x…',
    text: 'Address of the wallet: nothing is sent, the transactions that it has to send are printed.',
    commands: ['bond', 'unbond'],
  },
  {
    key: 'bondedKeyFile',
    flag: '--bonded-key-file',
    env: null,
    kind: 'text',
    value: 'FILE',
    text: 'A file with the key to bond, such as a router’s or its root key. Default: this home’s.',
    commands: ['bond', 'unbond'],
  },
] as const;
