// Runs the whole router in one workerd on this machine, from wrangler.toml, so that local is what is deployed. Knows no accounts and no agents.
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type * as MiniflareLibrary from 'miniflare';
import type { Miniflare, MiniflareOptions } from 'miniflare';
import { EPOCH_SECONDS } from '../../schema/epoch.ts';
import { findChildren, isAlive, killNow } from './child-processes.ts';
import { claimPort } from './free-port.ts';
import { applyMigrations } from './migrations.ts';
import { parseWorkerConfig } from './parse-worker-config.ts';
import type { WorkerConfig } from './parse-worker-config.ts';
import { StartError } from './start-error.ts';
import { bundleWorker } from './worker-bundle.ts';
import type { WorkerBundle } from './worker-bundle.ts';

const HOST = '127.0.0.1';
const DEFAULT_CONFIG = resolve(import.meta.dirname, '../../wrangler.toml');
/** Where each Worker that the router asks is told of. */
const SERVICES: Readonly<Record<string, string>> = {
  'irori-passkeys': resolve(import.meta.dirname, '../passkeys/wrangler.toml'),
};
const READY_WAIT_MS = 60_000;
const KILL_WAIT_MS = 5_000;
const MAIN_MODULE = 'worker.js';
const SCHEDULE_EVERY_MS = 600_000;
/** Set for workerd, with the port as value. */
const MARK = 'IRORI_NETWORK_PORT';

/** How to run the router here. */
export interface NetworkOptions {
  /** Folder for D1 and the objects' SQLite files; left out, a fresh one that `stop` removes. */
  readonly stateDir?: string;
  /** Port on 127.0.0.1; 0 takes any free one and keeps it over restarts. */
  readonly port?: number;
  /** Text bindings beside wrangler.toml's vars: secrets, and vars to override. */
  readonly bindings: Readonly<Record<string, string>>;
  /** Another wrangler.toml than the repository's. */
  readonly configPath?: string;
  /** The Worker as it was bundled before; left out, it is bundled at each start. */
  readonly bundle?: WorkerBundle;
  /** Whether the Workers that it asks run beside it. Default: where `bundle` is left out; else those bindings are not there, as where they were not deployed. */
  readonly hasServices?: boolean;
  /** Added to the environment of workerd, so that its process can be known. */
  readonly environment?: Readonly<Record<string, string>>;
  /** False leaves out the binding that lets a request carry `x-irori-place`, as deployed. Default true. */
  readonly localPlaces?: boolean;
  /** True when the caller ends the network on SIGINT, SIGTERM and SIGHUP itself; else the runtime ends the whole process on them. */
  readonly ownsSignals?: boolean;
  /** More edges: the same Worker again under these names, each with its own memory, port and texts, and all with the same objects. */
  readonly edges?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Gets each line that workerd prints, and warnings of the runtime. */
  readonly onLog?: (line: string) => void;
  /** Called after workerd died by itself and stands again with the same state and port. */
  readonly onCrash?: () => void;
}

/** A running router. */
export interface Network {
  /** `http://127.0.0.1:PORT`, straight into the Worker: no proxy stands between. */
  readonly url: string;
  readonly port: number;
  /** Where the other edges are, by name. */
  readonly edgeUrls: Readonly<Record<string, string>>;
  /** Ids of the workerd processes that serve it now. */
  workerdPids(): readonly number[];
  /** The D1 database behind a binding (default `DB`), as a Worker would see it. Valid until the next kill or restart. */
  database(binding?: string): Promise<D1Database>;
  /** Calls the Worker as the platform's clock does, as if it were `at`, ms since epoch; resolves when it is done. */
  runSchedule(at: number): Promise<void>;
  /** Drops one object from memory, keeping its sockets and storage, as the platform does to an idle one. */
  evictObject(className: string, name: string): Promise<void>;
  /** Resets one object behind a binding in the middle of what it does, as the platform may: its memory and its sockets are gone. */
  abortObject(binding: string, name: string): Promise<void>;
  /** Ends workerd by SIGKILL; it stays down until `restart`. */
  killWorkerd(): Promise<void>;
  /** Starts again (after ending what runs) over the same state and port; bundles the Worker anew where it was not given. `changed`: texts that are bound otherwise from now on. */
  restart(changed?: Readonly<Record<string, string>>): Promise<void>;
  /** Ends everything; removes the state folder if it was a temporary one. */
  stop(): Promise<void>;
}

