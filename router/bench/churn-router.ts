// The router that a churn run calls: its own workerd, presence and D1 in a folder of its own, one caller with credit, the demo model priced.
import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAdmin } from '../local/admin-client.ts';
import { startNetwork } from '../local/network.ts';
import type { Network } from '../local/network.ts';
import { startRedisBridge } from '../local/redis-bridge.ts';
import { embeddedExecutor } from '../local/redis-executor.ts';
import { ALL_BALANCES } from '../billing/ledger-sql.ts';
import { readSettlements } from '../test/books.ts';

/** The built-in model under a name with a price: one unit a prompt token, two an output token. */
export const CHURN_MODEL = 'churn/nano';
const PRICE = { prompt: 1, output: 2 };
const FREE_MODEL = 'nano-demo';
const CREDIT_UNITS = 1_000_000_000;
const UNITS_PER_PRICE = 1_000_000;

/** What the books say, in units. */
export interface BooksNow {
  readonly isSound: boolean;
  /** Events not yet in D1. */
  readonly waiting: number;
  readonly held: number;
  /** What the caller has paid, by its object and by D1. */
  readonly charged: number;
  readonly paid: number;
  /** What each job came to in D1. */
  readonly byJob: ReadonlyMap<string, number>;
}

export interface ChurnRouter {
  readonly network: Network;
  readonly folder: string;
  readonly apiKey: string;
  createCode(): Promise<string>;
  /** Homes that serve the priced model now. */
  countHomes(): Promise<number>;
  readBooks(): Promise<BooksNow>;
  end(): Promise<void>;
}

/** `keepFolder` leaves its folder behind, with a log of the router. Throws StartError when the machine does not allow it. */
export async function openChurnRouter(keepFolder: boolean): Promise<ChurnRouter> {
  const folder = await mkdtemp(join(tmpdir(), 'irori-churn-'));
  const note = (line: string): void => {
    if (keepFolder) appendFileSync(join(folder, 'router.log'), `${new Date().toISOString()} ${line}\n`);
  };
  const secret = randomBytes(24).toString('hex');
  const bridge = await startRedisBridge({ executor: embeddedExecutor(), token: randomBytes(24).toString('hex') });
  const network = await startNetwork({
    stateDir: join(folder, 'router'),
    ownsSignals: true,
    onLog: note,
    onCrash: () => note('workerd died and was started again'),
    bindings: {
      ADMIN_SECRET: secret,
      KEY_HMAC_SECRET: randomBytes(24).toString('hex'),
      NODE_TOKEN_SECRET: randomBytes(24).toString('hex'),
      ROUTER_SIGNING_KEY: `0x${randomBytes(32).toString('hex')}`,
      UPSTASH_REDIS_REST_URL: bridge.url,
      UPSTASH_REDIS_REST_TOKEN: bridge.token,
    },
  });
  const admin = openAdmin(network.url, secret);
  const ownerId = await admin.createAccount('owner');
  const callerId = await admin.createAccount('caller');
  await admin.grant(callerId, CREDIT_UNITS);
  const apiKey = await admin.mintKey(callerId, 'churn');
  const door = new Door(network.url, { secret, apiKey });
  await priceModel(door);
  return {
    network,
    folder,
    apiKey,
    createCode: () => admin.createCode(ownerId),
    countHomes: async () => {
      const { data = [] } = (await door.get('/v1/models', 'apiKey')) as {
        data?: { id: string; nodes_online: number }[];
      };
      return data.find(({ id }) => id === CHURN_MODEL)?.nodes_online ?? 0;
    },
    readBooks: () => readBooks(door, network, callerId),
    end: async () => {
      await network.stop();
      await bridge.stop();
      if (!keepFolder) await rm(folder, { recursive: true, force: true });
    },
  };
}

class Door {
  readonly #url: string;
  readonly #keys: { readonly secret: string; readonly apiKey: string };

  constructor(url: string, keys: { secret: string; apiKey: string }) {
    this.#url = url;
    this.#keys = keys;
  }

  async get(path: string, by: 'secret' | 'apiKey'): Promise<unknown> {
    const response = await fetch(this.#url + path, { headers: { authorization: `Bearer ${this.#keys[by]}` } });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  async put(path: string, body: object): Promise<void> {
    const headers = { authorization: `Bearer ${this.#keys.secret}`, 'content-type': 'application/json' };
    const response = await fetch(this.#url + path, { method: 'PUT', headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  }
}

async function priceModel(door: Door): Promise<void> {
  const free = (await door.get(`/admin/v1/models/${FREE_MODEL}`, 'secret')) as Record<string, unknown>;
  await door.put(`/admin/v1/models/${CHURN_MODEL}`, {
    digests: free['digests'],
    context_tokens: free['context_tokens'],
    max_output_tokens: free['max_output_tokens'],
    tokenizer: free['tokenizer'],
    price_in: PRICE.prompt * UNITS_PER_PRICE,
    price_out: PRICE.output * UNITS_PER_PRICE,
  });
}

async function readBooks(door: Door, network: Network, callerId: string): Promise<BooksNow> {
  const check = (await door.get('/admin/v1/ledger/check', 'secret')) as {
    ok: boolean;
    total_micro: number;
    unbalanced_events: string[];
    accounts: { waiting: number }[];
  };
  const usage = (await door.get('/v1/usage', 'apiKey')) as { held_micro: number; totals: { charged_micro: number } };
  const database = await network.database();
  const books = await database.prepare(ALL_BALANCES).all<{ book: string; amount: number }>();
  const row = books.results.find(({ book }) => book === callerId);
  const byJob = new Map<string, number>();
  for (const { jobId, charge } of await readSettlements(database)) byJob.set(jobId, (byJob.get(jobId) ?? 0) + charge);
  return {
    byJob,
    isSound: check.ok && check.total_micro === 0 && check.unbalanced_events.length === 0,
    waiting: check.accounts.reduce((all, { waiting }) => all + waiting, 0),
    held: usage.held_micro,
    charged: usage.totals.charged_micro,
    paid: CREDIT_UNITS - (row?.amount ?? 0),
  };
}
