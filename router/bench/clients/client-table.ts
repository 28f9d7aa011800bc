// Which clients are tried, at which versions, how each is told of this network, and what it is asked to do. Every one gets a home folder and a place of its own.
import { err, ok } from '../../../schema/result.ts';
import type { Result } from '../../../schema/result.ts';

/** Where the network is, as the clients are told. */
export interface Place {
  /** Without `/v1`. */
  readonly origin: string;
  readonly apiKey: string;
  readonly model: string;
}

export interface Client {
  readonly name: string;
  /** What of the API it needs. */
  readonly speaks: 'chat' | 'responses' | 'messages';
  readonly packages: Readonly<Record<string, string>>;
  /** Files of its home folder, by path. */
  readonly files: (place: Place) => Readonly<Record<string, string>>;
  readonly env: (place: Place) => Readonly<Record<string, string>>;
  /** The program in node_modules/.bin, and its words; `home` is its home folder. */
  readonly command: (work: {
    readonly task: string;
    readonly home: string;
    readonly place: Place;
  }) => readonly string[];
  /** What has to be there afterwards: a file that its shell tool makes, or a good exit alone. */
  readonly makesFile: boolean;
}

const toml = (lines: readonly string[]): string => `${lines.join('\n')}\n`;

const CLIENTS: readonly Client[] = [
  {
    name: 'codex',
    speaks: 'responses',
    packages: { '@openai/codex': '0.171.0' },
    files: ({ origin, model }) => ({
      '.codex/config.toml': toml([
        `model = "${model}"`,
        'model_provider = "irori"',
        'check_for_update_on_startup = false',
        '[analytics]',
        'enabled = false',
        '[model_providers.irori]',
        'name = "Irori"',
        `base_url = "${origin}/v1"`,
        'env_key = "IRORI_API_KEY"',
        'wire_api = "responses"',
      ]),
    }),
    env: ({ apiKey }) => ({ IRORI_API_KEY: apiKey }),
    command: ({ task }) => [
      'codex',
      'exec',
      '--skip-git-repo-check',
      '--dangerously-bypass-approvals-and-sandbox',
      task,
    ],
    makesFile: true,
  },
  {
    name: 'claude-code',
    speaks: 'messages',
    packages: { '@anthropic-ai/claude-code': '2.1.332' },
    files: () => ({}),
    env: ({ origin, apiKey, model }) => ({
      ANTHROPIC_BASE_URL: origin,
      ANTHROPIC_AUTH_TOKEN: apiKey,
      ANTHROPIC_MODEL: model,
      ANTHROPIC_DEFAULT_HAIKU_MODEL: model,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_TELEMETRY: '1',
      DISABLE_AUTOUPDATER: '1',
    }),
    command: ({ task }) => ['claude', '-p', task, '--allowedTools', 'Bash'],
    makesFile: true,
  },
  {
    name: 'opencode',
    speaks: 'chat',
    packages: { 'opencode-ai': '1.18.33' },
    files: ({ origin, apiKey, model }) => ({
      '.config/opencode/opencode.json': JSON.stringify({
        $schema: 'https://opencode.ai/config.json',
        autoupdate: false,
        share: 'disabled',
        model: `irori/${model}`,
        small_model: `irori/${model}`,
        permission: { bash: 'allow', edit: 'allow' },
        provider: {
          irori: {
            npm: '@ai-sdk/openai-compatible',
            name: 'Irori',
            options: { baseURL: `${origin}/v1`, apiKey },
            models: { [model]: { name: model, tool_call: true, limit: { context: 131_072, output: 8192 } } },
          },
        },
      }),
    }),
    env: () => ({ OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_MODELS_FETCH: '1' }),
    command: ({ task }) => ['opencode', 'run', task],
    makesFile: true,
  },
  {
    name: 'continue',
    speaks: 'chat',
    packages: { '@continuedev/cli': '1.5.47' },
    files: ({ origin, apiKey, model }) => ({
      'config.yaml': toml([
        'name: irori',
        'version: 0.0.1',
        'schema: v1',
        'models:',
        '  - name: irori',
        '    provider: openai',
        `    model: ${model}`,
        `    apiBase: ${origin}/v1`,
        `    apiKey: ${apiKey}`,
        '    roles: [chat]',
        '    capabilities: [tool_use]',
      ]),
    }),
    env: () => ({ CONTINUE_TELEMETRY_ENABLED: '0', CONTINUE_CLI_AUTO_UPDATED: 'true' }),
    command: ({ task, home }) => ['cn', '-p', task, '--config', `${home}/config.yaml`, '--auto'],
    makesFile: true,
  },
  {
    name: 'promptfoo',
    speaks: 'chat',
    packages: { promptfoo: '0.123.1' },
    files: ({ origin, apiKey, model }) => ({
      'promptfooconfig.yaml': toml([
        'prompts: ["Say {{word}}."]',
        'providers:',
        `  - id: openai:chat:${model}`,
        '    config:',
        `      apiBaseUrl: ${origin}/v1`,
        `      apiKey: ${apiKey}`,
        'tests:',
        '  - vars: { word: sun }',
        '    assert: [{ type: contains, value: sun }]',
        '  - vars: { word: moon }',
        '    assert: [{ type: contains, value: moon }]',
      ]),
    }),
    env: () => ({
      PROMPTFOO_DISABLE_TELEMETRY: '1',
      PROMPTFOO_DISABLE_UPDATE: '1',
      PROMPTFOO_DISABLE_REMOTE_GENERATION: '1',
    }),
    command: ({ home }) => [
      'promptfoo',
      'eval',
      '-c',
      `${home}/promptfooconfig.yaml`,
      '--no-cache',
      '--no-progress-bar',
    ],
    makesFile: false,
  },
];

/** Those of these names; all where none is named. */
export function chooseClients(names: readonly string[]): Result<readonly Client[], string> {
  const strange = names.find((name) => !CLIENTS.some((client) => client.name === name));
  if (strange !== undefined)
    return err(`there is no client '${strange}': choose of ${CLIENTS.map(({ name }) => name).join(', ')}`);
  return ok(names.length === 0 ? CLIENTS : CLIENTS.filter(({ name }) => names.includes(name)));
}
