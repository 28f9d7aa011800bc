// `irori-node` alone, or `irori-node join`: leads through in a terminal, computes everything with --yes, and says what to do where there is neither.
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { runtimeFolder } from '../agent/opened-backends.ts';
import { readBackendKeys } from '../config/backend-keys.ts';
import { readStateFolder, readValues } from '../config/config.ts';
import type { Environment } from '../config/config.ts';
import { changeConfig } from '../config/config-file.ts';
import type { OptionValue, OptionValues } from '../config/parse-flags.ts';
import { findGpu } from '../home/gpu-probe.ts';
import { IdentityFile } from '../home/identity-file.ts';
import { isFolderHeld } from '../home/instance-lock.ts';
import { askAgent } from '../home/owner-line.ts';
import { RulesFile } from '../home/rules-file.ts';
import { readStatus } from '../home/status-file.ts';
import { runTestJob } from '../link/test-job.ts';
import { makeLog } from '../log.ts';
import { openSessionKey } from '../receipts/session-key.ts';
import { ok } from '../../schema/result.ts';
import { describeRules } from '../join/describe-rules.ts';
import { JoinFile } from '../join/join-file.ts';
import type { JoinTerminal } from '../join/join-terminal.ts';
import { readMachine } from '../join/machine-facts.ts';
import { ModelHub } from '../join/model-hub.ts';
import * as questions from '../join/router-questions.ts';
import { findServers, lookAtServer } from '../join/server-finder.ts';
import type { FinderOptions } from '../join/server-finder.ts';
import type { Given, RouterDoors, WizardDoors } from '../join/wizard-doors.ts';
import { VersionStore } from '../update/version-store.ts';
import { VERSION } from '../version.ts';
import { complain } from './complain.ts';
import { openRunner } from './joined-agent.ts';
import type { AgentRunner } from './joined-agent.ts';
import { openLogOut } from './log-out.ts';
import { startAtLogin } from './login-start.ts';
import { hasRuntime, runSetup } from './setup.ts';
import { runUp } from './up.ts';

const NO_TERMINAL = [
  'irori-node leads through joining in a terminal, and this is none.',
  'On a machine without a person:',
  '  irori-node --yes --router https://irori.example --code CODE',
  'takes a code from your account and computes the rest; irori-node --help tells all.',
].join('\n');

/** Exit status 0 stopped or left, 1 it could not be done, 2 the owner has to change something. */
export async function runJoin(flags: OptionValues, env: Environment): Promise<number> {
  const state = readStateFolder(flags, env);
  if (!state.ok) return complain(state.error, 2);
  const values = readValues(flags, env, state.value);
  if (!values.ok) return complain(values.error, 2);
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  if (!isTerminal && flags.yes !== true) return complain(NO_TERMINAL, 2);
  const context = { flags, env, folder: state.value, values: values.value };
  return flags.yes === true ? joinUnasked(context) : joinAsked(context);
}

export interface JoinContext {
  readonly flags: OptionValues;
  readonly env: Environment;
  readonly folder: string;
  /** Flags over variables over config.json. */
  readonly values: OptionValues;
}

async function joinAsked(context: JoinContext): Promise<number> {
  const [{ openTerminal }, { runWizard }] = await Promise.all([
    import('../join/clack-terminal.ts'),
    import('../join/wizard.ts'),
  ]);
  const terminal = await openTerminal(process.stdin, process.stdout);
  const runner = openRunner(context);
  const end = await runWizard(await openDoors(context, terminal, runner));
  if (end.kind === 'failed') return 1;
  if (end.kind === 'left' || end.agent === null) {
    // Nothing was to be started: the launcher counts no start that came to nothing.
    await new VersionStore(context.folder).markGood();
    return 0;
  }
  return runner.stay(openLogOut(process.stderr));
}

