// A server that the owner names by URL (Ollama, llama-server, LM Studio, vLLM and the like) as a backend.
// Jobs reach it by POST {api}/chat/completions only; everything else it is asked is about itself.

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
import { CALLS } from './backend-calls.ts';
import { giveSoFar } from './build-backend-body.ts';
import { ChatStream, type StreamEnd, type StreamLimits } from './chat-stream.ts';
import { chooseModels, refuseModel } from './choose-models.ts';
import { Continuation } from './continuation.ts';
import { DeltaPump } from './delta-pump.ts';
import { HttpDoor } from './http-door.ts';
import { joinSink } from './joined-sink.ts';
import { listModels, type Listing } from './list-models.ts';
import { LISTING_PATHS, PROBES, PROBE_TIMEOUT_MS, type Product } from './probe-server.ts';
import { refuseBaseUrl, refuseNetwork, refuseTools } from './refuse-server.ts';
import { openPromise } from './open-promise.ts';

export interface OpenAiHttpOptions {
  /** Like http://127.0.0.1:11434 or http://127.0.0.1:8000/v1. */
  readonly baseUrl: string;
  readonly apiKey?: string;
  /** Names, or patterns that end in `*`; names the server does not list pass. All that it lists by default. */
  readonly models?: readonly string[];
  /** Answers at once; what the server tells by default, else 1. */
  readonly slots?: number;
  /** The owner's word that a server on another machine of the home may be shared. */
  readonly allowLan?: boolean;
  /** The owner's word that a server which forwards to other machines (exo, mesh-llm) may be shared. */
  readonly allowNetworks?: boolean;
  readonly limits?: Partial<StreamLimits>;
}

/** What was learned of the server. */
interface Known {
  readonly product: Product;
  readonly version: string | null;
  readonly listing: Listing;
}

/** Products that are known to go on with a text. LM Studio's way was never seen proven, so an answer is begun anew there. */
const CONTINUING: ReadonlySet<Product> = new Set(['ollama', 'llama-server', 'vllm']);

/** Harmony models (gpt-oss) write in channels: an answer's text is not all that stands before its next word. */
const CHANNELLED = /gpt-?oss|harmony/i;

/** A server that loads a model from disk first may be silent for long; the router has its own, shorter, patience. */
const DEFAULT_LIMITS: StreamLimits = { firstByteMs: 120_000, idleMs: 60_000 };

/** Lists may be long and servers busy; only the probes of detection are in a hurry. */
const LISTING_TIMEOUT_MS = 3_000;
const LOAD_TIMEOUT_MS = 300_000;

export class OpenAiHttpBackend implements Backend {
  readonly kind = 'openai-http';
  readonly #options: OpenAiHttpOptions;
  readonly #limits: StreamLimits;
  readonly #door: Result<HttpDoor, string>;
  #known: Known | undefined;
  #used = new Set<string>();
  /** Models whose answers turned out not to be continuable here. */
  readonly #uncontinued = new Set<string>();
  #echoes = false;
  /** How long each model took when this agent asked for it. */
  readonly #loads = new Map<string, number>();

  constructor(options: OpenAiHttpOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    const allowLan = options.allowLan ?? false;
    const server = refuseBaseUrl(options.baseUrl, allowLan);
    const key = options.apiKey === undefined ? {} : { apiKey: options.apiKey };
    this.#door = server.ok ? ok(new HttpDoor(server.value, { allowLan, ...key })) : server;
  }

  capabilities(): Capabilities {
    const continues = this.#known !== undefined && CONTINUING.has(this.#known.product);
    return { resume: continues ? 'text' : 'none', isBuiltIn: false, computesOn: 'graphics-card' };
  }

