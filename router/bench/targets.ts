// What is measured, started side by side on loopback: the mock backend itself, the bare path, and the whole of Irori with two windows.
import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { claimPort } from '../local/free-port.ts';
import { startNetwork } from '../local/network.ts';
import { ask, openConnections } from './ask.ts';
import type { Door } from './ask.ts';
import { startChild } from './children.ts';
import type { Child } from './children.ts';
import { LISTED_MODELS } from './mock-backend.ts';

/** Something that answers chat calls, and whose CPU time belongs to which part of the way. */
export interface Target extends Door {
  readonly name: TargetName;
  /** Models of this prefix are asked: `say` is free at a home of one's own, `priced-say` is charged from the catalogue. */
  readonly prefix: 'say' | 'priced-say';
  readonly pids: Readonly<Record<string, readonly number[]>>;
}

export const TARGET_NAMES = ['direct', 'floor', 'irori-window-0', 'irori', 'irori-priced'] as const;
export type TargetName = (typeof TARGET_NAMES)[number];

export interface Bench {
  readonly targets: readonly Target[];
  readonly backendPid: number;
  end(): Promise<void>;
}

/** Units for a million tokens in and out: what a small open model costs. */
const PRICE = { price_in: 100_000, price_out: 400_000 };
const SLOTS = 64;
const READY_WAIT_MS = 60_000;
const here = import.meta.dirname;

/** Starts everything; ends what it has started when one part fails. */
export async function startBench(): Promise<Bench> {
  const ends: (() => Promise<void>)[] = [];
  const end = async (): Promise<void> => {
    for (const one of ends.splice(0).toReversed()) await one();
  };
  try {
    const backend = startChild('the mock backend', [join(here, 'mock-backend.ts')]);
    ends.push(() => backend.end());
    const { port } = portLine.parse(await backend.ready);
    const direct = { name: 'direct' as const, prefix: 'say' as const, ...doorAt(port), pids: {} };
    const floor = await startFloor(port, ends);
    const bare = await startIrori({ name: 'irori-window-0', backendPort: port, windowMs: 0 }, ends);
    const full = await startIrori({ name: 'irori', backendPort: port, windowMs: null }, ends);
    const callerKey = await setPrices(full);
    const priced = { ...full.target, apiKey: callerKey, name: 'irori-priced' as const, prefix: 'priced-say' as const };
    return { targets: [direct, floor, bare.target, full.target, priced], backendPid: backend.pid, end };
  } catch (cause) {
    await end();
    throw cause;
  }
}

const portLine = z.object({ port: z.number() });

function doorAt(port: number): Door {
  return { endpoint: `http://127.0.0.1:${port}/v1`, apiKey: 'bench' };
}

async function startFloor(backendPort: number, ends: (() => Promise<void>)[]): Promise<Target> {
  const network = await startNetwork({ configPath: join(here, 'floor.toml'), bindings: {}, localPlaces: false });
  ends.push(() => network.stop());
  const agent = startChild('the bare agent', [join(here, 'floor-agent.ts'), `${network.port}`, `${backendPort}`]);
  ends.push(() => agent.end());
  await agent.ready;
  const pids = { router: network.workerdPids(), agent: [agent.pid] };
  return { name: 'floor', prefix: 'say', ...doorAt(network.port), pids };
}

/** What the caller who pays may spend, µ: more than any run does. */
const CREDIT_MICRO = 1_000_000_000_000;

interface Irori {
  readonly target: Target;
  readonly adminSecret: string;
}

const localFile = z.object({
  endpoint: z.string(),
  apiKey: z.string(),
  adminSecret: z.string(),
  pids: z.object({ edge: z.array(z.number()).min(1), agents: z.array(z.number()).min(1) }),
});

async function startIrori(
  asked: { name: 'irori-window-0' | 'irori'; backendPort: number; windowMs: number | null },
  ends: (() => Promise<void>)[],
): Promise<Irori> {
  const folder = await mkdtemp(join(tmpdir(), 'irori-bench-'));
  ends.push(() => rm(folder, { recursive: true, force: true }));
  const flags = {
    port: await claimPort('127.0.0.1', 0),
    state: folder,
    backend: `http://127.0.0.1:${asked.backendPort}/v1`,
    models: [...LISTED_MODELS, 'say-*'].join(','),
    slots: SLOTS,
    ...(asked.windowMs === null ? {} : { window: asked.windowMs }),
  };
  const words = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = startChild(asked.name, [resolve(here, '../local/start.mjs'), ...words]);
  let pids: readonly number[] = [];
  ends.push(() => child.end(pids));
  const local = await waitAnswering(child, join(folder, 'local.json'));
  pids = [...local.pids.edge, ...local.pids.agents];
  const { endpoint, apiKey, adminSecret } = local;
  const groups = { router: local.pids.edge, agent: local.pids.agents, 'local presence': [child.pid] };
  return { target: { name: asked.name, prefix: 'say', endpoint, apiKey, pids: groups }, adminSecret };
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

/**
 * Puts the listed models into the catalogue: until then they are free names of the owner's own home, which tell their digest.
 * Gives the key of somebody else, who pays: an owner's calls at the owner's own home stay free.
 */
async function setPrices({ target, adminSecret }: Irori): Promise<string> {
  const connections = openConnections();
  const admin = `${target.endpoint.replace(/\/v1$/, '')}/admin/v1`;
  const headers = { authorization: `Bearer ${adminSecret}`, 'content-type': 'application/json' };
  for (const model of LISTED_MODELS) {
    const asked = await ask(target, connections, { model, stream: true, tokens: Number(/-(\d+)x/.exec(model)?.[1]) });
    const facts = z.object({ digest: z.string() }).parse(JSON.parse(String(asked.headers['x-irori'])));
    const limits = { context_tokens: 4096, max_output_tokens: 2048 };
    const put = await fetch(`${admin}/models/${model}`, {
      method: 'PUT',
      headers,
      body: JSON.stringify({ digests: [facts.digest], ...PRICE, ...limits }),
    });
    if (!put.ok) throw new Error(`the catalogue refused ${model}: ${await put.text()}`);
  }
  const post = async (path: string, body: object): Promise<unknown> =>
    (await fetch(`${admin}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).json();
  const { id } = z.object({ id: z.string() }).parse(await post('/accounts', { name: 'bench caller' }));
  const { key } = z.object({ key: z.string() }).parse(await post(`/accounts/${id}/keys`, { name: 'bench' }));
  await post(`/accounts/${id}/credit`, { amount_micro: CREDIT_MICRO });
  await waitPriced({ ...target, apiKey: key });
  return key;
}

/** The catalogue is cached for a while, and homes are found under a new name once their hub has told. */
async function waitPriced(target: Target): Promise<void> {
  const connections = openConnections();
  const body = JSON.stringify({ model: LISTED_MODELS[0], messages: [{ role: 'user', content: 'x' }] });
  const headers = { authorization: `Bearer ${target.apiKey}`, 'content-type': 'application/json' };
  const deadlineAt = Date.now() + READY_WAIT_MS;
  while (Date.now() < deadlineAt) {
    const response = await fetch(`${target.endpoint}/chat/completions`, { method: 'POST', headers, body });
    const answer = z.object({ irori: z.object({ charge_micro: z.number() }) }).safeParse(await response.json());
    if (answer.data !== undefined && answer.data.irori.charge_micro > 0) return connections.destroy();
    await sleep(250);
  }
  throw new Error('the priced model was never charged');
}
