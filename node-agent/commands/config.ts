// `irori-node config`: settings as they are, where each comes from, and changes of config.json in the state folder. A change is checked by the settings' own
// rules before it is written.
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import { findConfigFault, readStateFolder, readValues } from '../config/config.ts';
import type { Environment } from '../config/config.ts';
import { changeConfig } from '../config/config-file.ts';
import { OPTIONS } from '../config/options.ts';
import type { OptionKey, OptionSpec } from '../config/options.ts';
import { readValue } from '../config/parse-flags.ts';
import type { OptionValue, OptionValues } from '../config/parse-flags.ts';
import { wrapText } from '../fit-text.ts';
import { askAgent } from '../home/owner-line.ts';
import { complain } from './complain.ts';
import { tellLines } from './tell-lines.ts';

const FORMS = 'irori-node config [list|get KEY|set KEY VALUE|unset KEY]';

/** Exit status 0, 1 for a setting that is not set, 2 for one that there is not, or a value that cannot be. */
export async function runConfig(words: readonly string[], flags: OptionValues, env: Environment): Promise<number> {
  const folder = readStateFolder(flags, env);
  if (!folder.ok) return complain(folder.error, 2);
  const context: Context = { folder: folder.value, env, isJson: flags.json === true };
  const [verb = 'list', name, ...rest] = words;
  if (verb === 'list' && name === undefined) return list(context);
  const option = findSetting(name ?? '');
  if (!['get', 'set', 'unset'].includes(verb)) return complain(`'${verb}' is none of them: ${FORMS}`, 2);
  if (option === null) return complain(explainUnknown(name), 2);
  if (verb === 'get' && rest.length === 0) return get(context, option);
  if (verb === 'unset' && rest.length === 0) return change(context, option, null);
  if (verb === 'set' && rest.length > 0) return set(context, option, rest);
  return complain(FORMS, 2);
}

interface Context {
  readonly folder: string;
  readonly env: Environment;
  readonly isJson: boolean;
}

/** What may stand in config.json. */
function listSettings(): OptionSpec[] {
  return (OPTIONS as readonly OptionSpec[]).filter(
    ({ key, env, commands, isHidden }) =>
      isHidden !== true &&
      env !== null &&
      key !== 'state' &&
      key !== 'code' &&
      (commands.includes('up') || commands.includes('join')),
  );
}

/** By its key, its flag, or the flag's word. */
function findSetting(name: string): OptionSpec | null {
  const flag = `--${name.replace(/^--/, '')}`;
  return listSettings().find((one) => one.key === name || one.flag === flag) ?? null;
}

function explainUnknown(name: string | undefined): string {
  const known = wrapText(
    `Settings: ${listSettings()
      .map(({ key }) => key)
      .join(', ')}.`,
  ).join('\n');
  return name === undefined ? `${FORMS}\n${known}` : `There is no setting '${name}'.\n${known}`;
}

function list({ folder, env, isJson }: Context): number {
  const file = readValues({}, {}, folder);
  const all = readValues({}, env, folder);
  if (!file.ok || !all.ok) return complain(file.ok ? (all.ok ? '' : all.error) : file.error, 2);
  const set = listSettings().flatMap((option) => {
    const value = all.value[option.key as OptionKey];
    if (value === undefined) return [];
    const isFiles = env[option.env ?? ''] === undefined || env[option.env ?? ''] === '';
    return [{ option, value, from: isFiles ? 'config.json' : (option.env ?? '') }];
  });
  if (isJson) {
    const told = Object.fromEntries(set.map(({ option, value, from }) => [option.key, { value, from }]));
    process.stdout.write(`${JSON.stringify({ file: `${folder}/config.json`, settings: told })}\n`);
    return 0;
  }
  const width = Math.max(10, ...set.map(({ option }) => option.key.length)) + 2;
  const usual = listSettings().filter(({ key }) => !set.some(({ option }) => option.key === key));
  process.stdout.write(
    tellLines([
      ...set.map(({ option, value, from }) => `${option.key.padEnd(width)}${tellValue(value)}  (${from})`),
      ...(set.length === 0 ? ['Nothing is set: all is as it comes.'] : []),
      `As they come: ${usual.map(({ key }) => key).join(', ')}.`,
    ]),
  );
  return 0;
}

function get({ folder, env, isJson }: Context, option: OptionSpec): number {
  const values = readValues({}, env, folder);
  if (!values.ok) return complain(values.error, 2);
  const value = values.value[option.key as OptionKey];
  if (isJson) process.stdout.write(`${JSON.stringify({ [option.key]: value ?? null })}\n`);
  else if (value !== undefined) process.stdout.write(`${tellValue(value)}\n`);
  return value === undefined ? (isJson ? 1 : complain(`${option.key} is not set. ${option.text}`, 1)) : 0;
}

async function set(context: Context, option: OptionSpec, words: readonly string[]): Promise<number> {
  const value = readValue(option, words.join(option.kind === 'list' ? ',' : ' '));
  return value.ok ? change(context, option, value.value) : complain(value.error, 2);
}

async function change(
  { folder, env, isJson }: Context,
  option: OptionSpec,
  value: OptionValue | null,
): Promise<number> {
  const checked = check({ folder, env }, option, value);
  if (!checked.ok) return complain(checked.error, 2);
  const written = await changeConfig(folder, { [option.key]: value });
  if (!written.ok) return complain(written.error, 2);
  const asked = await askAgent(folder, { do: 'reload' });
  const effect =
    asked.kind !== 'answered'
      ? 'at the next start'
      : asked.answer.applied.includes(option.key)
        ? 'now'
        : 'after a restart';
  const isHidden = env[option.env ?? ''] !== undefined;
  if (isJson) process.stdout.write(`${JSON.stringify({ [option.key]: value, inEffect: effect })}\n`);
  else
    process.stdout.write(
      tellLines([
        `${option.key} ${value === null ? 'is as it comes' : `is ${tellValue(value)}`}, in effect ${effect}.`,
        ...(isHidden ? [`${option.env ?? ''} is set in this environment, and wins over it.`] : []),
      ]),
    );
  return 0;
}

/** By the rules of all settings together. A network need not be named for this. */
function check(
  { folder, env }: Pick<Context, 'folder' | 'env'>,
  option: OptionSpec,
  value: OptionValue | null,
): Result<null, string> {
  const kept = readValues({}, {}, folder);
  if (!kept.ok) return kept;
  const { [option.key as OptionKey]: _before, ...others } = kept.value;
  const values = { router: 'https://irori.example', ...others, ...(value === null ? {} : { [option.key]: value }) };
  const fault = findConfigFault(values, folder, env);
  return fault === null ? ok(null) : err(fault);
}

function tellValue(value: OptionValue): string {
  return Array.isArray(value) ? value.join(', ') : String(value);
}
