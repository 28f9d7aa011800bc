// Starts the router of a local network: presence behind its REST bridge, then the Worker, then the account that the demo calls with.
import { randomBytes } from 'node:crypto';
import type { Hex } from '../../schema/bytes.ts';
import { openAdmin } from './admin-client.ts';
import { listModels } from './demo-chat.ts';
import { startNetwork } from './network.ts';
import type { Network } from './network.ts';
import type { StartFlags } from './parse-start-flags.ts';
import { startRedisBridge } from './redis-bridge.ts';
import { embeddedExecutor, redisExecutor } from './redis-executor.ts';
import { StartError } from './start-error.ts';
import type { Started } from './started.ts';
import { STATE_MARK } from './state-folder.ts';
import type { AccountName, DemoAccount, StateFolder } from './state-folder.ts';

/** 1,000 credits, in millionths: far more than a demo can spend. */
const DEMO_CREDIT_UNITS = 1_000_000_000;

/** Epochs of a minute: who starts a network here wants to see one closed. */
export const LOCAL_EPOCH_SECONDS = 60;

/** Settings of the Worker by name. */
export type LocalRouterBindings = Readonly<Record<string, string>>;

/** What starting a router needs, and whom to tell. */
export interface RouterStart {
  readonly flags: StartFlags;
  readonly folder: StateFolder;
  readonly started: Started;
  /** The node that epochs are closed without, as a test. */
  readonly leftOut: Hex | null;
  /** A line of workerd, for --verbose. */
  readonly onLog: (line: string) => void;
  /** workerd died and stands again. */
  readonly onCrash: () => void;
}

/** The embedded presence or the real Redis that was asked for, as the Worker's two presence bindings. */
export async function openLocalPresence(start: RouterStart): Promise<LocalRouterBindings> {
  const { redisUrl } = start.flags;
  const executor = redisUrl === null ? embeddedExecutor() : redisExecutor(redisUrl);
  const bridge = await startRedisBridge({ executor, token: randomBytes(24).toString('base64url') });
  start.started.add(async () => bridge.stop());
  await executor.run([['PING']]).catch(() => {
    throw new StartError(
      `No Redis answers at ${redisUrl ?? 'memory'}. Start it (redis-server), or leave out --redis to keep presence in memory.`,
    );
  });
  return { UPSTASH_REDIS_REST_URL: bridge.url, UPSTASH_REDIS_REST_TOKEN: bridge.token };
}

/** The Worker with its state in the folder, on the asked port. */
export async function startRouter(start: RouterStart, more: LocalRouterBindings): Promise<Network> {
  const network = await startNetwork({
    stateDir: start.folder.dir,
    port: start.flags.port,
    // A request may carry any Host header here, so the addresses at which this router is itself are told.
    bindings: {
      ...listSecrets(start.folder),
      ...more,
      EPOCH_SECONDS: String(LOCAL_EPOCH_SECONDS),
      SIGNUP: 'open',
      ROUTER_ORIGINS: listOrigins(start.flags),
      ...(start.leftOut === null ? {} : { LOCAL_LEAVE_OUT: start.leftOut }),
    },
    environment: { [STATE_MARK]: start.folder.dir },
    ownsSignals: true,
    onLog: start.onLog,
    onCrash: start.onCrash,
  });
  start.started.add(async () => network.stop());
  return network;
}

/** Without those that nobody is changing. */
function listSecrets({ secrets }: StateFolder): Record<string, string> {
  return Object.fromEntries(
    Object.entries(secrets).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
}

/** Where homes may dial this router: this machine's own names, and what the flag adds, such as a tunnel's address. */
function listOrigins({ port, origins }: Pick<StartFlags, 'port' | 'origins'>): string {
  const own = ['127.0.0.1', 'localhost', '[::1]'].map((host) => `http://${host}:${port}`);
  return [...own, ...origins].join(',');
}

/** A sentence where the state's database is older than its objects, as after a restored backup; null where all is well, or it cannot be told. */
export async function findForgotten(start: RouterStart, url: string): Promise<string | null> {
  const admin = openAdmin(url, start.folder.secrets.ADMIN_SECRET);
  const { accounts, remedy } = await admin.findForgotten().catch(() => ({ accounts: [], remedy: '' }));
  if (accounts.length === 0) return null;
  return `The database here is not as new as what the accounts know of themselves (${accounts.slice(0, 3).join(', ')}${accounts.length > 3 ? ', …' : ''}): was a backup restored? GET /admin/v1/restore/check tells more. ${remedy}`;
}

/** Where a browser signs in once, as the network's operator and the account's owner. By name: browsers have no passkeys for addresses of numbers. */
export async function makeSignInLink(start: RouterStart, url: string, accountId: string): Promise<string> {
  const link = new URL(await openAdmin(url, start.folder.secrets.ADMIN_SECRET).signInLink(accountId));
  if (link.hostname === '127.0.0.1') link.hostname = 'localhost';
  return link.href;
}

/** The account and key of an earlier start if the router still knows them, else new ones with credit. */
export async function openAccount(
  start: RouterStart,
  url: string,
  name: AccountName,
): Promise<{ readonly account: DemoAccount; readonly isNew: boolean }> {
  const known = start.folder.readAccount(name);
  if (known !== null && (await listModels({ endpoint: `${url}/v1`, apiKey: known.apiKey })) !== null) {
    return { account: known, isNew: false };
  }
  const admin = openAdmin(url, start.folder.secrets.ADMIN_SECRET);
  const accountId = await admin.createAccount(name);
  await admin.grant(accountId, DEMO_CREDIT_UNITS);
  const account = { accountId, apiKey: await admin.mintKey(accountId, 'npm start') };
  start.folder.writeAccount(name, account);
  return { account, isNew: true };
}
