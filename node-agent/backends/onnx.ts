// The built-in backend: the demo model on onnxruntime in a worker thread. Holds the thread; never runs the model on the main one.

import { access } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { err, ok, type Result } from '../../schema/result.ts';
import type {
  Backend,
  BackendError,
  BackendJob,
  Capabilities,
  ChatJob,
  Detected,
  Finish,
  ModelInfo,
  Sink,
} from './backend.ts';
import { DeltaPump } from './delta-pump.ts';
import { explainRuntime } from './explain-runtime.ts';
import { locateNano, NANO_MODEL_NAME, readModelInfo } from './nano-model.ts';
import type { RunEnd } from './onnx-messages.ts';
import { OnnxThread } from './onnx-thread.ts';
import { openPromise } from './open-promise.ts';

interface OnnxOptions {
  /** Folder with config.json, tokenizer.json and onnx/model.onnx; the shipped model by default. */
  readonly modelDir?: string;
  /** Folder whose node_modules holds onnxruntime-node; where this program finds its own packages by default. */
  readonly runtimePath?: string;
  /** Answers at once, default 4. */
  readonly slots?: number;
  /** Tokens a second of each answer, for demonstrations; as fast as it can by default. */
  readonly paceTokensPerS?: number;
  /** Threads of the forward pass, default 1: more burn the owner's CPU for little at this size. */
  readonly threads?: number;
  /** A model that nobody used for so long leaves memory; 0 keeps it. Default 0. */
  readonly idleMs?: number;
  /** Called when the model came into memory or left it. */
  readonly onChange?: () => void;
}

/** A guess until the first load is measured: the runtime's start, and a disk that reads a gigabyte a second. */
const START_MS = 400;
const BYTES_PER_MS = 1e6;
const TELL_EVERY_MS = 1000;
const CHATS_ONLY: BackendError = { code: 'bad-request', message: 'the built-in model answers chats only' };

