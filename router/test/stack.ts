// The whole network for one test file: a real workerd with objects and D1, presence behind its bridge, real agent processes.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { AGENT_MAIN } from '../../node-agent/test/agent-main.ts';
import type { Timings } from '../../schema/timings.ts';
import { claimPort } from '../local/free-port.ts';
import { startNetwork } from '../local/network.ts';
import type { Network } from '../local/network.ts';
import { startRedisBridge } from '../local/redis-bridge.ts';
import type { RedisBridge } from '../local/redis-bridge.ts';
import { embeddedExecutor } from '../local/redis-executor.ts';
import type { RedisExecutor } from '../local/redis-executor.ts';
import { copyDatabase, readBundle } from './built.ts';

const REDIS_TOKEN = 'test-redis-token';
const WORKER = 'router/worker.ts';
const TELL_HELD = join(import.meta.dirname, 'tell-held.ts');
export const ADMIN_SECRET = 'test-admin-secret-0123456789';

/** Shorter where many tests sit it out, longer where a home on a busy machine would be taken for one that does not answer. */
const TEST_WAITS: Partial<Timings> = {
  retryMs: 1000,
  orphanWaitMs: 4000,
  planEveryMs: 2000,
  headMs: 2500,
  endMs: 4000,
  coolingMs: 200,
  turnWaitMs: 500,
  shutOutMs: 1000,
  bookMs: 250,
  repeatWaitMs: 2000,
  pagePartMs: 60_000,
};

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
  /** The exit status once it has ended, else null. */
  readonly exitCode: () => number | null;
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
  /** `copyOf`: over a copy of that agent's state, without a code. `hasCode: false`: a new state that no account knows. */
  startAgent(options: {
    owner: TestAccount;
    args?: readonly string[];
    place?: string;
    copyOf?: TestAgent;
    hasCode?: boolean;
    /** Where it dials, left out straight to the router. */
    router?: string;
    /** What stands in its state folder before it starts. */
    files?: Readonly<Record<string, string>>;
    /** It can be asked by `heldBytes` of process-memory.ts. */
    tellsHeld?: boolean;
  }): Promise<TestAgent>;
  /** Takes Redis away from the router; `startPresence` gives it back on the same address with what it held. */
  stopPresence(): Promise<void>;
  startPresence(): Promise<void>;
  /** One command to the presence store itself, whether the bridge is up or not. */
  askPresence(...command: string[]): Promise<unknown>;
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
  options: {
    bindings?: Record<string, string>;
    localPlaces?: boolean;
    /** Waits of edge, hub and area that differ from TEST_WAITS. */
    timings?: Partial<Timings>;
    /** The Worker that verifies passkeys runs beside it. */
    hasPasskeys?: boolean;
    /** A bucket for old receipts is bound. */
    hasBucket?: boolean;
    /** With a bucket only: another entry than the Worker's, from the repository's root. */
    worker?: string;
    /** Hears of each command that the presence store is asked. */
    onPresence?: (commands: number) => void;
    /** More edges, with texts of their own. */
    edges?: Record<string, Record<string, string>>;
    /** Gets each line that the router writes. */
    onLog?: (line: string) => void;
    /** True where the caller stops it on a signal. */
    ownsSignals?: boolean;
  } = {},
): Promise<Stack> {
  const folder = await mkdtemp(join(tmpdir(), 'irori-test-'));
  const store = embeddedExecutor();
  const executor: RedisExecutor = {
    ...store,
    run: (commands, how) => {
      options.onPresence?.(commands.length);
      return store.run(commands, how);
    },
  };
  const bridge = await startRedisBridge({ executor, token: REDIS_TOKEN, port: await claimPort('127.0.0.1', 0) });
  const bundle = options.hasBucket ? null : await readBundle();
  await copyDatabase(join(folder, 'router'));
  const network = await startNetwork({
    stateDir: join(folder, 'router'),
    ...(bundle ? { bundle } : {}),
    hasServices: options.hasPasskeys ?? false,
    ...(options.hasBucket ? { configPath: await writeConfig(folder, options.worker ?? WORKER) } : {}),
    bindings: {
      ADMIN_SECRET,
      KEY_HMAC_SECRET: randomBytes(24).toString('hex'),
      NODE_TOKEN_SECRET: randomBytes(24).toString('hex'),
      ROUTER_SIGNING_KEY: `0x${randomBytes(32).toString('hex')}`,
      UPSTASH_REDIS_REST_URL: bridge.url,
      UPSTASH_REDIS_REST_TOKEN: REDIS_TOKEN,
      LOCAL_TIMINGS: JSON.stringify({ ...TEST_WAITS, ...options.timings }),
      ...options.bindings,
    },
    ...(options.localPlaces === undefined ? {} : { localPlaces: options.localPlaces }),
    ...(options.edges ? { edges: options.edges } : {}),
    ...(options.ownsSignals === undefined ? {} : { ownsSignals: options.ownsSignals }),
    onLog: (line) => {
      options.onLog?.(line);
      if (process.env['IRORI_TEST_LOG']) process.stderr.write(`workerd ${line}\n`);
    },
  });
  return new RunningStack({ network, bridge, executor, folder });
}

