// The whole network for one test file: a real workerd with objects and D1, presence behind its bridge, real agent processes.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startNetwork } from '../local/network.ts';
import type { Network } from '../local/network.ts';
import { startRedisBridge } from '../local/redis-bridge.ts';
import type { RedisBridge } from '../local/redis-bridge.ts';
import { embeddedExecutor } from '../local/redis-executor.ts';

const AGENT = resolve(import.meta.dirname, '../../node-agent/main.ts');
export const ADMIN_SECRET = 'test-admin-secret-0123456789';

/** An account to call with. */
export interface TestAccount {
  readonly id: string;
  readonly keyId: string;
  readonly apiKey: string;
}

/** One home: its own process with its own state folder, which outlives restarts. */
export interface TestAgent {
  readonly pid: () => number;
  readonly lines: string[];
  readonly stateDir: string;
  /** Sends a signal and, for SIGTERM and SIGKILL, waits for the end. */
  signal(name: NodeJS.Signals): Promise<void>;
  /** Starts it again over the same state. */
  start(): void;
}

export interface Stack {
  readonly network: Network;
  readonly bridge: RedisBridge;
  readonly url: string;
  readonly folder: string;
  admin(method: string, path: string, body?: unknown): Promise<{ status: number; json: Record<string, unknown> }>;
  makeAccount(creditMicro?: number): Promise<TestAccount>;
  startAgent(options: { owner: TestAccount; args?: readonly string[]; place?: string }): Promise<TestAgent>;
  call(
    path: string,
    options?: {
      key?: string | null;
      body?: unknown;
      place?: string;
      signal?: AbortSignal;
      method?: string;
      headers?: Record<string, string>;
    },
  ): Promise<Response>;
  /** Waits until a model has this many homes for an account. */
  waitForModel(account: TestAccount, model: string, homes?: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startStack(
  options: { bindings?: Record<string, string>; localPlaces?: boolean } = {},
): Promise<Stack> {
  const folder = await mkdtemp(join(tmpdir(), 'irori-test-'));
  const bridge = await startRedisBridge({ executor: embeddedExecutor(), token: 'test-redis-token' });
  const network = await startNetwork({
    stateDir: join(folder, 'router'),
    bindings: {
      ADMIN_SECRET,
      KEY_HMAC_SECRET: randomBytes(24).toString('hex'),
      NODE_TOKEN_SECRET: randomBytes(24).toString('hex'),
      ROUTER_SIGNING_KEY: `0x${randomBytes(32).toString('hex')}`,
      UPSTASH_REDIS_REST_URL: bridge.url,
      UPSTASH_REDIS_REST_TOKEN: 'test-redis-token',
      ...options.bindings,
    },
    ...(options.localPlaces === undefined ? {} : { localPlaces: options.localPlaces }),
    onLog: (line) => {
      if (process.env['IRORI_TEST_LOG']) process.stderr.write(`workerd ${line}\n`);
    },
  });
  return new RunningStack(network, bridge, folder);
}

class RunningStack implements Stack {
  readonly network: Network;
  readonly bridge: RedisBridge;
  readonly folder: string;
  readonly #agents: ChildProcess[] = [];
  #agentCount = 0;

  constructor(network: Network, bridge: RedisBridge, folder: string) {
    this.network = network;
    this.bridge = bridge;
    this.folder = folder;
  }

  get url(): string {
    return this.network.url;
  }

  async admin(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; json: Record<string, unknown> }> {
    const response = await this.call(`/admin/v1${path}`, { method, key: ADMIN_SECRET, body });
    return { status: response.status, json: (await response.json().catch(() => ({}))) as Record<string, unknown> };
  }

  async makeAccount(creditMicro = 0): Promise<TestAccount> {
    const id = String((await this.admin('POST', '/accounts', { name: 'test' })).json['id']);
    const key = (await this.admin('POST', `/accounts/${id}/keys`, { name: 'test' })).json;
    if (creditMicro > 0) await this.admin('POST', `/accounts/${id}/credit`, { amount_micro: creditMicro });
    return { id, keyId: String(key['id']), apiKey: String(key['key']) };
  }

  async startAgent({
    owner,
    args = [],
    place,
  }: {
    owner: TestAccount;
    args?: readonly string[];
    place?: string;
  }): Promise<TestAgent> {
    const code = String((await this.admin('POST', '/nodes/enrolments', { account_id: owner.id })).json['code']);
    const stateDir = join(this.folder, `agent-${++this.#agentCount}`);
    const lines: string[] = [];
    const all = [
      'up',
      '--router',
      this.url,
      '--code',
      code,
      '--state',
      stateDir,
      ...(place ? ['--place', place] : []),
      ...args,
    ];
    let child = this.#spawn(all, lines);
    return {
      pid: () => child.pid ?? 0,
      lines,
      stateDir,
      signal: async (name) => {
        const isEnd = name === 'SIGTERM' || name === 'SIGKILL';
        const gone = new Promise((done) => child.once('close', done));
        child.kill(name);
        if (isEnd) await gone;
      },
      start: () => void (child = this.#spawn(all, lines)),
    };
  }

  #spawn(args: readonly string[], lines: string[]): ChildProcess {
    const child = spawn(process.execPath, [AGENT, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (data: Buffer): void => {
      lines.push(...data.toString('utf8').trimEnd().split('\n'));
      if (process.env['IRORI_TEST_LOG']) process.stderr.write(`agent ${data.toString('utf8')}`);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    this.#agents.push(child);
    return child;
  }

  call(
    path: string,
    options: {
      key?: string | null;
      body?: unknown;
      place?: string;
      signal?: AbortSignal;
      method?: string;
      headers?: Record<string, string>;
    } = {},
  ): Promise<Response> {
    const headers: Record<string, string> = { ...options.headers };
    if (options.key) headers['authorization'] ??= `Bearer ${options.key}`;
    if (options.place) headers['x-irori-place'] = options.place;
    if (options.body !== undefined) headers['content-type'] ??= 'application/json';
    return fetch(`${this.url}${path}`, {
      method: options.method ?? (options.body === undefined ? 'GET' : 'POST'),
      headers,
      ...(options.body === undefined
        ? {}
        : { body: typeof options.body === 'string' ? options.body : JSON.stringify(options.body) }),
      ...(options.signal ? { signal: options.signal } : {}),
    });
  }

  async waitForModel(account: TestAccount, model: string, homes = 1): Promise<void> {
    for (const until = Date.now() + 60_000; Date.now() < until; await new Promise((wake) => setTimeout(wake, 100))) {
      const listed = (await (await this.call('/v1/models', { key: account.apiKey })).json()) as {
        data?: { id: string; nodes_online: number }[];
      };
      if ((listed.data?.find((one) => one.id === model)?.nodes_online ?? 0) >= homes) return;
    }
    throw new Error(`${model} did not come online`);
  }

  async stop(): Promise<void> {
    const running = this.#agents.filter((child) => child.exitCode === null && child.signalCode === null);
    for (const child of running) child.kill('SIGKILL');
    await this.network.stop();
    await this.bridge.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
