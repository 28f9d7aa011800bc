// A model file of the owner's, served by a llama-server that the agent starts itself. Jobs go through the same door as to any other server; what differs is
// that its memory can be given back whole: `unload` and `stop` end the process; `restore`, `start` and a job bring it back.
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import type { Backend, BackendJob, Capabilities, Detected, Finish, ModelInfo, Questions, Sink } from './backend.ts';
import type { LlamaProcess } from './llama-process.ts';

export interface OwnLlamaDoors {
  readonly process: LlamaProcess;
  /** A backend for the address at which it answers this time. */
  readonly open: (url: string) => Backend;
  readonly onChange: () => void;
  /** Ms that only grow. */
  readonly now: () => number;
}

/** After a failed start it is tried again no sooner, twice as long after each. */
const RETRY_MS = 5000;
const RETRY_MOST_MS = 300_000;
/** What a model took that is not in memory, before it was ever loaded. */
const LOAD_MS = 10_000;

export class OwnLlamaBackend implements Backend {
  readonly kind = 'openai-http';
  readonly #doors: OwnLlamaDoors;
  #inner: { readonly url: string; readonly backend: Backend } | null = null;
  /** False from `stop` to `start`: a look must not bring back what a pause took away. */
  #isWanted = true;
  #models: readonly ModelInfo[] = [];
  #slots = 1;
  #capabilities: Capabilities = { resume: 'text', isBuiltIn: false, computesOn: 'graphics-card' };
  #loadMs = LOAD_MS;
  #failures = 0;
  #retryAt = 0;

  constructor(doors: OwnLlamaDoors) {
    this.#doors = doors;
  }

  capabilities(): Capabilities {
    return this.#capabilities;
  }

  get questions(): Questions | undefined {
    return this.#inner?.backend.questions;
  }

  /** Starts it where it should run; one that was stopped is told of as it was. */
  async detect(signal: AbortSignal): Promise<Result<Detected, string>> {
    if (!this.#isWanted)
      return this.#models.length === 0
        ? err('The own llama-server is stopped until the home lends again.')
        : ok({ product: 'llama-server', version: null, notes: [], listed: this.#models.map(({ name }) => name) });
    const backend = await this.#ensure();
    if (!backend.ok) return backend;
    const detected = await backend.value.detect(signal);
    if (detected.ok) this.#capabilities = backend.value.capabilities();
    return detected;
  }

  async models(): Promise<ModelInfo[]> {
    if (this.#inner === null) return this.#models.map((model) => ({ ...model, loadMs: this.#loadMs }));
    const models = await this.#inner.backend.models();
    if (models.length > 0) this.#models = models;
    return models;
  }

  async slots(): Promise<number> {
    if (this.#inner !== null) this.#slots = await this.#inner.backend.slots();
    return this.#slots;
  }

  async run(job: BackendJob, sink: Sink, signal: AbortSignal, onAlive?: (moves?: boolean) => void): Promise<Finish> {
    this.#isWanted = true;
    const alive = setInterval(() => onAlive?.(), 1000);
    const backend = await this.#ensure().finally(() => clearInterval(alive));
    if (signal.aborted) return { reason: 'cancelled', promptTokens: 0, outputTokens: 0 };
    if (backend.ok) return backend.value.run(job, sink, signal, onAlive);
    const error = { code: 'unreachable', message: 'the own llama-server does not run' } as const;
    return { reason: 'error', promptTokens: 0, outputTokens: 0, error };
  }

  async load(): Promise<Result<null, string>> {
    return this.start();
  }

  async unload(): Promise<void> {
    await this.stop();
  }

  /** A pause is over. */
  async restore(): Promise<void> {
    await this.start();
  }

  /** Brings the model into memory. The error is a sentence for the owner. */
  async start(): Promise<Result<null, string>> {
    this.#isWanted = true;
    const backend = await this.#ensure();
    this.#doors.onChange();
    return backend.ok ? ok(null) : backend;
  }

  /** Ends the process; runs under way end with it. It stays away until `start` or a job. */
  async stop(): Promise<void> {
    this.#isWanted = false;
    const inner = this.#inner;
    this.#inner = null;
    await Promise.all([inner?.backend.close(), this.#doors.process.stop()]);
  }

  async close(): Promise<void> {
    await this.stop();
  }

  async #ensure(): Promise<Result<Backend, string>> {
    const { process, open, now } = this.#doors;
    if (this.#inner !== null && process.url === this.#inner.url) return ok(this.#inner.backend);
    if (now() < this.#retryAt) return err('The own llama-server does not run; it is started again soon.');
    const beganAt = now();
    const started = await process.start();
    // Stopped by us while it loaded: that is no failure to wait after.
    if (!started.ok && !this.#isWanted) return started;
    if (!started.ok) {
      this.#retryAt = now() + Math.min(RETRY_MOST_MS, RETRY_MS * 2 ** this.#failures);
      this.#failures += 1;
      return started;
    }
    this.#failures = 0;
    if (this.#inner?.url === started.value) return ok(this.#inner.backend);
    this.#loadMs = Math.ceil(now() - beganAt);
    void this.#inner?.backend.close();
    this.#inner = { url: started.value, backend: open(started.value) };
    return ok(this.#inner.backend);
  }
}
