// A server that the owner names by URL (Ollama, llama-server, LM Studio, vLLM and the like) as a backend.
// Jobs reach it by POST to {api}/chat/completions, completions, embeddings, audio/transcriptions and images/generations only; everything else it is asked is about itself.

import { err, ok, type Result } from '../../schema/result.ts';
import type {
  Backend,
  BackendError,
  BackendJob,
  Capabilities,
  Detected,
  EmbeddingJob,
  Finish,
  MediaJob,
  ModelInfo,
  Sink,
  TextJob,
} from './backend.ts';
import type { DeclaredAbility } from './ability-book.ts';
import { buildCall } from './backend-calls.ts';
import { ChatStream, type StreamEnd } from './chat-stream.ts';
import { chooseModels, findModelName } from './choose-models.ts';
import { Continuation, trimForServer } from './continuation.ts';
import { DeltaPump, settled } from './delta-pump.ts';
import { describeLeftOut } from './describe-server.ts';
import { dropEffort } from './drop-effort.ts';
import { runEmbedding } from './embedding-run.ts';
import { HttpDoor } from './http-door.ts';
import { joinSink } from './joined-sink.ts';
import { noteSpecials, refuseSpecials } from './judge-specials.ts';
import { DEFAULT_CONTEXT } from './list-models.ts';
import { PromptGate, textsAsked, type PromptFacts } from './prompt-gate.ts';
import { failed, failWhole, finish, isContinued, type RunTo } from './text-end.ts';
import { ServerMemory } from './server-memory.ts';
import { answersAtWork } from './answers-at-work.ts';
import { LifeWatch, type LifeLimits } from './life-watch.ts';
import { MovedCalls } from './moved-calls.ts';
import { openPromise } from './open-promise.ts';
import type { Product } from './probe-server.ts';
import { isThisMachine, refuseBaseUrl } from './refuse-server.ts';
import { runMedia } from './media-run.ts';
import { ServerQuestions } from './server-questions.ts';
import { ServerSight, type Known, type SightOptions } from './server-sight.ts';
import { SlotLearner } from './slot-learner.ts';
import { tellName } from './tell-name.ts';
import { readingTermsOf } from './reading-terms.ts';

export interface OpenAiHttpOptions {
  /** Like http://127.0.0.1:11434 or http://127.0.0.1:8000/v1. */
  readonly baseUrl: string;
  readonly apiKey?: string;
  /** Names, or patterns that end in `*`, of what the server lists (choose-models.ts). All that it lists by default. */
  readonly models?: readonly string[] | undefined;
  /** Answers at once; what the server tells by default, else what is learned. */
  readonly slots?: number;
  /** OLLAMA_NUM_PARALLEL where this machine's environment has it: Ollama itself tells it nowhere. */
  readonly ollamaSlots?: number;
  /** Called when the server should be looked at anew: a job did not reach it, or it turned out to answer more or fewer at once. */
  readonly onChange?: () => void;
  readonly sight?: Pick<SightOptions, 'limits' | 'now'>;
  /** The owner's word that a server on another machine of the home may be shared. */
  readonly allowLan?: boolean;
  /** The owner's word that a server which forwards to other machines (exo, mesh-llm) may be shared. */
  readonly allowNetworks?: boolean;
  /** False: a server that reads control tokens out of messages, or may, is not shared. */
  readonly allowSpecials?: boolean;
  /** What the owner says that models can do; of these the server is not asked. */
  readonly can?: readonly DeclaredAbility[];
  readonly life?: Partial<LifeLimits>;
}

/** Products that are known to go on with a text. LM Studio's way was never seen proven, so an answer is begun anew there. */
const CONTINUING: ReadonlySet<Product> = new Set(['ollama', 'llama-server', 'vllm']);

/** Harmony models (gpt-oss) write in channels: an answer's text is not all that stands before its next word. */
const CHANNELLED = /gpt-?oss|harmony/i;

/** Only a frozen server is given up here: how long one that works is waited for is the caller's to say, and the hub's to hold. */
const DEFAULT_LIFE: LifeLimits = { tellEveryMs: 1000, lookAfterMs: 3000, frozenMs: 30_000 };

const LOAD_TIMEOUT_MS = 300_000;

export class OpenAiHttpBackend implements Backend {
  readonly kind = 'openai-http';
  readonly #options: OpenAiHttpOptions;
  readonly #life: LifeLimits;
  readonly #door: Result<HttpDoor, string>;
  readonly #sight: ServerSight | null;
  readonly #prompts: PromptGate | null;
  readonly questions: ServerQuestions | undefined;
  readonly #slots: SlotLearner;
  #used = new Set<string>();
  readonly #memory = new ServerMemory();
  /** Models whose answers turned out not to be continuable here. */
  readonly #uncontinued = new Set<string>();
  #echoes = false;
  readonly #calls = new MovedCalls();
  /** How long each model took when this agent asked for it. */
  readonly #loads = new Map<string, number>();

