// Options of joining; every option of `up` can be given there too.

export const JOIN_OPTIONS = [
  {
    key: 'yes',
    flag: '--yes',
    env: null,
    kind: 'switch',
    value: '',
    text: 'Ask nothing: for machines without a person. Takes --code and --router, and a default for everything else.',
    commands: ['join'],
  },
  {
    key: 'again',
    flag: '--again',
    env: null,
    kind: 'switch',
    value: '',
    text: 'Ask what is shared and when once more. The home stays linked.',
    commands: ['join'],
  },
  {
    key: 'modelHub',
    flag: '--model-hub',
    env: 'IRORI_MODEL_HUB',
    kind: 'text',
    value: 'URL',
    text: 'Where model files can be downloaded, when this machine has none: files are asked for as URL/REPOSITORY/resolve/main/FILE.',
    commands: ['join'],
  },
  {
    key: 'gguf',
    flag: '--gguf',
    env: 'IRORI_GGUF',
    kind: 'text',
    value: 'FILE',
    text: 'A model file that the agent serves itself, by a llama-server of its own on this machine; a pause stops it.',
    commands: ['up'],
  },
  {
    key: 'llamaServer',
    flag: '--llama-server',
    env: 'IRORI_LLAMA_SERVER',
    kind: 'text',
    value: 'PATH',
    text: 'The llama-server for --gguf. Default: llama-server on the PATH.',
    commands: ['up'],
  },
] as const;
