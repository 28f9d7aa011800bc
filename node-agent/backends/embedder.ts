// The embedding model that the agent can be set up with, as a backend: it lives in a thread of its own from its first job until it has rested for a while.

import { Worker } from 'node:worker_threads';
import { encodeBase64 } from '../../schema/base64.ts';
import { err, ok, type Result } from '../../schema/result.ts';
import type {
  Backend,
  BackendError,
  BackendJob,
  Capabilities,
  Detected,
  EmbeddingJob,
  Finish,
  ModelInfo,
  Sink,
} from './backend.ts';
import type { EmbedderSetup, FromEmbedder, ToEmbedder } from './embedder-messages.ts';
import { EMBEDDER_NAME, readEmbedderInfo } from './embedder-model.ts';
import { openPromise } from './open-promise.ts';

interface EmbedderOptions {
  /** Folder whose node_modules holds the model's packages; where this program finds its own by default. */
  readonly runtimePath?: string;
  /** Called when the model came into memory or left it. */
  readonly onChange?: () => void;
  /** A model that nobody used for so long leaves memory; 0 keeps it. Default 0. */
  readonly idleMs?: number;
}

/** One text after the other is computed; a second job waits for the first for some tenths of a second. */
const SLOTS = 2;
/** A guess until the first load is measured. */
const LOAD_MS = 800;
const TELL_EVERY_MS = 1000;
/** Numbers of a vector, which it makes no other way. */
const SIZE = 512;

const NOT_INSTALLED =
  'The embedding model is not installed. Run `irori-node setup --embeddings`, or start without --embeddings.';
const EMBEDS_ONLY: BackendError = { code: 'bad-request', message: 'this model makes embeddings only' };

/** Beside this file lies the worker: as TypeScript in a checkout, as one bundled module in an installed agent. */
function locateWorker(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './embedder-worker.ts' : './embedder-worker.mjs', import.meta.url);
}