  constructor(options: OpenAiHttpOptions) {
    this.#options = options;
    const life = { ...DEFAULT_LIFE, ...options.life };
    // A look has time to be answered before its silence is held against the server.
    this.#life = { ...life, lookAfterMs: Math.min(life.lookAfterMs, life.frozenMs / 3) };
    const allowLan = options.allowLan ?? false;
    const server = refuseBaseUrl(options.baseUrl, allowLan);
    const key = options.apiKey === undefined ? {} : { apiKey: options.apiKey };
    this.#door = server.ok ? ok(new HttpDoor(server.value, { allowLan, ...key })) : server;
    const allowNetworks = options.allowNetworks ?? false;
    this.#sight = this.#door.ok ? new ServerSight(this.#door.value, { allowNetworks, ...options.sight }) : null;
    this.#prompts = this.#door.ok ? new PromptGate(this.#door.value) : null;
    this.questions = this.#openQuestions();
    this.#slots = new SlotLearner({ now: options.sight?.now, onChange: () => this.#options.onChange?.() });
  }

  get #known(): Known | undefined {
    return this.#sight?.known;
  }

  capabilities(): Capabilities {
    const continues = this.#known !== undefined && CONTINUING.has(this.#known.product);
    return { resume: continues ? 'text' : 'none', isBuiltIn: false, computesOn: 'graphics-card' };
  }

  async detect(signal: AbortSignal): Promise<Result<Detected, string>> {
    const known = await this.#look(signal);
    if (!known.ok) return known;
    const { product, version, listing } = known.value;
    const specials = (await this.questions?.learnSpecials(known.value, signal)) ?? { verdict: 'unknown' };
    const refusal = this.#options.allowSpecials === false ? refuseSpecials(specials) : null;
    if (refusal !== null) return err(refusal);
    const note = noteSpecials(specials);
    const isWarned = specials.verdict === 'reads' && note !== null;
    const warnings = isWarned ? [...known.value.warnings, note] : known.value.warnings;
    const listed = [...listing.models, ...listing.excluded].map(({ name }) => tellName(name));
    const unsure = isWarned || note === null ? [] : [note];
    const notes = [...describeLeftOut(product, listing, this.#options.models ?? []), ...unsure];
    return ok({ product, version, notes, warnings, listed });
  }

  /** What is known of the server, and of the context of the job's model; of a name that it did not list nothing is. */
  #factsOf(job: TextJob): PromptFacts {
    const model = this.#known?.listing.models.find(({ name }) => name === job.model);
    const context = {
      tokens: model?.contextTokens ?? DEFAULT_CONTEXT,
      isGuessed: model?.isContextGuessed ?? model === undefined,
    };
    return { product: this.#known?.product ?? 'unknown', context };
  }

  async models(): Promise<ModelInfo[]> {
    if (this.#known === undefined) await this.#look(NEVER);
    const known = this.#known;
    if (known === undefined) return [];
    return this.#chosen(known).map((model) => {
      const able = { ...(this.questions?.describe(known, model) ?? model), name: tellName(model.name) };
      return this.#withMeasuredLoad(this.#continues(model) ? able : { ...able, resume: 'none' });
    });
  }

  #chosen({ product, listing }: Known): ModelInfo[] {
    return chooseModels(product, listing, this.#options.models);
  }

  #openQuestions(): ServerQuestions | undefined {
    if (!this.#door.ok || this.#prompts === null) return undefined;
    return new ServerQuestions({
      door: this.#door.value,
      specials: this.#prompts.specials,
      declared: this.#options.can ?? [],
      now: this.#options.sight?.now,
      isStrict: this.#options.allowSpecials === false,
      known: () => this.#known,
      chosen: (known) => this.#chosen(known),
      onLearned: () => this.#options.onChange?.(),
    });
  }

  async slots(): Promise<number> {
    if (this.#options.slots !== undefined) return this.#options.slots;
    if (this.#known === undefined) await this.#look(NEVER);
    if (this.#known !== undefined) this.#slots.noteProduct(this.#known.product, this.#known.listing.load);
    return this.#statedSlots() ?? this.#slots.limit;
  }

  /** What the owner, the server or this machine's environment says; null where nobody does and it has to be learned. */
  #statedSlots(): number | null {
    const { slots, ollamaSlots } = this.#options;
    const isOllamaHere =
      this.#known?.product === 'ollama' && this.#door.ok && isThisMachine(this.#door.value.server.hostname);
    return slots ?? this.#known?.listing.slots ?? (isOllamaHere ? ollamaSlots : null) ?? null;
  }

  /** Looks at the server, no longer than until `signal` aborts: the look itself goes on for whoever asks next. */
  async #look(signal: AbortSignal): Promise<Result<Known, string>> {
    if (!this.#door.ok) return this.#door;
    if (this.#sight === null) return err(NOTHING.message);
    const late = openPromise<Result<Known, string>>();
    const give = (): void => late.resolve(this.#known === undefined ? err(SLOW) : ok(this.#known));
    signal.addEventListener('abort', give, { once: true });
    if (signal.aborted) give();
    const found = await Promise.race([this.#sight.look(), late.promise]);
    signal.removeEventListener('abort', give);
    return found;
  }

  run(
    job: BackendJob,
    sink: Sink,
    signal: AbortSignal,
    onAlive: (moves?: boolean) => void = () => undefined,
  ): Promise<Finish> {
    switch (job.kind) {
      case 'chat':
      case 'completion':
        return this.#seat(sink, (heard) =>
          this.#watched(onAlive, (life) => this.#runText(job, heard, { signal, life })),
        );
      case 'embedding':
        return this.#seat(sink, (heard) =>
          this.#watched(onAlive, (life) => this.#runEmbedding(job, heard, { signal, life })),
        );
      case 'transcription':
      case 'image':
        return this.#seat(sink, (heard) =>
          this.#watched(onAlive, (life) => this.#runMedia(job, heard, { signal, life })),
        );
    }
  }

  /** Runs an answer and learns from it: that the server lives, how many it gives at once, and that it, or its model, was not there. */
  async #seat(sink: Sink, run: (heard: Sink) => Promise<Finish>): Promise<Finish> {
    const seat = this.#slots.sit();
    const end = await run((delta) => {
      seat.hear();
      this.#sight?.noteAlive();
      return sink(delta);
    });
    seat.leave(end.error?.code === 'busy');
    const isAbsent = end.error?.code === 'unreachable' || end.error?.code === 'no-model';
    if (!isAbsent || this.#known === undefined) return end;
    this.#sight?.doubt();
    this.#options.onChange?.();
    return end;
  }

  async #runText(
    job: TextJob,
    sink: Sink,
    { signal, life }: { signal: AbortSignal; life: LifeWatch },
  ): Promise<Finish> {
    const continuation = new Continuation(job.resume?.text ?? '', trimForServer(job.resume?.text ?? ''), this.#echoes);
    const joined = job.resume === undefined ? null : joinSink(sink, continuation);
    const pump = new DeltaPump(joined?.sink ?? sink);
    const admitted = await this.#admit(job, signal);
    if (signal.aborted) return finish(pump, { ...failed(NOTHING), reason: 'cancelled' });
    if (!admitted.ok || !this.#door.ok) return finish(pump, failed(admitted.ok ? NOTHING : admitted.error));
    const named = { ...job, model: admitted.value };
    const facts = this.#factsOf(named);
    const checked = await this.#prompts?.check(named, facts, signal);
    if (signal.aborted) return finish(pump, { ...failed(NOTHING), reason: 'cancelled' });
    if (checked?.ok !== true) return finish(pump, failed(checked?.error ?? NOTHING));
    this.#used.add(named.model);
    const end = await this.#answer(checked.value, facts, { pump, signal, life });
    await settled(pump, signal);
    if (joined && !signal.aborted) await Promise.resolve(joined.end()).catch(() => undefined);
    return finish(pump, this.#learnFrom(named, signal.aborted ? { ...end, reason: 'cancelled' } : end, continuation));
  }

  async #runEmbedding(job: EmbeddingJob, sink: Sink, to: Omit<RunTo, 'pump'>): Promise<Finish> {
    const model = await this.#admit(job, to.signal);
    if (!model.ok || !this.#door.ok) return failWhole(model.ok ? NOTHING : model.error, to.signal);
    this.#used.add(model.value);
    const doors = { ...to, door: this.#door.value, calls: this.#calls, product: this.#known?.product };
    return runEmbedding({ ...job, model: model.value }, sink, doors);
  }

  async #runMedia(job: MediaJob, sink: Sink, to: Omit<RunTo, 'pump'>): Promise<Finish> {
    const model = await this.#admit(job, to.signal);
    if (!this.#door.ok) return failWhole(NOTHING, to.signal);
    if (model.ok) this.#used.add(model.value);
    return runMedia(job, sink, { ...to, door: this.#door.value, model, calls: this.#calls });
  }

  /** What a run showed of the server, and the run's end in the words of a job. */
  #learnFrom(job: TextJob, end: StreamEnd, continuation: Continuation): StreamEnd {
    this.#echoes ||= continuation.hasEchoed;
    if (end.hasThought) this.#uncontinued.add(job.model);
    if (end.hasThought) this.questions?.noteThought(job.model);
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
    const found = findModelName(model, this.#known, this.#options.models);
    if ('refusal' in found) return err(found.refusal);
    const startedAt = performance.now();
    const url = `${this.#door.value.server.root}/api/generate`;
    const { status } = await this.#door.value.ask(url, { timeoutMs: LOAD_TIMEOUT_MS, body: JSON.stringify({ model }) });
    if (status !== 200) return err(`Ollama did not load ${model} (${status === 0 ? 'no answer' : status}).`);
    this.#loads.set(model, Math.ceil(performance.now() - startedAt));
    this.#used.add(model);
    return ok(null);
  }

  async unload(): Promise<void> {
    const used = this.#used;
    this.#used = new Set();
    if (this.#door.ok) await this.#memory.unload(this.#door.value, this.#known?.product, used);
  }

  async restore(): Promise<void> {
    if (this.#door.ok) await this.#memory.restore(this.#door.value);
  }

  async close(): Promise<void> {
    if (this.#door.ok) this.#door.value.close();
  }

  /** The name under which the server has the job's model, or why the job may not go there; it is looked at first after a time it was not reached. */
  async #admit(job: Pick<TextJob, 'model' | 'resume'>, signal: AbortSignal): Promise<Result<string, BackendError>> {
    if (this.#sight?.isDoubted !== false) {
      const found = await this.#look(signal);
      if (!found.ok) return err({ code: 'unreachable', message: found.error });
    }
    if (this.#known === undefined) return err({ code: 'unreachable', message: 'the server is not known' });
    const model = findModelName(job.model, this.#known, this.#options.models);
    if ('refusal' in model) return err({ code: 'no-model', message: model.refusal });
    if (!isContinued(job) || this.capabilities().resume !== 'none') return ok(model.name);
    return err({
      code: 'bad-request',
      message: `this ${this.#known.product} server cannot continue an answer`,
    });
  }

  /** One answer of the server; a second request, without a word on thinking or with a shorter answer, where that alone was refused. */
  async #answer(job: TextJob, facts: PromptFacts, to: RunTo): Promise<StreamEnd> {
    if (!this.#door.ok || this.#prompts === null) return failed(NOTHING);
    const end = await this.#send(this.#door.value, job, to);
    if (to.pump.outputTokens > 0) return this.#prompts.judge(job, end, facts);
    const other = dropEffort(job, end) ?? (await this.#prompts.shorten(job, end, facts, to.signal));
    const last = other === null ? end : await this.#send(this.#door.value, other, to);
    return this.#prompts.judge(job, last, facts);
  }

  async #send(door: HttpDoor, job: TextJob, to: RunTo): Promise<StreamEnd> {
    const call = buildCall(job, this.#known?.product);
    if (!call.ok) return failed({ code: 'bad-request', message: call.error });
    const terms = { ...readingTermsOf(job), prompt: textsAsked(job), life: to.life };
    const { path, body } = call.value;
    return this.#calls.send(`${door.server.api}/${path}`, to.signal, (at) =>
      new ChatStream((ear) => door.post(at, body, ear), to.pump, terms).run(to.signal),
    );
  }

  /** Runs a job while `onAlive` is told that the server is at work on it. */
  async #watched(onAlive: (moves: boolean) => void, run: (life: LifeWatch) => Promise<Finish>): Promise<Finish> {
    const life = new LifeWatch(this.#life, {
      look: (timeoutMs, signal) => this.#lookAtWork(timeoutMs, signal),
      answersAtWork: () => (this.#known?.product ?? 'unknown') !== 'unknown',
      onAlive,
    });
    try {
      return await run(life);
    } finally {
      life.stop();
    }
  }

  async #lookAtWork(timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    if (!this.#door.ok) return false;
    const product = this.#known?.product ?? 'unknown';
    const hasAnswered = await answersAtWork(this.#door.value, product, { timeoutMs, signal });
    if (hasAnswered) this.#sight?.noteAlive();
    return hasAnswered;
  }
}

const NOTHING: BackendError = { code: 'unreachable', message: 'refused' };
const SLOW = 'The server is slow to say what it is. It is asked again.';
const NEVER = new AbortController().signal;