/** The D1 binding of a Worker, in as much as tools and tests use it. */
export type D1Database = Awaited<ReturnType<Miniflare['getD1Database']>>;

/** Bundles, migrates and starts the router. Throws StartError with one sentence when the machine does not allow it. */
export async function startNetwork(options: NetworkOptions): Promise<Network> {
  const stateDir = options.stateDir ?? (await mkdtemp(join(tmpdir(), 'irori-network-')));
  await mkdir(stateDir, { recursive: true });
  const port = await claimPort(HOST, options.port ?? 0);
  const edgePorts: Record<string, number> = {};
  for (const name of Object.keys(options.edges ?? {})) edgePorts[name] = await claimPort(HOST, 0);
  let start: RuntimeStart = { options, stateDir, port, edgePorts };
  let running = await startRuntime(start);
  let isUp = true;
  const down = async (): Promise<void> => {
    if (isUp) await endRuntime(running);
    isUp = false;
  };
  const clock = startClock(() => (isUp ? running : null), options);
  const live = (): Runtime => {
    if (!isUp) throw new StartError('The network is down; restart it first.');
    return running;
  };
  return {
    url: `http://${HOST}:${port}`,
    port,
    edgeUrls: Object.fromEntries(Object.entries(edgePorts).map(([name, at]) => [name, `http://${HOST}:${at}`])),
    workerdPids: () => (isUp ? findChildren('workerd', running.mark) : []),
    database: async (binding = 'DB') => live().miniflare.getD1Database(binding),
    runSchedule: async (at) => callSchedule(live(), at),
    evictObject: async (className, name) =>
      live().miniflare.unsafeEvictDurableObject(running.config.name, className, { name }),
    abortObject: async (binding, name) => {
      const objects = await live().miniflare.getDurableObjectNamespace(binding);
      // It never answers: the reset ends this call too.
      await objects
        .getByName(name)
        .fetch('https://object/abort')
        .catch(() => undefined);
    },
    killWorkerd: down,
    restart: async (changed = {}) => {
      await down();
      const bindings = { ...start.options.bindings, ...changed };
      start = { ...start, options: { ...start.options, bindings } };
      running = await startRuntime(start);
      isUp = true;
    },
    stop: async () => {
      clearInterval(clock);
      await down();
      if (options.stateDir === undefined) await rm(stateDir, { recursive: true, force: true });
    },
  };
}

/** Throws when the run failed. */
async function callSchedule({ miniflare, config }: Runtime, at: number): Promise<void> {
  const worker = await miniflare.getWorker(config.name);
  const { outcome } = await worker.scheduled({ scheduledTime: new Date(at) });
  if (outcome !== 'ok') throw new Error(`the scheduled run ended as ${outcome}`);
}

/** The platform's clock: deployed, wrangler.toml says how often it calls. The pause lets a start be over. */
function startClock(runtime: () => Runtime | null, { bindings, onLog }: NetworkOptions): NodeJS.Timeout {
  // Epochs of a minute are closed every minute.
  const epochMs = 1000 * Number(bindings['EPOCH_SECONDS'] ?? EPOCH_SECONDS);
  return setInterval(
    () => {
      const running = runtime();
      if (!running?.config.isTimed) return;
      callSchedule(running, Date.now()).catch((error: unknown) => onLog?.(`warn: scheduled run: ${String(error)}`));
    },
    Math.min(SCHEDULE_EVERY_MS, epochMs),
  ).unref();
}

