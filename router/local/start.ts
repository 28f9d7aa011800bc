// `npm start`: the whole network on this machine, told top to bottom. The only file here that writes to the terminal or ends the process.
import type { Hex } from '../../schema/bytes.ts';
import type { AgentEvents } from './agents.ts';
import { askDemo, fetchReceipt } from './demo-chat.ts';
import {
  DEMO_PROMPT,
  describeAnswer,
  describeDeath,
  describeOwner,
  describeStep,
  describeWelcome,
  readWarning,
} from './describe-start.ts';
import { startHomes, waitOnline } from './local-homes.ts';
import type { LocalHome } from './local-homes.ts';
import { openLocalPayments } from './local-payments.ts';
import type { Network } from './network.ts';
import { findForgotten, makeSignInLink, openAccount, openLocalPresence, startRouter } from './local-router.ts';
import type { LocalRouterBindings, RouterStart } from './local-router.ts';
import { openChain } from './start-chain.ts';
import { watchSources } from './dev.ts';
import { FREE_MODEL, listPaidModel, PAID_MODEL } from './paid-model.ts';
import { START_HELP, parseStartFlags, readLeftOut } from './parse-start-flags.ts';
import type { StartFlags } from './parse-start-flags.ts';
import { StartError } from './start-error.ts';
import { Started } from './started.ts';
import { openStateFolder } from './state-folder.ts';
import type { DemoAccount } from './state-folder.ts';

/** Lines of homes kept for the case that none comes online. */
const LAST_WORDS = 5;
const EXIT_BY_SIGNAL = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
const complain = (text: string): void => {
  process.stderr.write(`irori: ${text}\n`);
};

await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<void> {
  const flags = parseStartFlags(words);
  if (!flags.ok) {
    complain(flags.error);
    process.exitCode = 1;
    return;
  }
  if (flags.value.help) return print(START_HELP);
  const started = new Started();
  endOnSignals(started);
  const isGood = await run(flags.value, started).catch((cause: unknown) => {
    if (!started.isEnding) complain(describeFault(cause));
    return null;
  });
  if (started.isEnding || (isGood !== null && !flags.value.once)) return;
  await started.end();
  process.exit(isGood === true ? 0 : 1);
}

/** True when the demo's answer ended properly and its receipt was signed (or no home was asked for). */
async function run(flags: StartFlags, started: Started): Promise<boolean> {
  print(`Irori: starting the network on this machine\n`);
  const folder = openStateFolder(flags.stateDir);
  started.add(() => folder.release());
  let homes: readonly LocalHome[] = [];
  let tellScripts = (): void => undefined;
  const start: RouterStart = {
    flags,
    folder,
    started,
    leftOut: findLeftOut(),
    onLog: (line) => flags.verbose && print(`  [workerd] ${line}`),
    onCrash: () => {
      complain('workerd died and was started again; homes reconnect by themselves.');
      tellScripts();
    },
  };
  print(describeStep('state', folder.dir));
  const presence = await openLocalPresence(start);
  print(describeStep('presence', flags.redisUrl ?? 'in memory'));
  const money = await openMoney(start, () => tellScripts());
  const network = await startRouter(start, { ...presence, ...money.bindings });
  if (flags.x402 || flags.chain) await listPaidModel(network.url, folder.secrets.ADMIN_SECRET);
  print(describeStep('router', `${network.url}, workerd process ${network.workerdPids().join(', ')}`));
  const { demo, isNew, caller } = await openAccounts(start, network.url);
  const forgotten = await findForgotten(start, network.url);
  if (forgotten !== null) complain(forgotten);
  const endpoint = `${network.url}/v1`;
  const signInLink = await makeSignInLink(start, network.url, demo.accountId);
  tellScripts = () => {
    const edge = network.workerdPids();
    const pids = { edge, agents: homes.flatMap((home) => home.pid() ?? []), chain: money.pids() };
    const keys = { apiKey: demo.apiKey, callerKey: caller.apiKey, adminSecret: folder.secrets.ADMIN_SECRET };
    if (!started.isEnding) folder.writeLocal({ endpoint, ...keys, pids });
  };
  tellScripts();
  if (flags.watch) startWatching(started, { network, homes: () => homes });
  if (flags.nodes === 0) {
    print(describeWelcome({ endpoint, apiKey: demo.apiKey, model: 'MODEL', signInLink }));
    print('  No home was started (--no-agent). Ctrl-C ends everything.');
    return true;
  }
  const lastWords: string[] = [];
  const homesStart = { flags, folder, demo, isNewAccount: isNew, url: network.url };
  let isOnline = false;
  const watch = { flags, started, lastWords, isOnline: () => isOnline, onChange: () => tellScripts() };
  homes = await startHomes(homesStart, watchHomes(watch));
  started.add(async () => void (await Promise.all(homes.map(async (home) => home.stop()))));
  for (const home of homes) print(describeStep('home', `${home.name}, process ${home.pid() ?? 'starting'}`));
  tellScripts();
  const online = await waitOnline(homesStart, homes, () => lastWords);
  // With a chain the first answer is to earn something.
  const model = flags.chain && online === FREE_MODEL ? PAID_MODEL : online;
  isOnline = true;
  print(describeWelcome({ endpoint, apiKey: caller.apiKey, model: model ?? flags.models[0] ?? 'MODEL', signInLink }));
  if (flags.chain) print(describeOwner(demo.apiKey));
  if (model === null) print(`  The homes serve ${flags.models.join(', ')}: name a model yourself, nothing was asked.`);
  const isGood = model !== null && (await showAnswer({ endpoint, apiKey: caller.apiKey, model }));
  if (!flags.once) print('\n  The network runs. Ctrl-C ends everything.');
  return isGood;
}

