// The agent's settings: flags over variables over config.json in the state folder, each checked. The one door to the environment and that file.
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Hex } from '../../schema/bytes.ts';
import { foldEnrolmentCode } from '../../schema/enrolment-code.ts';
import { parseJson } from '../../schema/json.ts';
import { err, ok } from '../../schema/result.ts';
import { MAX_FIRST_TOKEN_S } from '../../schema/timings.ts';
import type { Result } from '../../schema/result.ts';
import { readBackendKeys } from './backend-keys.ts';
import type { BackendKeys } from './backend-keys.ts';
import { chooseStateFolder } from './choose-state-folder.ts';
import { isThisMachine, refuseBaseUrl, refuseRouter } from '../backends/refuse-server.ts';
import { tellName } from '../backends/tell-name.ts';
import { describeError } from '../log.ts';
import { OUTBOX_LIMITS } from '../receipts/judge-outbox.ts';
import { parseRouterUrl } from '../link/parse-router-url.ts';
import type { RouterUrl } from '../link/parse-router-url.ts';
import { findUpdateFault, UPDATE_POLICIES } from './find-update-fault.ts';
import type { UpdatePolicy } from './find-update-fault.ts';
import { OPTIONS } from './options.ts';
import { parseCommandLine } from '../energy/parse-command-line.ts';
import { readCan } from './read-can.ts';
import type { SaidAbility } from './read-can.ts';
import type { OptionKey, OptionSpec } from './options.ts';
import { readValue } from './parse-flags.ts';
import type { OptionValue, OptionValues } from './parse-flags.ts';

/** Who gives work away for less shares with a pool. */
const LEAST_PRICE_SHARE = 0.01;

export interface AgentConfig {
  readonly router: RouterUrl;
  readonly code: string | null;
  readonly state: string;
  readonly backends: readonly string[];
  /** For servers that want one. */
  readonly backendKeys: BackendKeys;
  readonly models: readonly string[] | null;
  /** A model file that the agent serves by a llama-server of its own, and that program where it is not on the PATH. */
  readonly gguf: string | null;
  readonly llamaServer: string | null;
  /** What the owner says that models can do; the rest is found out. */
  readonly can: readonly SaidAbility[];
  /** The embedding model is shared beside the other backends. */
  readonly embeddings: boolean;
  readonly slots: number | null;
  /** OLLAMA_NUM_PARALLEL of this machine's environment, which Ollama tells nowhere; null where it is not set. */
  readonly ollamaSlots: number | null;
  /** Tokens a second, 0 for no limit. */
  readonly pace: number;
  /** What the owner asks of the catalogue's price, as a share of it. */
  readonly priceShare: number;
  readonly windowMs: number;
  readonly place: string | null;
  readonly wallet: Hex | null;
  readonly name: string | null;
  /** Receipts that may wait for an answer at most, whatever they are worth. */
  readonly exposure: number;
  readonly allowLan: boolean;
  readonly allowNetworks: boolean;
  /** Whether servers are shared that read control tokens out of messages, or may. */
  readonly specials: SpecialsPolicy;
  /** Of the owner's page on 127.0.0.1: 0 for none, null for the usual one. */
  readonly pagePort: number | null;
  readonly jsonLogs: boolean;
  /** Whether models that are not in memory may be loaded for jobs, and whether the built-in one stays there. */
  readonly load: LoadPolicy;
  /** The built-in model leaves memory after so long without a job; 0 never. */
  readonly unloadAfterMs: number;
  readonly benchmark: BenchmarkChoice;
  /** A model server without a sign of life for so long is given up. */
  readonly frozenMs: number;
  /** An owner's meter at the wall, as a program and its arguments, and how often it is read. */
  readonly powerCommand: readonly [program: string, ...args: string[]] | null;
  readonly powerEveryMs: number;
  /** A file of signals that are played in place of the machine's own, or `none` for no signals at all; null reads the machine. */
  readonly signals: string | null;
  /** How soon an epoch that is not published yet is asked for again. */
  readonly epochRetryMs: number;
  /** A key that pays for challenges of roots that leave this home out; null where none is named, and none is made. */
  readonly gasKeyFile: string | null;
  readonly updates: UpdatePolicy;
  /** Where the signed list of the newest version is; null where none is looked for. */
  readonly manifest: string | null;
  /** A release key beside the package's own. */
  readonly updateKey: string | null;
  /** The same settings, read again: what the owner changed since. */
  readonly reread?: () => Result<AgentConfig, string>;
}

const LOAD_POLICIES = ['on-demand', 'keep', 'never'] as const;
type LoadPolicy = (typeof LOAD_POLICIES)[number];