  async detect(signal: AbortSignal): Promise<Result<Detected, string>> {
    if (!this.#door.ok) return this.#door;
    const known = await this.#learn(this.#door.value, signal);
    this.#known = known.ok ? known.value : undefined;
    if (!known.ok) return known;
    const { product, version, listing } = known.value;
    return ok({ product, version, notes: listing.excluded.map((model) => `${model.name} is left out: ${model.why}.`) });
  }

  async models(): Promise<ModelInfo[]> {
    const found = await this.detect(NEVER);
    const known = this.#known;
    if (!found.ok || known === undefined) return [];
    const models = chooseModels(known.product, known.listing, this.#options.models);
    return models.map((model) => this.#withMeasuredLoad(this.#continues(model) ? model : { ...model, resume: 'none' }));
  }

  async slots(): Promise<number> {
    if (this.#options.slots !== undefined) return this.#options.slots;
    if (this.#known === undefined) await this.detect(NEVER);
    return this.#known?.listing.slots ?? 1;
  }

  run(job: BackendJob, sink: Sink, signal: AbortSignal): Promise<Finish> {
    switch (job.kind) {
      case 'chat':
        return this.#runChat(job, sink, signal);
    }
  }

  async #runChat(job: ChatJob, sink: Sink, signal: AbortSignal): Promise<Finish> {
    const continuation = new Continuation(job.resume?.text ?? '', giveSoFar(job), this.#echoes);
    const joined = job.resume === undefined ? null : joinSink(sink, continuation);
    const pump = new DeltaPump(joined?.sink ?? sink);
    const refusal = await this.#admit(job, signal);
    if (signal.aborted) return finish(pump, { ...failed(NOTHING), reason: 'cancelled' });
    if (refusal !== null || !this.#door.ok) return finish(pump, failed(refusal ?? NOTHING));
    const call = CALLS[job.kind];
    const body = call.build(job, this.#known?.product);
    if (!body.ok) return finish(pump, failed({ code: 'bad-request', message: body.error }));
    this.#used.add(job.model);
    const end = await this.#stream(this.#door.value, { path: call.path, body: body.value }, { pump, signal });
    await settled(pump, signal);
    if (joined && !signal.aborted) await Promise.resolve(joined.end()).catch(() => undefined);
    return finish(pump, this.#learnFrom(job, signal.aborted ? { ...end, reason: 'cancelled' } : end, continuation));
  }

  /** What a run showed of the server, and the run's end in the words of a job. */
  #learnFrom(job: ChatJob, end: StreamEnd, continuation: Continuation): StreamEnd {
    if (end.error?.code === 'unreachable') this.#known = undefined;
    this.#echoes ||= continuation.hasEchoed;
    if (end.hasThought) this.#uncontinued.add(job.model);
    if (!isContinued(job) || end.error?.code !== 'bad-request') return end;
    // A template without room for a beginning: a home with another server can go on with it.
    this.#uncontinued.add(job.model);
    return { ...end, error: { code: 'bad-request', message: 'this server does not continue answers of this model' } };
  }

  #continues(model: ModelInfo): boolean {
    const isChannelled = CHANNELLED.test(model.family ?? '') || CHANNELLED.test(model.name);
    return !isChannelled && !this.#uncontinued.has(model.name);
  }

  #withMeasuredLoad(model: ModelInfo): ModelInfo {
    const loadMs = this.#loads.get(model.name);
    return loadMs === undefined || model.loadMs === undefined || model.loadMs === 0 ? model : { ...model, loadMs };
  }

  /** Ollama loads a model on a request without a prompt; other servers load at their owner's word only. */
  async load(model: string): Promise<Result<null, string>> {
    if (!this.#door.ok) return this.#door;
    if (this.#known?.product !== 'ollama') return err(`This server loads its models itself: start it with ${model}.`);
    const refusal = refuseModel(model, this.#known.listing, this.#options.models);
    if (refusal !== null) return err(refusal);
    const startedAt = performance.now();
    const url = `${this.#door.value.server.root}/api/generate`;
    const { status } = await this.#door.value.ask(url, { timeoutMs: LOAD_TIMEOUT_MS, body: JSON.stringify({ model }) });
    if (status !== 200) return err(`Ollama did not load ${model} (${status === 0 ? 'no answer' : status}).`);
    this.#loads.set(model, Math.ceil(performance.now() - startedAt));
    this.#used.add(model);
    return ok(null);
  }

  /** Ollama is asked to free the models that jobs used. Other servers have no harmless way: their owner loaded the model. */
  async unload(): Promise<void> {
    const used = [...this.#used];
    this.#used = new Set();
    if (!this.#door.ok || this.#known?.product !== 'ollama') return;
    const { server } = this.#door.value;
    for (const model of used) {
      const body = JSON.stringify({ model, keep_alive: 0 });
      await this.#door.value.ask(`${server.root}/api/generate`, { timeoutMs: LISTING_TIMEOUT_MS, body });
    }
  }

  async close(): Promise<void> {
    if (this.#door.ok) this.#door.value.close();
  }

  /** Null when the job may go to the server; it is looked at again after every time it was not reached. */
  async #admit(job: ChatJob, signal: AbortSignal): Promise<BackendError | null> {
    if (this.#known === undefined) {
      const found = await this.detect(signal);
      if (!found.ok) return { code: 'unreachable', message: found.error };
    }
    if (this.#known === undefined) return { code: 'unreachable', message: 'the server is not known' };
    const refusal = refuseModel(job.model, this.#known.listing, this.#options.models);
    if (refusal !== null) return { code: 'no-model', message: refusal };
    return isContinued(job) && this.capabilities().resume === 'none'
      ? { code: 'bad-request', message: `this ${this.#known.product} server cannot continue an answer` }
      : null;
  }

  /** Sends the request; once more on a new connection when a kept one turned out to be closed. */
  async #stream(
    door: HttpDoor,
    { path, body }: { path: string; body: string },
    to: { pump: DeltaPump; signal: AbortSignal },
  ): Promise<StreamEnd> {
    const url = `${door.server.api}/${path}`;
    const end = await new ChatStream(door.post(url, body), to.pump, this.#limits).run(to.signal);
    if (end.stale !== true || to.signal.aborted) return end;
    return new ChatStream(door.post(url, body), to.pump, this.#limits).run(to.signal);
  }

  async #learn(door: HttpDoor, signal: AbortSignal): Promise<Result<Known, string>> {
    const found = await identify(door, signal);
    if (!found.ok) return found;
    const { product, version } = found.value;
    const answers = new Map<string, unknown>();
    let tools = { status: 0, json: undefined as unknown };
    for (const path of LISTING_PATHS[product]) {
      const url = path === 'models' ? `${door.server.api}/models` : `${door.server.root}${path}`;
      const answer = await door.ask(url, { timeoutMs: LISTING_TIMEOUT_MS, signal });
      if (path === '/tools') tools = answer;
      else if (answer.status === 200) answers.set(path, answer.json);
    }
    const listing = listModels(product, answers);
    const allowNetworks = this.#options.allowNetworks ?? false;
    const refusal =
      refuseNetwork({ port: door.server.port, ownedBy: listing.ownedBy, allowNetworks }) ?? refuseTools(product, tools);
    return refusal === null ? ok({ product, version, listing }) : err(refusal);
  }
}

const NOTHING: BackendError = { code: 'unreachable', message: 'refused' };

const NEVER = new AbortController().signal;

/** Asks the probes in their order; the error tells apart a server that is away and one that speaks another language. */
async function identify(
  door: HttpDoor,
  signal: AbortSignal,
): Promise<Result<{ product: Product; version: string | null }, string>> {
  let answered = 0;
  for (const probe of PROBES) {
    const url = probe.path === '/v1/models' ? `${door.server.api}/models` : `${door.server.root}${probe.path}`;
    const answer = await door.ask(url, { timeoutMs: PROBE_TIMEOUT_MS, signal });
    answered = answer.status === 0 ? answered : answer.status;
    const version = answer.status === 200 ? probe.readVersion(answer.json) : undefined;
    if (version !== undefined) return ok({ product: probe.product, version });
  }
  const at = door.server.root;
  if (answered === 0) return err(`No server answers at ${at}. Start it, or correct the URL.`);
  if (answered === 401 || answered === 403)
    return err(`The server at ${at} wants an API key (${answered}). Set the one it expects.`);
  return err(
    `What answers at ${at} has no OpenAI-compatible API (GET ${door.server.api}/models answered ${answered}).`,
  );
}

/** Waits until what was given to the pump has been handed on, or the job is aborted. */
async function settled(pump: DeltaPump, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return pump.stop();
  const aborted = openPromise<void>();
  const abort = (): void => {
    pump.stop();
    aborted.resolve();
  };
  signal.addEventListener('abort', abort, { once: true });
  await Promise.race([pump.drained(), aborted.promise]);
  signal.removeEventListener('abort', abort);
}

function isContinued(job: ChatJob): boolean {
  return job.resume !== undefined && job.resume.text !== '';
}

function failed(error: BackendError): StreamEnd {
  return { reason: 'error', promptTokens: null, outputTokens: null, hasThought: false, error };
}

/** The server's count stands only for an answer that came whole; otherwise what was handed on counts. */
function finish(pump: DeltaPump, end: StreamEnd): Finish {
  const whole = end.reason === 'stop' || end.reason === 'length';
  const outputTokens = whole && end.outputTokens !== null ? end.outputTokens : pump.outputTokens;
  const error = end.reason === 'error' && end.error !== undefined ? { error: end.error } : {};
  return { reason: end.reason, promptTokens: end.promptTokens, outputTokens, ...error };
}