/** The repository's wrangler.toml with its bucket and this entry, elsewhere. */
async function writeConfig(folder: string, worker: string): Promise<string> {
  const root = resolve(import.meta.dirname, '../..');
  const text = await readFile(join(root, 'wrangler.toml'), 'utf8');
  const bound = text
    .replace(`main = "${WORKER}"`, `main = "${root}/${worker}"`)
    .replace('migrations_dir = "', `migrations_dir = "${root}/`)
    .replaceAll(/^# (\[\[r2_buckets\]\]|binding = "RECEIPTS"|bucket_name = .*)$/gm, '$1');
  const path = join(folder, 'wrangler.toml');
  await writeFile(path, bound);
  return path;
}

class RunningStack implements Stack {
  readonly network: Network;
  bridge: RedisBridge;
  readonly folder: string;
  readonly #executor: RedisExecutor;
  readonly #agents: ChildProcess[] = [];
  #agentCount = 0;

  constructor(parts: { network: Network; bridge: RedisBridge; executor: RedisExecutor; folder: string }) {
    this.network = parts.network;
    this.bridge = parts.bridge;
    this.#executor = parts.executor;
    this.folder = parts.folder;
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
    copyOf,
    hasCode = copyOf === undefined,
    router = this.url,
    files = {},
    tellsHeld = false,
  }: {
    owner: TestAccount;
    args?: readonly string[];
    place?: string;
    copyOf?: TestAgent;
    hasCode?: boolean;
    router?: string;
    files?: Readonly<Record<string, string>>;
    tellsHeld?: boolean;
  }): Promise<TestAgent> {
    const code = hasCode ? await this.#makeCode(owner) : null;
    const stateDir = join(this.folder, `agent-${++this.#agentCount}`);
    if (copyOf) await cp(copyOf.stateDir, stateDir, { recursive: true, filter: (path) => !path.endsWith('.sock') });
    if (Object.keys(files).length > 0) await mkdir(stateDir, { mode: 0o700 });
    for (const [name, text] of Object.entries(files)) await writeFile(join(stateDir, name), text, { mode: 0o600 });
    const lines: string[] = [];
    const all = [
      'up',
      '--router',
      router,
      ...(code === null ? [] : ['--code', code]),
      '--state',
      stateDir,
      ...(place ? ['--place', place] : []),
      ...args,
    ];
    const node = tellsHeld ? ['--import', TELL_HELD] : [];
    let child = this.#spawn([...node, AGENT_MAIN, ...all], lines);
    return {
      pid: () => child.pid ?? 0,
      lines,
      stateDir,
      exitCode: () => child.exitCode,
      signal: async (name) => {
        const isEnd = name === 'SIGTERM' || name === 'SIGKILL';
        const gone = new Promise((done) => child.once('close', done));
        child.kill(name);
        if (isEnd) await gone;
      },
      start: () => void (child = this.#spawn([...node, AGENT_MAIN, ...all], lines)),
    };
  }

  async #makeCode(owner: TestAccount): Promise<string> {
    return String((await this.admin('POST', '/nodes/enrolments', { account_id: owner.id })).json['code']);
  }

  async stopPresence(): Promise<void> {
    await this.bridge.stop();
  }

  async startPresence(): Promise<void> {
    const port = Number(new URL(this.bridge.url).port);
    this.bridge = await startRedisBridge({ executor: this.#executor, token: REDIS_TOKEN, port });
  }

  async askPresence(...command: string[]): Promise<unknown> {
    return (await this.#executor.run([command]))[0];
  }

  #spawn(args: readonly string[], lines: string[]): ChildProcess {
    // What the machine does that the tests run on is nobody's business: a test that wants signals plays them.
    const env = { IRORI_SIGNALS: 'none', ...process.env };
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
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
    for (const until = Date.now() + 120_000; Date.now() < until; await new Promise((wake) => setTimeout(wake, 100))) {
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