const SPECIALS_POLICIES = ['share', 'refuse'] as const;
type SpecialsPolicy = (typeof SPECIALS_POLICIES)[number];

/** Which models are measured by a short run of the agent's own. */
const BENCHMARK_CHOICES = ['built-in', 'all', 'none'] as const;
type BenchmarkChoice = (typeof BENCHMARK_CHOICES)[number];

export type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_WINDOW_MS = 100;

const DEFAULT_UNLOAD_AFTER_MIN = 10;
const DEFAULT_FROZEN_AFTER_S = 30;
const DEFAULT_EPOCH_RETRY_S = 1800;
const DEFAULT_POWER_EVERY_S = 10;
const LEAST_EPOCH_RETRY_S = 1;
const MOST_EPOCH_RETRY_S = 86_400;
/** Less, and one slow answer to a look would end a job. */
const FROZEN_AFTER_LEAST_S = 5;
/** A day. A timer holds 24 at most, and whoever wants a model to stay longer can keep it. */
const UNLOAD_AFTER_MAX_MIN = 1440;

/** The state folder: `--state`, IRORI_STATE, or the platform's data folder. Error: a user without a home who names none. */
export function readStateFolder(flags: OptionValues, env: Environment): Result<string, string> {
  const given = flags.state ?? env['IRORI_STATE'];
  if (typeof given === 'string') return ok(resolve(given));
  const folder = chooseStateFolder(process.platform, env, findHome());
  return folder === null
    ? err('This user has no home folder: name a folder for the key and the receipts with --state DIR, or set HOME.')
    : ok(folder);
}

/** Null for a user id that no list of users knows, as in some containers, without HOME. */
function findHome(): string | null {
  try {
    return homedir();
  } catch {
    // Told by who asked.
    return null;
  }
}

/** All settings of `up`. Errors are sentences that name the setting and where it came from. */
export function readConfig(flags: OptionValues, env: Environment): Result<AgentConfig, string> {
  const state = readStateFolder(flags, env);
  if (!state.ok) return state;
  const values = readValues(flags, env, state.value);
  const config = values.ok ? checkConfig(values.value, state.value, env) : values;
  return config.ok ? ok({ ...config.value, reread: () => readConfig(flags, env) }) : config;
}

/** Flags over variables over config.json, each of its kind; whether they go together is not looked at. */
export function readValues(flags: OptionValues, env: Environment, state: string): Result<OptionValues, string> {
  const fromFile = readFileValues(join(state, 'config.json'));
  if (!fromFile.ok) return fromFile;
  const fromEnv = readEnvValues(env);
  if (!fromEnv.ok) return fromEnv;
  return ok({ ...fromFile.value, ...fromEnv.value, ...flags });
}

/** What is wrong with settings together, in a sentence that names the setting; null where nothing is. */
export function findConfigFault(values: OptionValues, state: string, env: Environment): string | null {
  const checked = checkConfig(values, state, env);
  return checked.ok ? null : checked.error;
}

function checkConfig(values: OptionValues, state: string, env: Environment): Result<AgentConfig, string> {
  const allowLan = values.allowLan === true;
  const routerText = text(values.router);
  if (routerText === null) return err('Which network? Start with `irori-node up --router URL`.');
  const router = parseRouterUrl(routerText, allowLan);
  if (!router.ok) return router;
  const fault = findFault(values);
  if (fault) return err(fault);
  const can = readCan(list(values.can) ?? []);
  if (!can.ok) return can;
  const backends = dropTwins(list(values.backends) ?? []);
  const refusal = findRefusedBackend(backends, { router: router.value, allowLan });
  if (refusal !== null) return err(refusal);
  const backendKeys = readBackendKeys(state, env['IRORI_BACKEND_KEY']);
  if (!backendKeys.ok) return backendKeys;
  const power = readPowerCommand(text(values.powerCommand));
  if (!power.ok) return power;
  return ok({
    router: router.value,
    code: readCode(text(values.code)),
    state,
    backends,
    backendKeys: backendKeys.value,
    models: list(values.models)?.map(tellName) ?? null,
    gguf: path(values.gguf),
    llamaServer: text(values.llamaServer),
    can: can.value,
    embeddings: values.embeddings === true,
    slots: number(values.slots),
    ollamaSlots: readSlots(env['OLLAMA_NUM_PARALLEL']),
    pace: number(values.pace) ?? 0,
    priceShare: number(values.price) ?? 1,
    windowMs: number(values.windowMs) ?? DEFAULT_WINDOW_MS,
    place: text(values.place),
    wallet: (text(values.wallet)?.toLowerCase() as Hex | undefined) ?? null,
    name: text(values.name),
    exposure: number(values.exposure) ?? OUTBOX_LIMITS.receipts,
    allowLan,
    allowNetworks: values.allowNetworks === true,
    specials: oneOf(SPECIALS_POLICIES, values.specials) ?? 'share',
    signals: text(values.signals),
    pagePort: number(values.pagePort),
    jsonLogs: values.jsonLogs === true,
    load: oneOf(LOAD_POLICIES, values.load) ?? 'on-demand',
    unloadAfterMs: (number(values.unloadAfterMin) ?? DEFAULT_UNLOAD_AFTER_MIN) * 60_000,
    frozenMs: (number(values.frozenAfterS) ?? DEFAULT_FROZEN_AFTER_S) * 1000,
    powerCommand: power.value,
    powerEveryMs: (number(values.powerEveryS) ?? DEFAULT_POWER_EVERY_S) * 1000,
    gasKeyFile: path(values.gasKeyFile),
    epochRetryMs: (number(values.epochRetryS) ?? DEFAULT_EPOCH_RETRY_S) * 1000,
    benchmark: oneOf(BENCHMARK_CHOICES, values.benchmark) ?? 'built-in',
    updates: oneOf(UPDATE_POLICIES, values.updates) ?? 'notify',
    manifest: text(values.manifest),
    updateKey: text(values.updateKey)?.toLowerCase() ?? null,
  });
}