async function joinUnasked(context: JoinContext): Promise<number> {
  const { joinWithout } = await import('../join/unattended.ts');
  const { PlainTerminal } = await import('../join/plain-terminal.ts');
  const terminal = new PlainTerminal((text) => void process.stderr.write(text));
  const doors = await openDoors(context, terminal, openRunner(context));
  const ready = await joinWithout(doors);
  if (!ready.ok) return complain(ready.error, 2);
  const { folder, flags, env } = context;
  if (ready.value.isRunning) {
    await new VersionStore(folder).markGood();
    return 0;
  }
  const { code } = ready.value;
  void import('../join/unattended.ts').then(({ testOnceOnline }) => testOnceOnline(doors, ready.value.origin));
  return runUp({ ...flags, state: folder, ...(code === null ? {} : { code }) }, env);
}

/** The world as joining sees it. */
export async function openDoors(
  context: JoinContext,
  terminal: JoinTerminal,
  runner: AgentRunner,
): Promise<WizardDoors> {
  const { folder, values, flags, env } = context;
  const file = await JoinFile.open(folder);
  if (flags.again === true)
    await file.note({ isChosen: false, isTimed: false, testedJob: null, isAtLoginAsked: false });
  const given = readGiven(values);
  const finder = makeFinder(context, given);
  const { rules } = await RulesFile.open(folder, SILENT);
  const hub = new ModelHub({ hub: text(values.modelHub), folder, llamaServer: text(values.llamaServer), env });
  return {
    terminal,
    file,
    folder,
    given,
    version: VERSION,
    hostName: hostname(),
    router: ROUTER_DOORS,
    now: Date.now,
    wait: (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined),
    readMachine: () => readMachine(folder),
    findGpu,
    findServers: () => findServers(finder),
    lookAtServer: (url) => lookAtServer(url, finder),
    changeConfig: (change) => changeConfig(folder, change),
    findAccount: async (origin) => (await IdentityFile.open(folder, SILENT)).find(origin)?.account ?? null,
    readStatus: () => readStatus(folder),
    isRunning: () => isFolderHeld(folder),
    reload: async () => void (await askAgent(folder, { do: 'reload' })),
    start: runner.start,
    test: (origin) => testAt(folder, origin),
    runtime: {
      isReady: () => hasRuntime(runtimeFolder(folder)),
      install: async () => (await runSetup({ state: folder }, env)) === 0,
    },
    listOffers: async (machine) => hub.list(machine, await findGpu()),
    hubLack: () => hub.findLack(),
    takeOffer: async (id, tell) => {
      const taken = await hub.take(id, tell);
      return taken.ok ? ok({ backends: null, models: null, ...taken.value }) : taken;
    },
    tellRules: () => describeRules(rules),
    startAtLogin: () => startAtLogin(folder),
    pageUrl: async () => readPageUrl(await readStatus(folder)),
  };
}

const ROUTER_DOORS: RouterDoors = {
  sight: (origin) => questions.sightRouter(origin, () => performance.now()),
  askDemand: questions.askDemand,
  startLink: (origin, machine) => questions.startLink(origin, machine, Date.now()),
  askGrant: questions.askGrant,
  signUp: questions.signUp,
  approveLink: questions.approveLink,
};

function makeFinder({ folder, env, values }: JoinContext, { allowLan }: Given): FinderOptions {
  const keys = readBackendKeys(folder, env['IRORI_BACKEND_KEY']);
  // A file of keys that cannot be read is told at the start.
  return { keyOf: keys.ok ? keys.value : () => null, allowLan, allowNetworks: values.allowNetworks === true };
}

const SILENT = makeLog({ json: false, write: () => undefined, now: Date.now });

function readGiven(values: OptionValues): Given {
  return {
    router: text(values.router),
    code: text(values.code),
    backends: list(values.backends),
    models: list(values.models),
    name: text(values.name),
    allowLan: values.allowLan === true,
  };
}

async function testAt(folder: string, router: string) {
  const key = await openSessionKey(folder);
  return key.ok ? runTestJob({ router, key: key.value, clock: () => performance.now() }, Date.now()) : key;
}

/** Of an agent that serves one. */
function readPageUrl(status: object | null): string | null {
  return pageSchema.safeParse(status).data?.page.url ?? null;
}

const pageSchema = z.object({ page: z.object({ url: z.string() }) });

function text(value: OptionValue | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

function list(value: OptionValue | undefined): readonly string[] | null {
  return Array.isArray(value) ? (value as readonly string[]) : null;
}
