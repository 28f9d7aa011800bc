// What `npm start -- …` may say. Pure: words in, flags or one sentence out.
import { parseArgs } from 'node:util';
import type { Hex } from '../../schema/bytes.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';

/** How the network is to be started. Absent means the default of the part that it is passed to. */
export interface StartFlags {
  readonly nodes: number;
  readonly once: boolean;
  readonly redisUrl: string | null;
  readonly port: number;
  readonly stateDir: string;
  readonly backendUrl: string | null;
  /** Other addresses at which homes reach the router. */
  readonly origins: readonly string[];
  readonly models: readonly string[];
  readonly paceTokensPerS: number | null;
  readonly slots: number | null;
  readonly windowMs: number | null;
  /** Brings a test chain and a facilitator: calls without a key can be paid for. */
  readonly x402: boolean;
  /** Brings what was earned to a test chain: this machine's own, or the one at `chainUrl`. */
  readonly chain: boolean;
  readonly chainUrl: string | null;
  /** Restarts what a saved source file belongs to. */
  readonly watch: boolean;
  readonly verbose: boolean;
  readonly help: boolean;
}

export const START_HELP = `Runs the whole Irori network on this machine: npm start -- [flags]

  --nodes N        homes to start, each its own process in another city (default 1)
  --no-agent       no home at all: only the router
  --once           end after the first answer; status 0 when it came and its receipt was signed
  --port P         port of the API on 127.0.0.1 (default 8787)
  --state DIR      where keys, books and identities are kept (default .irori)
  --redis URL      keep presence in a real Redis: redis://127.0.0.1:6379
  --origins A,B    other addresses at which homes reach it, such as a tunnel's: https://irori.example
  --backend URL    serve an OpenAI-compatible server (Ollama, llama-server, LM Studio) instead of the built-in model
  --models A,B     names that it serves; a trailing * is a pattern: llama3.2,'qwen*' (default: ask the server)
  --pace N         at most N tokens a second from each home, so that a stream can be watched
  --slots N        jobs that each home runs at once
  --window MS      how long a home gathers tokens into one frame after the first (0 sends each by itself)
  --x402           bring a test chain and a facilitator, so that calls without a key can be paid for (needs npm install)
  --chain [URL]    close an epoch every minute and post it on a test chain: this machine's own, kept in DIR, or the one whose JSON-RPC
                   is at URL; test tokens, no value (needs npm install)
  --watch          restart the router or the homes when a file of theirs is saved (npm run dev)
  --verbose        print what workerd and the homes say
  --help           this text

Ctrl-C ends everything that was started. While it runs, DIR/local.json holds endpoint, API key, admin secret and process ids for scripts.`;