/** A server that was named twice, as 127.0.0.1 and as localhost too, would be given twice the jobs that it takes. */
function dropTwins(backends: readonly string[]): string[] {
  const placeOf = (text: string): string => {
    const server = refuseBaseUrl(text, true);
    if (!server.ok) return text;
    const { hostname, port, api } = server.value;
    return `${isThisMachine(hostname) ? 'here' : hostname}:${port}${new URL(api).pathname}`;
  };
  const places = backends.map(placeOf);
  return backends.filter((_, i) => places.indexOf(places[i] ?? '') === i);
}

/** An address that can never be shared is told before anything else happens; one where nobody answers is told at the first look. */
function findRefusedBackend(
  backends: readonly string[],
  { router, allowLan }: { readonly router: RouterUrl; readonly allowLan: boolean },
): string | null {
  for (const text of backends) {
    const server = refuseBaseUrl(text, allowLan);
    const refusal = server.ok ? refuseRouter(server.value, new URL(router.origin)) : server.error;
    if (refusal !== null) return `--backend ${text.replace(/\/\/[^/@]*@/, '//…@').slice(0, 100)}: ${refusal}`;
  }
  return null;
}

/** As its owner typed it, in lower case or with spaces; what can be no code is for the router to judge. */
function readCode(given: string | null): string | null {
  return given === null ? null : (foldEnrolmentCode(given) ?? given.trim());
}

function readPowerCommand(given: string | null): Result<AgentConfig['powerCommand'], string> {
  const parsed = given === null ? ok(null) : parseCommandLine(given);
  return parsed.ok ? parsed : err(`--power-command cannot be run: ${parsed.error}`);
}

/** A variable of another program: what is no sensible number there is as good as none (Ollama takes 0 for its own choice). */
function readSlots(given: string | undefined): number | null {
  const slots = Number(given);
  return given !== undefined && Number.isInteger(slots) && slots >= 1 && slots <= 256 ? slots : null;
}

