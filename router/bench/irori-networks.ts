// A whole Irori, of this checkout or of another: started by the checkout's own start command and asked over HTTP alone, so that an older one can
// stand beside this one.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { claimPort } from '../local/free-port.ts';
import { openAdmin } from '../local/admin-client.ts';
import type { AdminClient } from '../local/admin-client.ts';
import { ask, openConnections } from './ask.ts';
import type { Door } from './ask.ts';
import { startChild } from './children.ts';
import type { Child } from './children.ts';
import { LISTED_MODELS } from './mock-backend.ts';

export interface IroriNetwork {
  readonly door: Door;
  /** By part of the way. */
  readonly pids: Readonly<Record<'router' | 'agent' | 'local presence', readonly number[]>>;
  /** The checkout that it runs. */
  readonly folder: string;
  /** A second address on which it takes itself for itself, and to which nobody listens: for a line that a home is to dial through. */
  readonly otherPort: number;
  readonly admin: AdminClient;
  /**
   * Puts the listed models into the catalogue: until then they are free names of the owner's own home, which tell their digest.
   * Gives the key of somebody else, who pays: an owner's calls at the owner's own home stay free.
   */
  setPrices(): Promise<string>;
  end(): Promise<void>;
}

export interface IroriStart {
  readonly name: string;
  readonly folder: string;
  readonly backendPort: number;
  /** How long homes gather chunks, ms; null as they do by default. */
  readonly windowMs: number | null;
  /** Added to the environment of all its processes. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Units for a million tokens in and out: what a small open model costs. */
const PRICE = { price_in: 100_000, price_out: 400_000 };
/** What the caller who pays may spend, µ: more than any run does. */
const CREDIT_MICRO = 1_000_000_000_000;
const SLOTS = 64;
const READY_WAIT_MS = 60_000;

const localFile = z.object({
  endpoint: z.string(),
  apiKey: z.string(),
  adminSecret: z.string(),
  pids: z.object({ edge: z.array(z.number()).min(1), agents: z.array(z.number()).min(1) }),
});

/** Resolves once a call through its home got a whole answer; ends what it has started when that does not come. */
export async function startIrori(asked: IroriStart): Promise<IroriNetwork> {
  const state = await mkdtemp(join(tmpdir(), 'irori-bench-'));
  const otherPort = await claimPort('127.0.0.1', 0);
  const flags = {
    port: await claimPort('127.0.0.1', 0),
    state,
    origins: `http://127.0.0.1:${otherPort}`,
    backend: `http://127.0.0.1:${asked.backendPort}/v1`,
    models: [...LISTED_MODELS, 'say-*'].join(','),
    slots: SLOTS,
    ...(asked.windowMs === null ? {} : { window: asked.windowMs }),
  };
  const words = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = startChild(asked.name, [join(asked.folder, 'router/local/start.mjs'), ...words], asked.environment);
  let pids: readonly number[] = [];
  const end = async (): Promise<void> => {
    await child.end(pids);
    await rm(state, { recursive: true, force: true });
  };
  try {
    const local = await waitAnswering(child, join(state, 'local.json'));
    pids = [...local.pids.edge, ...local.pids.agents];
    const door = { endpoint: local.endpoint, apiKey: local.apiKey };
    const { folder } = asked;
    const groups = { router: local.pids.edge, agent: local.pids.agents, 'local presence': [child.pid] };
    const admin = openAdmin(local.endpoint.replace(/\/v1$/, ''), local.adminSecret);
    const setPrices = (): Promise<string> => setPricesAt(door, { admin, secret: local.adminSecret });
    return { door, pids: groups, folder, otherPort, admin, setPrices, end };
  } catch (cause) {
    await end();
    throw cause;
  }
}

/** The file that the network leaves for scripts, once a call through a home gets a whole answer. */
async function waitAnswering(child: Child, path: string): Promise<z.infer<typeof localFile>> {
  const connections = openConnections();
  const died = child.ready.then(() => null);
  died.catch(() => undefined);
  const deadlineAt = Date.now() + READY_WAIT_MS;
  while (Date.now() < deadlineAt) {
    const local = localFile.safeParse(JSON.parse(await readFile(path, 'utf8').catch(() => 'null')));
    const call = { model: 'say-4x0', stream: true, tokens: 4 };
    if (local.success && (await ask(local.data, connections, call)).fault === null) return local.data;
    await Promise.race([sleep(100), died]);
  }
  throw new Error('a network came up whose home never answered');
}

async function setPricesAt(door: Door, by: { readonly admin: AdminClient; readonly secret: string }): Promise<string> {
  const connections = openConnections();
  const headers = { authorization: `Bearer ${by.secret}`, 'content-type': 'application/json' };
  for (const model of LISTED_MODELS) {
    const asked = await ask(door, connections, { model, stream: true, tokens: Number(/-(\d+)x/.exec(model)?.[1]) });
    const facts = z.object({ digest: z.string() }).parse(JSON.parse(String(asked.headers['x-irori'])));
    const limits = { context_tokens: 4096, max_output_tokens: 2048 };
    const put = await fetch(`${door.endpoint.replace(/\/v1$/, '')}/admin/v1/models/${model}`, {
      method: 'PUT',
      headers,
      body: JSON.stringify({ digests: [facts.digest], ...PRICE, ...limits }),
    });
    if (!put.ok) throw new Error(`the catalogue refused ${model}: ${await put.text()}`);
  }
  connections.destroy();
  const account = await by.admin.createAccount('bench caller');
  const apiKey = await by.admin.mintKey(account, 'bench');
  await by.admin.grant(account, CREDIT_MICRO);
  await waitPriced({ ...door, apiKey });
  return apiKey;
}

/** The catalogue is cached for a while, and homes are found under a new name once their hub has told. */
async function waitPriced({ endpoint, apiKey }: Door): Promise<void> {
  const body = JSON.stringify({ model: LISTED_MODELS[0], messages: [{ role: 'user', content: 'x' }] });
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
  const deadlineAt = Date.now() + READY_WAIT_MS;
  while (Date.now() < deadlineAt) {
    const response = await fetch(`${endpoint}/chat/completions`, { method: 'POST', headers, body });
    const answer = z.object({ irori: z.object({ charge_micro: z.number() }) }).safeParse(await response.json());
    if (answer.data !== undefined && answer.data.irori.charge_micro > 0) return;
    await sleep(250);
  }
  throw new Error('the priced model was never charged');
}