const OPTIONS = {
  nodes: { type: 'string' },
  'no-agent': { type: 'boolean' },
  once: { type: 'boolean' },
  redis: { type: 'string' },
  port: { type: 'string' },
  state: { type: 'string' },
  origins: { type: 'string' },
  backend: { type: 'string' },
  models: { type: 'string' },
  pace: { type: 'string' },
  slots: { type: 'string' },
  window: { type: 'string' },
  x402: { type: 'boolean' },
  chain: { type: 'string' },
  watch: { type: 'boolean' },
  verbose: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Words after `npm start --` → {@link StartFlags}; the error names the flag and what it takes. */
export function parseStartFlags(words: readonly string[]): Result<StartFlags, string> {
  const read = readWords(words);
  if (!read.ok) return read;
  const { values } = read;
  const port = readWhole({ name: 'port', text: values.port ?? '8787', least: 1, most: 65_535 });
  const nodes = readWhole({ name: 'nodes', text: values.nodes ?? '1', least: 0, most: 50 });
  const pace = readOptional({ name: 'pace', text: values.pace, least: 1, most: 100_000 });
  const slots = readOptional({ name: 'slots', text: values.slots, least: 1, most: 256 });
  const window = readOptional({ name: 'window', text: values.window, least: 0, most: 10_000 });
  for (const each of [port, nodes, pace, slots, window]) if (!each.ok) return each;
  const fault = checkTexts(values);
  if (fault !== null) return err(fault);
  return ok({
    nodes: values['no-agent'] === true ? 0 : valueOf(nodes, 1),
    once: values.once === true,
    redisUrl: values.redis ?? null,
    port: valueOf(port, 8787),
    stateDir: values.state ?? '.irori',
    backendUrl: values.backend ?? null,
    origins: splitList(values.origins),
    models: splitList(values.models),
    paceTokensPerS: valueOf(pace, null),
    slots: valueOf(slots, null),
    windowMs: valueOf(window, null),
    x402: values.x402 === true,
    chain: values.chain !== undefined,
    chainUrl: values.chain === undefined || values.chain === '' ? null : values.chain,
    watch: values.watch === true,
    verbose: values.verbose === true,
    help: values.help === true,
  });
}

/** The test setting LOCAL_LEAVE_OUT: the node that epochs are closed without, so that it can be seen what its home does then; null for none. */
export function readLeftOut(text = ''): Result<Hex | null, string> {
  if (text === '') return ok(null);
  return /^0x[0-9a-fA-F]{40}$/.test(text)
    ? ok(text.toLowerCase() as Hex)
    : err(`LOCAL_LEAVE_OUT takes a node's address, 0x and 40 hex digits as irori-node status tells it, not "${text}".`);
}

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

function readWords(words: readonly string[]): { ok: true; values: Values } | { ok: false; error: string } {
  try {
    return {
      ok: true,
      values: parseArgs({ args: joinChain(words), options: OPTIONS, strict: true, allowPositionals: false }).values,
    };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('. ')[0] : 'not understood';
    return { ok: false, error: `${reason}. See: npm start -- --help` };
  }
}

/** What follows `--chain` is its address, where it is none of the flags. */
function joinChain(words: readonly string[]): string[] {
  return words.flatMap((word, at) => {
    if (word === '--chain') return [`--chain=${words[at + 1]?.startsWith('-') === false ? words[at + 1] : ''}`];
    return words[at - 1] === '--chain' && !word.startsWith('-') ? [] : [word];
  });
}

function checkTexts(values: Values): string | null {
  if (values.redis !== undefined && !/^rediss?:\/\/\S+$/.test(values.redis))
    return '--redis takes an address such as redis://127.0.0.1:6379.';
  if (splitList(values.origins).some((origin) => !/^https?:\/\/[^/?#\s]+\/?$/.test(origin)))
    return '--origins takes addresses such as https://irori.example, parted by commas.';
  if (values.backend !== undefined && !/^https?:\/\/\S+$/.test(values.backend))
    return '--backend takes an address such as http://127.0.0.1:11434.';
  if (values.chain !== undefined && values.chain !== '' && !/^https?:\/\/\S+$/.test(values.chain))
    return '--chain takes nothing, or the address of a test chain such as http://127.0.0.1:8545.';
  if (values.models !== undefined && values.backend === undefined)
    return '--models names what a --backend serves: give --backend URL too.';
  if (values.state === '') return '--state takes a folder, such as .irori.';
  if (values.once === true && (values['no-agent'] === true || values.nodes === '0'))
    return '--once needs a home to answer: leave out --no-agent.';
  return null;
}

function splitList(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

function readOptional(field: {
  name: string;
  text: string | undefined;
  least: number;
  most: number;
}): Result<number | null, string> {
  return field.text === undefined ? ok(null) : readWhole({ ...field, text: field.text });
}

function readWhole(field: { name: string; text: string; least: number; most: number }): Result<number, string> {
  const value = Number(field.text);
  if (/^\d+$/.test(field.text) && value >= field.least && value <= field.most) return ok(value);
  return err(`--${field.name} takes a whole number from ${field.least} to ${field.most}, not "${field.text}".`);
}

function valueOf<T>(result: Result<T, string>, otherwise: T): T {
  return result.ok ? result.value : otherwise;
}
