// The main thread's hold on one ONNX worker: starts it, sends it runs, tells each run what came, survives its death.

import { Worker } from 'node:worker_threads';
import { err, ok, type Result } from '../../schema/result.ts';
import type { ChatJob, Delta } from './backend.ts';
import type { FromWorker, RunEnd, ToWorker, WorkerSetup } from './onnx-messages.ts';
import { openPromise } from './open-promise.ts';
import { PassGuard } from './pass-guard.ts';

interface RunEvents {
  delta(delta: Delta): void;
  end(end: RunEnd): void;
}

/** Beside this file lies the worker: as TypeScript in a checkout, as one bundled module in an installed agent. */
function locateWorker(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './onnx-worker.ts' : './onnx-worker.mjs', import.meta.url);
}

const UNLOAD_LIMIT_MS = 2_000;

/** A small nursery: each token's tensors are garbage at once, and with the default size they pile up to some 30 MB. */
const LIMITS = { maxYoungGenerationSizeMb: 4 };

export class OnnxThread {
  readonly #worker: Worker;
  readonly #guard = new PassGuard();
  readonly #runs = new Map<number, RunEvents>();
  readonly #ready = openPromise<Result<null, string>>();
  readonly #exited = openPromise<void>();
  #nextRun = 1;
  #gone = false;
  #unloading = false;

  constructor(options: Omit<WorkerSetup, 'guard'>) {
    const setup: WorkerSetup = { ...options, guard: this.#guard.shared };
    this.#worker = new Worker(locateWorker(), {
      workerData: setup,
      execArgv: [],
      name: 'irori-onnx',
      resourceLimits: LIMITS,
    });
    process.on('exit', this.#guard.close);
    this.#worker.on('message', (message: FromWorker) => this.#hear(message));
    this.#worker.on('error', (error) => this.#lose(`the model's thread failed: ${String(error)}`));
    this.#worker.on('exit', () => {
      process.off('exit', this.#guard.close);
      this.#lose("the model's thread ended");
    });
    this.#worker.unref();
  }

  /** False once the thread has died or could not load: make another. */
  get usable(): boolean {
    return !this.#gone;
  }

  /** Settles when the model is loaded; the error is a sentence for the owner. */
  ready(): Promise<Result<null, string>> {
    this.#worker.ref();
    return this.#ready.promise.finally(() => this.#rest());
  }

  /** Starts a run and gives its number. `events.end` is called exactly once. */
  start(job: ChatJob, events: RunEvents): number {
    const run = this.#nextRun;
    this.#nextRun += 1;
    if (this.#gone) {
      events.end(failed("the model's thread is gone"));
      return run;
    }
    this.#runs.set(run, events);
    this.#worker.ref();
    this.#send({ type: 'start', run, job });
    return run;
  }

  ack(run: number): void {
    if (this.#runs.has(run)) this.#send({ type: 'ack', run });
  }

  cancel(run: number): void {
    if (this.#runs.has(run)) this.#send({ type: 'cancel', run });
  }

  /**
   * Ends all runs as cancelled and frees the model; the thread ends by itself. It is never terminated from here: that
   * would abort the whole process when it hits a forward pass. A thread that does not end in time is left alone.
   */
  async unload(): Promise<void> {
    if (this.#gone) return;
    this.#worker.ref();
    const timer = setTimeout(() => this.#lose("the model's thread did not stop"), UNLOAD_LIMIT_MS);
    this.#unloading = true;
    this.#send({ type: 'unload' });
    await this.#exited.promise;
    clearTimeout(timer);
    this.#worker.unref();
  }

  #hear(message: FromWorker): void {
    if (message.type === 'delta') this.#runs.get(message.run)?.delta(message.delta);
    else if (message.type === 'finish') this.#finish(message.run, message);
    else if (message.type === 'ready') this.#ready.resolve(ok(null));
    else if (message.type === 'unloaded') this.#finishAll({ reason: 'cancelled', promptTokens: null });
    else this.#lose(message.message);
  }

  #finish(run: number, end: RunEnd): void {
    const events = this.#runs.get(run);
    this.#runs.delete(run);
    this.#rest();
    events?.end(end);
  }

  #finishAll(end: RunEnd): void {
    for (const run of this.#runs.keys()) this.#finish(run, end);
  }

  #lose(message: string): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#ready.resolve(err(message));
    this.#exited.resolve();
    this.#finishAll(this.#unloading ? { reason: 'cancelled', promptTokens: null } : failed(message));
  }

  /** A thread without work does not keep the process alive. */
  #rest(): void {
    if (this.#runs.size === 0) this.#worker.unref();
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }
}

function failed(message: string): RunEnd {
  return { reason: 'error', promptTokens: null, error: { code: 'internal', message } };
}