export class EmbedderBackend implements Backend {
  readonly kind = 'embedder';
  readonly #options: EmbedderOptions;
  #info: ReturnType<typeof readEmbedderInfo> | undefined;
  #thread: EmbedderThread | null = null;
  #loadMs: number | null = null;
  #active = 0;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(options: EmbedderOptions = {}) {
    this.#options = options;
  }

  capabilities(): Capabilities {
    return { resume: 'none', isBuiltIn: true, computesOn: 'cpu' };
  }

  async detect(): Promise<Result<Detected, string>> {
    try {
      const { version } = await this.#read();
      return ok({ product: 'use', version, notes: [] });
    } catch {
      return err(NOT_INSTALLED);
    }
  }

  async models(): Promise<ModelInfo[]> {
    if (!(await this.detect()).ok) return [];
    const { version: _, ...info } = await this.#read();
    return [this.#thread?.isReady === true ? info : { ...info, loadMs: this.#loadMs ?? LOAD_MS }];
  }

  async slots(): Promise<number> {
    return SLOTS;
  }

  async load(model: string): Promise<Result<null, string>> {
    if (model !== EMBEDDER_NAME) return err(`This home has no model ${model}.`);
    const loaded = await this.#open().ready;
    this.#rest();
    return loaded;
  }

  async run(job: BackendJob, sink: Sink, signal: AbortSignal, onAlive: () => void = () => undefined): Promise<Finish> {
    if (job.kind !== 'embedding') return failed(EMBEDS_ONLY);
    if (job.model !== EMBEDDER_NAME)
      return failed({ code: 'no-model', message: `this home has no model ${job.model}` });
    if (job.dimensions !== undefined && job.dimensions !== SIZE) return failed(refuseSize());
    // It computes here, from loading to the last text.
    const beat = setInterval(onAlive, TELL_EVERY_MS);
    this.#active += 1;
    try {
      return await this.#embed(job, sink, signal);
    } finally {
      clearInterval(beat);
      this.#active -= 1;
      this.#rest();
    }
  }

  async #embed({ inputs }: EmbeddingJob, sink: Sink, signal: AbortSignal): Promise<Finish> {
    const thread = this.#open();
    const ready = await thread.ready;
    if (!ready.ok) return failed({ code: 'unreachable', message: ready.error });
    const end = await thread.embed(inputs, signal);
    if (signal.aborted || end === null) return { reason: 'cancelled', promptTokens: null, outputTokens: 0 };
    if (end.type === 'failed') return failed(end.error);
    await Promise.resolve(sink({ text: encodeBase64(end.packed), tokens: 0 })).catch(() => undefined);
    return { reason: 'stop', promptTokens: end.promptTokens, outputTokens: 0 };
  }

  async unload(): Promise<void> {
    clearTimeout(this.#idleTimer);
    const thread = this.#thread;
    this.#thread = null;
    if (!thread) return;
    await thread.close();
    this.#options.onChange?.();
  }

  close(): Promise<void> {
    return this.unload();
  }

  /** Read anew at the next look where it failed. */
  #read(): ReturnType<typeof readEmbedderInfo> {
    this.#info ??= readEmbedderInfo(this.#options.runtimePath).catch((error: unknown) => {
      this.#info = undefined;
      throw error;
    });
    return this.#info;
  }

  #open(): EmbedderThread {
    clearTimeout(this.#idleTimer);
    if (this.#thread?.isGone === false) return this.#thread;
    const { runtimePath, onChange } = this.#options;
    const startedAt = performance.now();
    const thread = new EmbedderThread(runtimePath === undefined ? {} : { runtimePath });
    this.#thread = thread;
    void thread.ready.then((ready) => {
      if (!ready.ok || this.#thread !== thread) return;
      this.#loadMs = Math.ceil(performance.now() - startedAt);
      onChange?.();
    });
    return thread;
  }

  #rest(): void {
    const { idleMs = 0 } = this.#options;
    clearTimeout(this.#idleTimer);
    if (idleMs === 0 || this.#active > 0 || !this.#thread) return;
    this.#idleTimer = setTimeout(() => {
      if (this.#active === 0) void this.unload();
    }, idleMs).unref();
  }
}

type RunEnd = Extract<FromEmbedder, { type: 'embedded' | 'failed' }>;

/** The main thread's hold on the worker. */
class EmbedderThread {
  readonly #worker: Worker;
  readonly #ready = openPromise<Result<null, string>>();
  readonly #runs = new Map<number, (end: RunEnd | null) => void>();
  #nextRun = 1;
  isReady = false;
  isGone = false;

  constructor(setup: EmbedderSetup) {
    this.#worker = new Worker(locateWorker(), { workerData: setup, execArgv: [], name: 'irori-embedder' });
    this.#worker.on('message', (message: FromEmbedder) => this.#hear(message));
    this.#worker.on('error', (error) => this.#lose(`the embedding model's thread failed: ${String(error)}`));
    this.#worker.on('exit', () => this.#lose("the embedding model's thread ended"));
    this.#worker.unref();
  }

  /** Settles when the model is loaded; the error is a sentence for the owner. */
  get ready(): Promise<Result<null, string>> {
    return this.#ready.promise;
  }

  /** Null where it was called off. */
  async embed(inputs: readonly string[], signal: AbortSignal): Promise<RunEnd | null> {
    if (signal.aborted) return null;
    const run = this.#nextRun++;
    const ended = openPromise<RunEnd | null>();
    this.#runs.set(run, (end) => ended.resolve(end));
    this.#send({ type: 'embed', run, inputs });
    const abort = (): void => {
      this.#send({ type: 'cancel', run });
      ended.resolve(null);
    };
    signal.addEventListener('abort', abort, { once: true });
    const end = await ended.promise;
    signal.removeEventListener('abort', abort);
    this.#runs.delete(run);
    return end;
  }

  /** It computes in JavaScript alone: it may be ended at any moment. */
  async close(): Promise<void> {
    for (const end of this.#runs.values()) end(null);
    this.isGone = true;
    await this.#worker.terminate();
  }

  #hear(message: FromEmbedder): void {
    if (message.type === 'broken') this.#lose(`the embedding model did not load: ${message.message.slice(0, 200)}`);
    else if (message.type === 'ready') {
      this.isReady = true;
      this.#ready.resolve(ok(null));
    } else this.#runs.get(message.run)?.(message);
  }

  #lose(message: string): void {
    this.isGone = true;
    this.isReady = false;
    this.#ready.resolve(err(message));
    for (const [run, end] of this.#runs) end({ type: 'failed', run, error: { code: 'internal', message } });
  }

  #send(message: ToEmbedder): void {
    if (!this.isGone) this.#worker.postMessage(message);
    else if (message.type === 'embed')
      this.#runs.get(message.run)?.({
        type: 'failed',
        run: message.run,
        error: { code: 'internal', message: "the embedding model's thread is gone" },
      });
  }
}

function refuseSize(): BackendError {
  const message = `the model makes vectors of ${SIZE} numbers and no others: leave 'dimensions' out, or ask for ${SIZE}`;
  return { code: 'bad-request', message };
}

function failed(error: BackendError): Finish {
  return { reason: 'error', promptTokens: null, outputTokens: 0, error };
}
