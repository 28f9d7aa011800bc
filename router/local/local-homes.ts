// Starts the homes of a local network with their enrolment codes, and waits until one of them serves a model.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { openAdmin } from './admin-client.ts';
import { startAgent } from './agents.ts';
import type { AgentEvents, WatchedAgent } from './agents.ts';
import { listModels } from './demo-chat.ts';
import { describeNoHome } from './describe-start.ts';
import type { StartFlags } from './parse-start-flags.ts';
import { planAgents } from './plan-agents.ts';
import { StartError } from './start-error.ts';
import { STATE_MARK } from './state-folder.ts';
import type { DemoAccount, StateFolder } from './state-folder.ts';

const AGENT_MAIN = resolve(import.meta.dirname, '../../node-agent/main.ts');
const ONLINE_WAIT_MS = 120_000;
const ONLINE_POLL_MS = 50;
/** How long to wait for the other homes once the first is online. */
const OTHERS_WAIT_MS = 5_000;

/** The router that the homes join, and as whom. */
export interface HomesStart {
  readonly flags: StartFlags;
  readonly folder: StateFolder;
  readonly demo: DemoAccount;
  /** The router, without a trailing slash. */
  readonly url: string;
}

/** Starts every home. A home that enrolled in an earlier start keeps its identity and gets no code. */
export async function startHomes(start: HomesStart, events: AgentEvents): Promise<readonly WatchedAgent[]> {
  const admin = openAdmin(start.url, start.folder.secrets.ADMIN_SECRET);
  const plans = planAgents({ flags: start.flags, url: start.url, stateDir: start.folder.dir });
  return Promise.all(
    plans.map(async ({ number, name, stateDir, args }) => {
      const isEnrolled = start.demo.enrolled.includes(number) && existsSync(stateDir);
      const code = isEnrolled ? [] : ['--code', await admin.createCode(start.demo.accountId)];
      return startAgent(
        { name, script: AGENT_MAIN, args: [...args, ...code], environment: { [STATE_MARK]: start.folder.dir } },
        events,
      );
    }),
  );
}

/** The model to ask, once a home serves it. Throws StartError when none does in time or every home has given up. */
export async function waitOnline(
  start: HomesStart,
  homes: readonly WatchedAgent[],
  lastWords: () => readonly string[],
): Promise<string> {
  const deadlineAt = Date.now() + ONLINE_WAIT_MS;
  const asked = start.flags.models.find((name) => !name.endsWith('*'));
  let firstAt: number | null = null;
  while (Date.now() < deadlineAt && homes.some((home) => home.isWanted())) {
    const listed =
      (await listModels({ endpoint: `${start.url}/v1`, apiKey: start.demo.apiKey }).catch(() => null)) ?? [];
    const model = listed.find((each) => each.nodesOnline > 0 && (asked === undefined || each.id === asked));
    if (model) firstAt ??= Date.now();
    const areAllHere = model !== undefined && model.nodesOnline >= homes.length;
    if (areAllHere) start.folder.writeDemo({ ...start.demo, enrolled: homes.map((_, at) => at + 1) });
    if (model && firstAt !== null && (areAllHere || Date.now() - firstAt > OTHERS_WAIT_MS)) return model.id;
    await new Promise((wake) => setTimeout(wake, ONLINE_POLL_MS));
  }
  throw new StartError(describeNoHome(lastWords()));
}