function findFault(values: OptionValues): string | null {
  const slots = number(values.slots);
  if (slots !== null && (!Number.isInteger(slots) || slots < 1 || slots > 256))
    return '--slots must be a whole number from 1 to 256.';
  const price = number(values.price);
  if (price !== null && (price < LEAST_PRICE_SHARE || price > 1))
    return `--price must be a share from ${LEAST_PRICE_SHARE} to 1: what you ask of the catalogue’s price.`;
  const pagePort = number(values.pagePort);
  if (pagePort !== null && (!Number.isInteger(pagePort) || pagePort > 65_535))
    return '--page-port must be a port from 1 to 65535, or 0 for no page.';
  const windowMs = number(values.windowMs);
  if (windowMs !== null && windowMs > 1000)
    return '--window must be at most 1000 ms: readers would see the text stutter.';
  const epochRetryS = number(values.epochRetryS);
  if (epochRetryS !== null && (epochRetryS < LEAST_EPOCH_RETRY_S || epochRetryS > MOST_EPOCH_RETRY_S))
    return `--epoch-retry must be from ${LEAST_EPOCH_RETRY_S} to ${MOST_EPOCH_RETRY_S} seconds.`;
  const powerEveryS = number(values.powerEveryS);
  if (powerEveryS !== null && (powerEveryS < 1 || powerEveryS > 60))
    return '--power-every must be from 1 to 60 seconds.';
  const unloadAfter = number(values.unloadAfterMin);
  if (unloadAfter !== null && unloadAfter > UNLOAD_AFTER_MAX_MIN)
    return `--unload-after must be at most ${UNLOAD_AFTER_MAX_MIN} minutes; 0 keeps the model in memory.`;
  const frozenAfterS = number(values.frozenAfterS);
  if (frozenAfterS !== null && (frozenAfterS < FROZEN_AFTER_LEAST_S || frozenAfterS > MAX_FIRST_TOKEN_S))
    return `--frozen-after must be from ${FROZEN_AFTER_LEAST_S} to ${MAX_FIRST_TOKEN_S} seconds.`;
  const fault = findChoiceFault(values) ?? findUpdateFault(values);
  if (fault !== null) return fault;
  const name = text(values.name);
  if (name !== null && (name.length > 80 || /\p{Cc}/u.test(name)))
    return '--name must be at most 80 characters on one line.';
  const wallet = text(values.wallet);
  if (wallet !== null && !/^0x[0-9a-fA-F]{40}$/.test(wallet))
    return '--wallet must be an address: 0x and 40 hex digits.';
  const place = text(values.place);
  if (place !== null && !/^-?\d{1,2}(\.\d+)?,-?\d{1,3}(\.\d+)?,[A-Z]{2}(,[^,]{1,40})?$/.test(place))
    return '--place must look like 48.9,2.4,FR or 48.9,2.4,FR,IDF.';
  return null;
}

function findChoiceFault({ load, benchmark, specials, backends, gguf }: OptionValues): string | null {
  if (load !== undefined && !oneOf(LOAD_POLICIES, load)) return `--load must be one of ${LOAD_POLICIES.join(', ')}.`;
  if (benchmark !== undefined && !oneOf(BENCHMARK_CHOICES, benchmark))
    return `--benchmark must be one of ${BENCHMARK_CHOICES.join(', ')}.`;
  if (specials !== undefined && !oneOf(SPECIALS_POLICIES, specials))
    return `--specials must be one of ${SPECIALS_POLICIES.join(', ')}.`;
  if (load === 'never' && (list(backends) ?? []).length === 0 && gguf === undefined)
    return '--load never needs a model server (--backend URL): the built-in model is in memory only when the agent loads it.';
  return null;
}

function readEnvValues(env: Environment): Result<OptionValues, string> {
  const values: OptionValues = {};
  for (const option of OPTIONS as readonly OptionSpec[]) {
    const given = option.env === null ? undefined : env[option.env];
    if (given === undefined || given === '') continue;
    const value = readValue(option, given);
    if (!value.ok) return err(`${option.env ?? ''}: ${value.error}`);
    values[option.key as OptionKey] = value.value;
  }
  return ok(values);
}

function readFileValues(path: string): Result<OptionValues, string> {
  let raw: string;
  try {
    raw = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ok({});
    return err(`${path} cannot be read: ${describeError(error)}. Mend it or move it away.`);
  }
  const parsed = parseJson(raw);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    return err(`${path} is not a JSON object. Mend it or move it away.`);
  const values: OptionValues = {};
  for (const [key, value] of Object.entries(parsed)) {
    const option = (OPTIONS as readonly OptionSpec[]).find((one) => one.key === key);
    if (!option) return err(`${path} holds an unknown setting '${key}'. Remove it.`);
    if (!fitsKind(option, value))
      return err(`${path}: '${key}' must be a ${option.kind === 'switch' ? 'true or false' : option.kind}.`);
    values[key as OptionKey] = value;
  }
  return ok(values);
}

function fitsKind(option: OptionSpec, value: unknown): value is OptionValue {
  switch (option.kind) {
    case 'text':
      return typeof value === 'string' && value !== '';
    case 'number':
      return typeof value === 'number' && value >= 0;
    case 'switch':
      return typeof value === 'boolean';
    case 'list':
      return Array.isArray(value) && value.every((one) => typeof one === 'string');
  }
}

function oneOf<T extends string>(choices: readonly T[], value: OptionValue | undefined): T | null {
  return choices.find((choice) => choice === value) ?? null;
}

function text(value: OptionValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

function path(value: OptionValue | undefined): string | null {
  return typeof value === 'string' ? resolve(value) : null;
}

function number(value: OptionValue | undefined): number | null {
  return typeof value === 'number' ? value : null;
}

function list(value: OptionValue | undefined): readonly string[] | null {
  return Array.isArray(value) ? (value as readonly string[]) : null;
}
