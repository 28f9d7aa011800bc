// The command line as plain values. Pure.
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { COMMANDS, OPTIONS } from './options.ts';
import type { Command, OptionKey, OptionSpec } from './options.ts';

export type OptionValue = string | number | boolean | readonly string[];
export type OptionValues = Partial<Record<OptionKey, OptionValue>>;

export type CommandLine =
  | { readonly command: 'help' | 'version' }
  | { readonly command: Command; readonly values: OptionValues; readonly files: readonly string[] };

/** `args` without the program's name. Errors are sentences that name the flag and what it wants. */
export function parseFlags(args: readonly string[]): Result<CommandLine, string> {
  const [first, ...rest] = args;
  if (first === undefined || first === 'help' || args.includes('--help') || args.includes('-h'))
    return ok({ command: 'help' });
  if (first === '--version' || first === 'version') return ok({ command: 'version' });
  if (!isCommand(first))
    return err(`There is no command '${first}'. Commands: ${COMMANDS.join(', ')}. See irori-node --help.`);
  return parseRest(first, rest);
}

function parseRest(command: Command, args: readonly string[]): Result<CommandLine, string> {
  const values: OptionValues = {};
  const files: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? '';
    if (!word.startsWith('--')) {
      files.push(word);
      continue;
    }
    const [flag, attached] = splitFlag(word);
    const option = findOption(command, flag);
    if (!option) return err(`'${command}' has no option ${flag}. See irori-node --help.`);
    const given = option.kind === 'switch' ? (attached ?? 'true') : (attached ?? args[++at]);
    if (given === undefined) return err(`${flag} wants a value: ${flag} ${option.value}.`);
    const value = readValue(option, given, values[option.key as OptionKey]);
    if (!value.ok) return value;
    values[option.key as OptionKey] = value.value;
  }
  const wanted = command === 'verify' ? 1 : 0;
  if (files.length < wanted) return err('verify wants a file: irori-node verify receipt.json.');
  if (files.length > wanted) return err(`'${files[wanted] ?? ''}' is one word too many for '${command}'.`);
  return ok({ command, values, files });
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

function splitFlag(word: string): [string, string | undefined] {
  const at = word.indexOf('=');
  return at === -1 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

function findOption(command: Command, flag: string): OptionSpec | undefined {
  return OPTIONS.find((option) => option.flag === flag && (option.commands as readonly Command[]).includes(command));
}

function isCommand(word: string): word is Command {
  return (COMMANDS as readonly string[]).includes(word);
}
