// Starts the homes of a local network with their enrolment codes, and waits until they are online.
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { matchesName } from '../../schema/model-names.ts';
import { openAdmin } from './admin-client.ts';
import { startAgent } from './agents.ts';
import type { AgentEvents, WatchedAgent } from './agents.ts';
import { listModels } from './demo-chat.ts';
import { openWallets } from './chain-folder.ts';
import { describeNoHome } from './describe-start.ts';
import { readHomeStatus } from './home-status.ts';
import type { StartFlags } from './parse-start-flags.ts';
import { planAgents } from './plan-agents.ts';
import { StartError } from './start-error.ts';
import { STATE_MARK } from './state-folder.ts';
import type { DemoAccount, StateFolder } from './state-folder.ts';

const AGENT_MAIN = resolve(import.meta.dirname, '../../node-agent/main.ts');
const ONLINE_WAIT_MS = 60_000;
const ONLINE_POLL_MS = 50;
/** How long to wait for the other homes once the first answers. */
const OTHERS_WAIT_MS = 5_000;
/** How long a connected home's models may take to be listed. */
const LISTING_WAIT_MS = 1_500;

/** The router that the homes join, and as whom. */
export interface HomesStart {
  readonly flags: StartFlags;
  readonly folder: StateFolder;
  readonly demo: DemoAccount;
  /** True when the account was made just now: what homes remember of an earlier one is void. */
  readonly isNewAccount: boolean;
  /** The router, without a trailing slash. */
  readonly url: string;
}

/** A home that was started, with the folder it keeps its status in. */
export interface LocalHome extends WatchedAgent {
  readonly stateDir: string;
  /** It joined just now: it has no name at the router yet. */
  readonly isNew: boolean;
}

/** Starts every home. A home that enrolled at this router in an earlier start keeps its identity and gets no code. */
export async function startHomes(start: HomesStart, events: AgentEvents): Promise<readonly LocalHome[]> {
  const admin = openAdmin(start.url, start.folder.secrets.ADMIN_SECRET);
  const plans = planAgents({ flags: start.flags, url: start.url, stateDir: start.folder.dir });
  const wallets = start.flags.chain ? openWallets(start.folder.dir, plans.length) : [];
  return Promise.all(
    plans.map(async ({ name, stateDir, args }, at) => {
      const status = await readHomeStatus(stateDir);
      const isEnrolled = !start.isNewAccount && status?.router === start.url && status.node !== null;
      const wallet = wallets[at] === undefined ? [] : ['--wallet', wallets[at]];
      const code = isEnrolled ? [] : ['--code', await admin.createCode(start.demo.accountId), ...wallet];
      // Homes of a demonstration: that this machine is on battery, or busy, is no reason for them to rest.
      const environment = { [STATE_MARK]: start.folder.dir, IRORI_SIGNALS: process.env['IRORI_SIGNALS'] ?? 'none' };
      const agent = startAgent({ name, script: AGENT_MAIN, args: [...args, ...code], environment }, events);
      return { ...agent, stateDir, isNew: !isEnrolled };
    }),
  );
}

/**
 * The model to ask, once a home serves it and the others are connected; null when every home is connected but serves names by
 * pattern only, which no list can show. Throws StartError when no home is online in time or all have given up.
 */
export async function waitOnline(
  start: HomesStart,
  homes: readonly LocalHome[],
  lastWords: () => readonly string[],
): Promise<string | null> {
  const isPatternOnly = start.flags.models.length > 0 && start.flags.models.every((name) => name.endsWith('*'));
  const deadlineAt = Date.now() + ONLINE_WAIT_MS;
  let connectedAt: number | null = null;
  while (Date.now() < deadlineAt && homes.some((home) => home.isWanted())) {
    const model = await findOnline(start);
    if (model !== null) {
      await waitOthers(homes);
      await nameHomes(start, homes);
      return model;
    }
    if (isPatternOnly && (await areServing(homes))) connectedAt ??= Date.now();
    if (connectedAt !== null && Date.now() - connectedAt > LISTING_WAIT_MS) return null;
    await sleep(ONLINE_POLL_MS);
  }
  throw new StartError(describeNoHome(lastWords()));
}

/** Homes that joined just now are called at the router what they are called here. One that is not stays without a name. */
async function nameHomes({ url, folder }: HomesStart, homes: readonly LocalHome[]): Promise<void> {
  const admin = openAdmin(url, folder.secrets.ADMIN_SECRET);
  const named = homes
    .filter(({ isNew }) => isNew)
    .map(async ({ name, stateDir }) => {
      const node = (await readHomeStatus(stateDir))?.node;
      if (node) await admin.nameNode(node, name).catch(() => null);
    });
  await Promise.all(named);
}

async function findOnline(start: HomesStart): Promise<string | null> {
  const asked = start.flags.models.filter((name) => !name.endsWith('*'));
  const listed = await listModels({ endpoint: `${start.url}/v1`, apiKey: start.demo.apiKey }).catch(() => null);
  const isAsked = (id: string): boolean => asked.length === 0 || asked.some((name) => matchesName(name, id));
  const found = listed?.find((model) => model.nodesOnline > 0 && isAsked(model.id));
  return found?.id ?? null;
}

async function waitOthers(homes: readonly LocalHome[]): Promise<void> {
  const deadlineAt = Date.now() + OTHERS_WAIT_MS;
  while (homes.length > 1 && Date.now() < deadlineAt && !(await areServing(homes))) await sleep(ONLINE_POLL_MS);
}

async function areServing(homes: readonly LocalHome[]): Promise<boolean> {
  const statuses = await Promise.all(homes.map(async (home) => readHomeStatus(home.stateDir)));
  return statuses.every((status, at) => {
    return status?.state === 'connected' && status.models.length > 0 && status.pid === homes[at]?.pid();
  });
}