export class OnnxBackend implements Backend {
  readonly kind = 'onnx';
  readonly #options: OnnxOptions;
  readonly #modelDir: string;
  readonly #slots: number;
  #thread: OnnxThread | undefined;
  #info: Promise<ModelInfo> | undefined;
  #active = 0;
  #isLoaded = false;
  #loadMs: number | null = null;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(options: OnnxOptions = {}) {
    this.#options = options;
    this.#modelDir = options.modelDir ?? locateNano();
    this.#slots = options.slots ?? 4;
  }

  capabilities(): Capabilities {
    return { resume: 'exact', isBuiltIn: true, computesOn: 'cpu' };
  }

  async detect(): Promise<Result<Detected, string>> {
    try {
      await access(join(this.#modelDir, 'onnx', 'model.onnx'));
    } catch {
      return err(`The built-in model is missing from ${this.#modelDir}. Install the agent again.`);
    }
    try {
      const from = this.#options.runtimePath;
      const require = createRequire(from === undefined ? import.meta.url : join(from, 'package.json'));
      const { version } = require('onnxruntime-node/package.json') as { version: string };
      return ok({ product: 'onnx', version, notes: [] });
    } catch (error) {
      return err(explainRuntime(error, process.platform, process.arch));
    }
  }

  async models(): Promise<ModelInfo[]> {
    if (!(await this.detect()).ok) return [];
    this.#info ??= readModelInfo(this.#modelDir);
    try {
      return [this.#withLoad(await this.#info)];
    } catch (error) {
      // Read anew at the next look; whoever asked tells the owner.
      this.#info = undefined;
      throw error;
    }
  }

  async slots(): Promise<number> {
    return this.#slots;
  }

  async load(model: string): Promise<Result<null, string>> {
    if (model !== NANO_MODEL_NAME) return err(`This home has no model ${model}.`);
    const loaded = await this.#open().ready();
    this.#rest();
    return loaded;
  }

  async run(
    job: BackendJob,
    sink: Sink,
    signal: AbortSignal,
    onAlive: (moves?: boolean) => void = () => undefined,
  ): Promise<Finish> {
    // It computes here, from loading to the last token.
    const beat = setInterval(onAlive, TELL_EVERY_MS);
    try {
      switch (job.kind) {
        case 'chat':
          return await this.#runChat(job, sink, signal);
        case 'completion':
        case 'embedding':
        case 'transcription':
        case 'image':
          return { reason: 'error', promptTokens: null, outputTokens: 0, error: CHATS_ONLY };
      }
    } finally {
      clearInterval(beat);
    }
  }

  async #runChat(job: ChatJob, sink: Sink, signal: AbortSignal): Promise<Finish> {
    const pump = new DeltaPump(sink);
    if (job.model !== NANO_MODEL_NAME) return close(pump, failed('no-model', `this home has no model ${job.model}`));
    if (this.#active >= this.#slots) return close(pump, failed('busy', `all ${this.#slots} slots are taken`));
    this.#active += 1;
    try {
      const thread = this.#open();
      const ready = await thread.ready();
      if (signal.aborted) return close(pump, { reason: 'cancelled', promptTokens: null });
      if (!ready.ok) return close(pump, failed('unreachable', ready.error));
      return close(pump, await runOn(thread, job, { pump, signal }));
    } finally {
      this.#active -= 1;
      this.#rest();
    }
  }

  async unload(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    clearTimeout(this.#idleTimer);
    await thread?.unload();
    this.#noteLoaded(false);
  }

  async close(): Promise<void> {
    await this.unload();
  }

  #withLoad(info: ModelInfo): ModelInfo {
    if (this.#isLoaded && this.#thread?.usable === true) return info;
    return { ...info, loadMs: this.#loadMs ?? Math.round(START_MS + (info.sizeBytes ?? 0) / BYTES_PER_MS) };
  }

  #noteLoaded(isLoaded: boolean): void {
    if (this.#isLoaded === isLoaded) return;
    this.#isLoaded = isLoaded;
    this.#options.onChange?.();
  }

  /** Lets the model leave memory a while after its last use. */
  #rest(): void {
    const { idleMs = 0 } = this.#options;
    clearTimeout(this.#idleTimer);
    if (idleMs === 0 || this.#active > 0 || !this.#isLoaded) return;
    this.#idleTimer = setTimeout(() => {
      if (this.#active === 0) void this.unload();
    }, idleMs).unref();
  }

  #open(): OnnxThread {
    clearTimeout(this.#idleTimer);
    if (this.#thread?.usable !== true) {
      const { runtimePath, threads, paceTokensPerS } = this.#options;
      this.#thread = new OnnxThread({
        modelDir: this.#modelDir,
        threads: threads ?? 1,
        paceTokensPerS: paceTokensPerS ?? 0,
        ...(runtimePath === undefined ? {} : { runtimePath }),
      });
      this.#watchLoad(this.#thread);
    }
    return this.#thread;
  }

  #watchLoad(thread: OnnxThread): void {
    const startedAt = performance.now();
    this.#isLoaded = false;
    void thread.ready().then((ready) => {
      if (!ready.ok || this.#thread !== thread) return;
      this.#loadMs = Math.ceil(performance.now() - startedAt);
      this.#noteLoaded(true);
    });
  }
}

/** One run on the thread: settles when the thread has let go of it and everything that may be shown was handed over. */
async function runOn(thread: OnnxThread, job: ChatJob, to: { pump: DeltaPump; signal: AbortSignal }): Promise<RunEnd> {
  const { pump, signal } = to;
  const ended = openPromise<RunEnd>();
  const run = thread.start(job, {
    delta: (delta) => {
      const wait = pump.push(delta);
      if (pump.failed) thread.cancel(run);
      else if (wait === undefined) thread.ack(run);
      else void wait.then(() => (pump.failed ? thread.cancel(run) : thread.ack(run)));
    },
    end: (end) => ended.resolve(end),
  });
  const aborted = openPromise<void>();
  const abort = (): void => {
    pump.stop();
    thread.cancel(run);
    aborted.resolve();
  };
  signal.addEventListener('abort', abort, { once: true });
  const end = await ended.promise;
  await Promise.race([pump.drained(), aborted.promise]);
  signal.removeEventListener('abort', abort);
  if (pump.failed)
    return { ...failed('internal', 'the answer could not be handed on'), promptTokens: end.promptTokens };
  return signal.aborted ? { reason: 'cancelled', promptTokens: end.promptTokens } : end;
}

function failed(code: BackendError['code'], message: string): RunEnd {
  return { reason: 'error', promptTokens: null, error: { code, message } };
}

function close(pump: DeltaPump, end: RunEnd): Finish {
  const { reason, promptTokens, error } = end;
  return { reason, promptTokens, outputTokens: pump.outputTokens, ...(error === undefined ? {} : { error }) };
}
