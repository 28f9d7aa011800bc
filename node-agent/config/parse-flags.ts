// The command line as plain values. Pure.
import { parseArgs } from 'node:util';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { COMMANDS, OPTIONS } from './options.ts';
import type { Command, OptionKey, OptionSpec } from './options.ts';

export type OptionValue = string | number | boolean | readonly string[];
export type OptionValues = Partial<Record<OptionKey, OptionValue>>;

export type CommandLine =
  | { readonly command: 'version' }
  /** Of one command, or null for all of it. */
  | { readonly command: 'help'; readonly about: Command | null }
  | { readonly command: Command; readonly values: OptionValues; readonly files: readonly string[] };

/** `args` without the program's name. Errors are sentences that name the flag and what it wants. */
export function parseFlags(args: readonly string[]): Result<CommandLine, string> {
  const [first = 'join', ...rest] = args;
  // Behind two dashes stand words, whatever they look like.
  const asked = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
  if (first === 'help' || asked.includes('--help') || asked.includes('-h')) {
    const about = first === 'help' ? (rest[0] ?? '') : first;
    return ok({ command: 'help', about: isCommand(about) && args.length > 0 ? about : null });
  }
  if (first === '--version' || first === 'version') return ok({ command: 'version' });
  // `irori-node --yes …`: joining is what is done without a word.
  if (first.startsWith('--')) return parseRest('join', args);
  if (!isCommand(first))
    return err(
      `There is no command '${first}'.\nCommands: ${COMMANDS.slice(0, 10).join(', ')},\n  ${COMMANDS.slice(10).join(', ')}.\nSee irori-node --help.`,
    );
  return parseRest(first, rest);
}

function parseRest(command: Command, args: readonly string[]): Result<CommandLine, string> {
  const options = OPTIONS.filter((option) => takes(option, command));
  const values: OptionValues = {};
  const files: string[] = [];
  for (const token of readTokens(args, options)) {
    if (token.kind === 'positional') files.push(token.value);
    if (token.kind !== 'option') continue;
    const option = options.find(({ flag }) => flag === token.rawName);
    if (!option) return err(`'${command}' has no option ${token.rawName}. See irori-node --help.`);
    const given = option.kind === 'switch' ? (token.value ?? 'true') : token.value;
    if (given === undefined) return err(`${option.flag} wants a value: ${option.flag} ${option.value}.`);
    const value = readValue(option, given, values[option.key]);
    if (!value.ok) return value;
    values[option.key] = value.value;
  }
  if (command === 'verify' && files.length === 0) return err('verify wants a file: irori-node verify receipt.json.');
  const [extra] = files.slice(MOST_WORDS[command] ?? 0);
  if (extra !== undefined) return err(`'${extra}' is one word too many for '${command}'.`);
  return ok({ command, values, files });
}

/** Joining starts the agent at its end, with all that `up` takes. */
function takes(option: OptionSpec, command: Command): boolean {
  return option.commands.includes(command) || (command === 'join' && option.commands.includes('up'));
}

/** Words behind a command that takes any. */
const MOST_WORDS: Partial<Readonly<Record<Command, number>>> = {
  verify: Number.POSITIVE_INFINITY,
  credit: 1,
  wallet: 1,
  bond: 1,
  unbond: 1,
  vote: Number.POSITIVE_INFINITY,
  pause: 2,
  config: Number.POSITIVE_INFINITY,
  name: Number.POSITIVE_INFINITY,
  service: 1,
};

type Token = NonNullable<ReturnType<typeof parseArgs>['tokens']>[number];

/** Not strict: the library's own complaints do not say what the owner should write instead. */
function readTokens(args: readonly string[], options: readonly OptionSpec[]): readonly Token[] {
  const types = options.map(({ flag, kind }) => [flag.slice(2), { type: kind === 'switch' ? 'boolean' : 'string' }]);
  const known = Object.fromEntries(types) as Record<string, { type: 'boolean' | 'string' }>;
  return parseArgs({ args: [...args], options: known, strict: false, allowPositionals: true, tokens: true }).tokens;
}

/** One value as its option wants it; `before` is what the same option got earlier. Errors name the option and the remedy. */
export function readValue(option: OptionSpec, text: string, before?: OptionValue): Result<OptionValue, string> {
  switch (option.kind) {
    case 'text':
      return text === '' ? err(`${option.flag} is empty: ${option.flag} ${option.value}.`) : ok(text);
    case 'list':
      return ok([...(Array.isArray(before) ? (before as string[]) : []), ...splitList(text)]);
    case 'number':
      return readNumber(option, text);
    case 'switch':
      if (/^(true|1|yes|on)$/i.test(text)) return ok(true);
      if (/^(false|0|no|off)$/i.test(text)) return ok(false);
      return err(`${option.flag} takes no value, or true or false; not '${text}'.`);
  }
}

function readNumber(option: OptionSpec, text: string): Result<number, string> {
  const value = /^\d{1,9}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN;
  return Number.isNaN(value) ? err(`${option.flag} wants a number that is not negative; not '${text}'.`) : ok(value);
}

function splitList(text: string): string[] {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

function isCommand(word: string): word is Command {
  return (COMMANDS as readonly string[]).includes(word);
}