/** The node that epochs are closed without, as a test, and told. */
function findLeftOut(): Hex | null {
  const read = readLeftOut(process.env['LOCAL_LEAVE_OUT']);
  if (!read.ok) throw new StartError(read.error);
  if (read.value !== null) print(describeStep('a test', `epochs are closed without ${read.value}`));
  return read.value;
}

/** What calls are paid with and homes are paid on, as far as the flags ask for it. */
async function openMoney(
  { flags, folder, started }: RouterStart,
  onChange: () => void,
): Promise<{ readonly bindings: LocalRouterBindings; readonly pids: () => number[] }> {
  const payments = flags.x402 ? await openLocalPayments(started) : null;
  if (payments) print(describeStep('payments', payments.told));
  const onCrash = (isBack: boolean): void => {
    complain(isBack ? 'anvil died and was started again.' : 'anvil died and did not start again: nothing is posted.');
    onChange();
  };
  const chain = await openChain({ flags, folder, started, onCrash });
  for (const line of chain?.told ?? []) print(describeStep('chain', line));
  return { bindings: { ...payments?.bindings, ...chain?.bindings }, pids: () => [chain?.pid() ?? []].flat() };
}

interface LocalAccounts {
  readonly demo: DemoAccount;
  readonly isNew: boolean;
  /** Nobody is paid for answering himself, so with a chain somebody else asks. */
  readonly caller: DemoAccount;
}

async function openAccounts(start: RouterStart, url: string): Promise<LocalAccounts> {
  const { account: demo, isNew } = await openAccount(start, url, 'demo');
  return { demo, isNew, caller: start.flags.chain ? (await openAccount(start, url, 'caller')).account : demo };
}

function startWatching(started: Started, running: { network: Network; homes: () => readonly LocalHome[] }): void {
  const watched = watchSources({
    restartRouter: () => running.network.restart(),
    restartHomes: async () => void (await Promise.all(running.homes().map((home) => home.restart()))),
    tell: (text) => print(`  dev        ${text}`),
  });
  started.add(() => watched.stop());
}

function watchHomes(watch: {
  flags: StartFlags;
  started: Started;
  lastWords: string[];
  isOnline: () => boolean;
  onChange: () => void;
}): AgentEvents {
  const warned = new Set<string>();
  return {
    onLine: (name, line) => {
      watch.lastWords.push(line);
      if (watch.lastWords.length > LAST_WORDS) watch.lastWords.shift();
      if (watch.flags.verbose) return print(`  [${name}] ${line}`);
      // Homes that share one server say the same of it.
      const warning = watch.isOnline() ? null : readWarning(line);
      if (warning !== null && !warned.has(warning)) print(describeStep('home', warning));
      if (warning !== null) warned.add(warning);
    },
    onDeath: (name, death) => {
      if (!watch.started.isEnding) complain(describeDeath(name, death));
    },
    onChange: watch.onChange,
  };
}

async function showAnswer(show: { endpoint: string; apiKey: string; model: string }): Promise<boolean> {
  print(`  ${show.model} is asked: ${DEMO_PROMPT}\n`);
  process.stdout.write('  ');
  const onToken = (text: string): void => void process.stdout.write(text.replaceAll('\n', '\n  '));
  const answer = await askDemo({ ...show, prompt: DEMO_PROMPT, onToken });
  print('\n');
  if (answer.fault !== null) complain(`The answer did not end properly: ${answer.fault}`);
  if (answer.jobId === null) return false;
  const receipt = await fetchReceipt({ ...show, jobId: answer.jobId });
  print(describeAnswer(answer, receipt));
  return answer.fault === null && receipt?.receiptSignature != null;
}

/** Ctrl-C once ends everything in order; twice ends this process at once. */
function endOnSignals(started: Started): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (started.isEnding) process.exit(EXIT_BY_SIGNAL[signal]);
      void started.end().then(() => process.exit(EXIT_BY_SIGNAL[signal]));
    });
  }
}

function describeFault(cause: unknown): string {
  if (cause instanceof StartError) return cause.message;
  return `This should not happen; please report it. ${cause instanceof Error ? cause.stack : String(cause)}`;
}