interface Runtime {
  readonly miniflare: Miniflare;
  readonly config: WorkerConfig;
  /** `KEY=value` in the environment of this network's workerd, to know it by. */
  readonly mark: string;
}

interface RuntimeStart {
  readonly options: NetworkOptions;
  readonly stateDir: string;
  readonly port: number;
  readonly edgePorts: Readonly<Record<string, number>>;
}

async function startRuntime(start: RuntimeStart): Promise<Runtime> {
  const configPath = start.options.configPath ?? DEFAULT_CONFIG;
  const config = parseWorkerConfig(await readFile(configPath, 'utf8'));
  if (!config.ok) throw new StartError(`${configPath}: ${config.error}`);
  const [bundle, library] = await Promise.all([
    start.options.bundle ?? bundleWorker(resolve(dirname(configPath), config.value.main)),
    loadMiniflare(),
  ]);
  const services = (start.options.hasServices ?? !start.options.bundle) ? await openServices(config.value) : [];
  const described = describeNetwork({ ...start, config: config.value, bundle, services });
  const before = listSignalListeners();
  const miniflare = new library.Miniflare({ ...described, log: new library.NoOpLog() });
  if (start.options.ownsSignals) dropSignalListeners(before);
  const runtime: Runtime = { miniflare, config: config.value, mark: `${MARK}=${start.port}` };
  try {
    await within(miniflare.ready, READY_WAIT_MS);
    await migrateAll(runtime, dirname(configPath));
    return runtime;
  } catch (cause) {
    await endRuntime(runtime);
    if (cause instanceof StartError) throw cause;
    throw new StartError(`workerd did not start: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** A Worker beside the router's, which no socket leads to. */
interface Service {
  readonly binding: string;
  readonly config: WorkerConfig;
  readonly bundle: WorkerBundle;
}

async function openServices({ services }: WorkerConfig): Promise<Service[]> {
  return Promise.all(
    services.map(async ({ binding, service }) => {
      const path = SERVICES[service];
      if (path === undefined) throw new StartError(`services: where ${service} is on this machine is not known`);
      const config = parseWorkerConfig(await readFile(path, 'utf8'));
      if (!config.ok) throw new StartError(`${path}: ${config.error}`);
      return { binding, config: config.value, bundle: await bundleWorker(resolve(dirname(path), config.value.main)) };
    }),
  );
}

function describeService({ config, bundle }: Service): MiniflareOptions['workers'][number] {
  const { name, compatibilityDate, compatibilityFlags } = config;
  return {
    config: {
      name,
      compatibilityDate,
      compatibilityFlags: [...compatibilityFlags],
      manifest: { mainModule: MAIN_MODULE, modules: listModules(bundle) },
      env: {},
      exports: {},
    },
    dev: { cacheAPI: false },
  };
}

async function migrateAll(runtime: Runtime, configFolder: string): Promise<void> {
  for (const database of runtime.config.databases) {
    const folder = resolve(configFolder, database.migrationsDir);
    await applyMigrations(await runtime.miniflare.getD1Database(database.binding), folder);
  }
}

/** Miniflare ends the process on these signals, at once and without waiting for anybody. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

type SignalListener = readonly [(typeof SIGNALS)[number], NodeJS.SignalsListener];

function dropSignalListeners(kept: readonly SignalListener[]): void {
  const added = listSignalListeners().filter(([, listener]) => !kept.some(([, known]) => known === listener));
  for (const [signal, listener] of added) process.off(signal, listener);
}

function listSignalListeners(): SignalListener[] {
  return SIGNALS.flatMap((signal) =>
    process.listeners(signal).map((listener) => [signal, listener as NodeJS.SignalsListener] as const),
  );
}

async function endRuntime(runtime: Runtime): Promise<void> {
  const pids = findChildren('workerd', runtime.mark);
  killNow(pids);
  await within(runtime.miniflare.dispose(), KILL_WAIT_MS).catch(() => undefined);
  const deadlineAt = Date.now() + KILL_WAIT_MS;
  while (pids.some(isAlive) && Date.now() < deadlineAt) await sleep(10);
}

type ModuleList = NonNullable<MiniflareOptions['workers'][number]['config']['manifest']>['modules'];

interface DescribedWorker extends RuntimeStart {
  readonly config: WorkerConfig;
  readonly bundle: WorkerBundle;
  readonly services: readonly Service[];
}

function describeNetwork(network: DescribedWorker): MiniflareOptions {
  const { options, config, port } = network;
  const edges = Object.entries(options.edges ?? {});
  return {
    host: HOST,
    port: 0,
    cf: false,
    telemetry: { enabled: false },
    enableDevRegistry: false,
    logRequests: false,
    unsafeInspectDurableObjects: false,
    resourcePersistencePath: network.stateDir,
    unsafeRuntimeEnv: { ...options.environment, [MARK]: String(port) },
    unsafeHandleRuntimeRestart: () => options.onCrash?.(),
    handleStructuredLogs: ({ level, message }) => options.onLog?.(`${level}: ${message}`),
    workers: [
      describeWorker(network, { name: config.name, port, texts: {} }),
      ...edges.map(([name, texts]) => describeWorker(network, { name, port: network.edgePorts[name] ?? 0, texts })),
      ...network.services.map(describeService),
    ],
  };
}

/** One edge. Objects live in the Worker that wrangler.toml names; the others reach them there. */
function describeWorker(
  { options, config, bundle, services }: DescribedWorker,
  edge: { readonly name: string; readonly port: number; readonly texts: Readonly<Record<string, string>> },
): MiniflareOptions['workers'][number] {
  const places: Record<string, string> = options.localPlaces === false ? {} : { LOCAL_PLACES: '1' };
  const texts = Object.entries({ ...config.vars, ...options.bindings, ...edge.texts, ...places });
  const classes = edge.name === config.name ? config.objects : [];
  return {
    config: {
      name: edge.name,
      compatibilityDate: config.compatibilityDate,
      compatibilityFlags: [...config.compatibilityFlags],
      manifest: { mainModule: MAIN_MODULE, modules: listModules(bundle) },
      env: Object.fromEntries([
        ...texts.map(([name, value]) => [name, { type: 'text', value }] as const),
        ...config.databases.map(({ binding, name }) => [binding, { type: 'd1', name, id: binding }] as const),
        ...config.buckets.map(({ binding, name }) => [binding, { type: 'r2', name }] as const),
        ...services.map((one) => [one.binding, { type: 'worker', worker: one.config.name }] as const),
        ...config.objects.map(
          ({ binding, className }) =>
            [binding, { type: 'durable-object', worker: config.name, exportName: className }] as const,
        ),
      ]),
      exports: Object.fromEntries(
        classes.map(({ className }) => [className, { type: 'durable-object', storage: 'sqlite' }] as const),
      ),
    },
    // A direct socket enters the Worker without Miniflare's own entry Worker, which costs CPU per request and chunk.
    dev: { cacheAPI: false, unsafeDirectSockets: [{ host: HOST, port: edge.port }] },
  };
}

function listModules({ main, wasm }: WorkerBundle): ModuleList {
  return Object.fromEntries([
    [MAIN_MODULE, { type: 'esm', contents: main }],
    ...Array.from(wasm, ([name, contents]) => [name, { type: 'wasm', contents }] as const),
  ]);
}

/** Miniflare waits for ever on a workerd that could not be executed at all. */
async function within<T>(work: Promise<T>, waitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing was heard of it within ${waitMs / 1000} s`)), waitMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

async function loadMiniflare(): Promise<typeof MiniflareLibrary> {
  return import('miniflare').catch((cause: unknown) => {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new StartError(
      `workerd cannot be loaded for ${process.platform}-${process.arch} (${message.split('\n')[0]}). Delete node_modules and run "npm install" on this machine.`,
    );
  });
}
