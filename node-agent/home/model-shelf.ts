// What this home offers: asks each backend now and then whether it is there and what it serves. Never starts or stops a backend.
import { MAX_MODELS, MAX_SLOTS, MAX_STATE_BYTES } from '../../schema/frames.ts';
import { nodeModelSchema } from '../../schema/frames-to-hub.ts';
import type { NodeModel } from '../../schema/frames-to-hub.ts';
import { matchesName, pickByName, plainName } from '../../schema/model-names.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';
import type { Backend, Detected, ModelInfo } from '../backends/backend.ts';
import { explainMissing } from '../backends/choose-models.ts';
import { describeError } from '../log.ts';
import type { Log } from '../log.ts';
import { guessSpeed, limitSpeed } from './guess-speed.ts';
import type { Gpu, SpeedPrior } from './guess-speed.ts';

/** The share of a `state` frame that models may fill; the rest of it is short. */
const MODELS_BYTES = MAX_STATE_BYTES - 1000;
/** A busy server may need long to say what it serves. */
const DETECT_MS = 30_000;

interface Seen {
  readonly models: readonly NodeModel[];
  readonly slots: number;
  /** Names that are there but not in memory, where jobs may not load them: no pattern covers these. */
  readonly leftCold: ReadonlySet<string>;
  /** Names that its server lists, whether they are offered or not. */
  readonly listed: readonly string[];
  /** What its backend serves by name, also what the owner keeps back: what brings its models itself lists nothing. */
  readonly names: readonly string[];
  /** What the owner was told of this backend last, so that nothing is told twice. */
  readonly told: string;
  /** It could not be asked, or is not shared. */
  readonly isMissing?: boolean;
}

const NOTHING: Seen = { models: [], slots: 0, leftCold: new Set(), listed: [], names: [], told: '' };

/** What the owner lends; read at each look, since it may change. */
interface OwnersChoice {
  /** Exact names or patterns that end in `*`; null offers all that the backends list. */
  readonly names: readonly string[] | null;
  /** Names that are kept back, whatever the others say; none by default. */
  readonly isWithheld?: (name: string) => boolean;
}

interface ShelfDoors {
  readonly backends: readonly Backend[];
  readonly choice: OwnersChoice;
  /** Jobs at once in all; null takes what the backends say. */
  readonly slots: number | null;
  readonly paceTokensPerS: number;
  /** What the owner asks of the catalogue's price, as a share of it; all of it by default. */
  readonly priceShare?: number;
  /** False: a model that is not in memory is not offered. */
  readonly mayLoad?: boolean;
  readonly log: Log;
  /** Called after a look that changed what is offered. */
  readonly onChange: () => void;
}

/** What a job needs to know of its model here. */
interface Served {
  readonly backend: Backend;
  /** How another home could go on with an answer, as the hub was told. */
  readonly resume: NodeModel['resume'];
  /** About how long loading takes; 0 when the model is in memory. */
  readonly loadMs: number;
  /** How fast it is thought to read a prompt. */
  readonly promptTokensPerS: number;
}

export class ModelShelf {
  readonly #doors: ShelfDoors;
  readonly #seen = new Map<Backend, Seen>();
  #looking: Promise<void> | null = null;
  #toldMissing: string | null = null;
  #gpu: Gpu | null = null;
  readonly #measured = new Map<string, SpeedPrior>();

  constructor(doors: ShelfDoors) {
    this.#doors = doors;
  }

  /** The models on offer, in the order in which the owner named the backends. Each name stands once; what does not fit a `state` frame is left out. */
  get offered(): NodeModel[] {
    let bytes = 0;
    return this.#listed().filter((model, i) => {
      bytes += Buffer.byteLength(JSON.stringify(model)) + 1;
      return i < MAX_MODELS && bytes <= MODELS_BYTES;
    });
  }

  /** What the owner was told of each backend that shares nothing now. */
  get faults(): string[] {
    return [...this.#seen.values()].flatMap(({ isMissing, told }) => (isMissing ? [told] : []));
  }

  #listed(): NodeModel[] {
    const models = new Map<string, NodeModel>();
    for (const { models: list } of this.#seen.values()) {
      for (const model of list) if (!models.has(model.name)) models.set(model.name, model);
    }
    return [...models.values()];
  }

  /** Every name that is here, whether it is offered or not. */
  get known(): string[] {
    const offered = this.#listed().map(({ name }) => name);
    return [
      ...new Set([...offered, ...[...this.#seen.values()].flatMap(({ listed, names }) => [...listed, ...names])]),
    ];
  }

  /** Jobs at once that each backend takes. */
  get limits(): Map<Backend, number> {
    const { slots } = this.#doors;
    return new Map(Array.from(this.#seen, ([backend, seen]) => [backend, slots ?? seen.slots]));
  }

  /** Jobs at once in all. */
  get slots(): number {
    let sum = 0;
    for (const { slots, models } of this.#seen.values()) if (models.length > 0) sum += slots;
    return sum === 0 ? 0 : Math.min(MAX_SLOTS, this.#doors.slots ?? sum);
  }

  /**
   * Who serves a model under this name, and how: an exact name first, then a pattern. 'cold': the model is here but not in memory, and its
   * owner lets no job load it; 'unfit': it is not here.
   */
  find(name: string): Result<Served, 'cold' | 'unfit'> {
    if (this.#doors.choice.isWithheld?.(name) === true) return err('unfit');
    const all = [...this.#seen].flatMap(([backend, { models }]) => models.map((model) => ({ backend, model })));
    const [found] = pickByName(all, ({ model }) => model.name, name);
    const isPattern = found?.model.name.endsWith('*') ?? true;
    if (isPattern && this.#isLeftCold(name)) return err('cold');
    if (!found) return err('unfit');
    const { backend, model } = found;
    const { resume, loadMs = 0, promptTokensPerS } = model;
    return ok({ backend, resume, loadMs, promptTokensPerS });
  }

  /** Models on offer by backend; patterns, which no job can ask for by that name, are left out. */
  listByBackend(): (readonly [Backend, readonly NodeModel[]])[] {
    return Array.from(this.#seen, ([backend, { models }]) => [
      backend,
      models.filter(({ name }) => !name.endsWith('*')),
    ]);
  }

  /** What computes here, for models that were not measured. Takes effect with the next look. */
  noteGpu(gpu: Gpu | null): void {
    this.#gpu = gpu;
  }

  /** What a model was measured at, by its digest. Takes effect with the next look. */
  noteSpeed(digest: string, speed: SpeedPrior): void {
    this.#measured.set(digest, speed);
  }

  /** Looks at every backend; never rejects. A look that is under way is shared. */
  look(): Promise<void> {
    this.#looking ??= this.#lookAtAll().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  /** Looks anew: a look under way may have asked before the change that somebody knows of. Never rejects. */
  async refresh(): Promise<void> {
    await this.#looking;
    await this.look();
  }

  /** Brings a model into memory, and says whether it is there; the owner is told why where it is not. Never rejects. */
  async load(backend: Backend, name: string): Promise<boolean> {
    const loaded = await backend.load(name);
    if (!loaded.ok) this.#doors.log.warn('a model could not be loaded', { model: name, reason: loaded.error });
    return loaded.ok;
  }

  /** Loads the models that the agent brought itself. */
  async loadBuiltIns(): Promise<void> {
    const ours = this.listByBackend().filter(([backend]) => backend.capabilities().isBuiltIn);
    const loads = ours.flatMap(([backend, models]) => models.map(({ name }) => this.load(backend, name)));
    await Promise.all(loads);
  }

  /** Frees the memory of every backend's models. Never rejects. */
  async unloadAll(): Promise<void> {
    const { backends, log } = this.#doors;
    const tell = (error: unknown): void =>
      log.warn('a backend did not free its memory', { reason: describeError(error) });
    await Promise.all(backends.map((backend) => backend.unload().catch(tell)));
  }

  /** Loads again what `unloadAll` took out of servers that load nothing by themselves. Never rejects. */
  async restoreAll(): Promise<void> {
    await Promise.all(this.#doors.backends.map(async (backend) => backend.restore?.()));
  }

  async #lookAtAll(): Promise<void> {
    const before = this.#describe();
    await Promise.all(this.#doors.backends.map((backend) => this.#lookAt(backend)));
    this.#tellMissing();
    if (this.#describe() === before) return;
    const left = this.#listed().length - this.offered.length;
    if (left > 0)
      this.#doors.log.warn('there are more models than one home can offer: choose some with --models', { left });
    this.#doors.onChange();
  }

  /** What the owner chose and no server has: a typo, or a model that was removed. Told when it changes. */
  #tellMissing(): void {
    const listed = [...new Set([...this.#seen.values()].flatMap((seen) => seen.listed))];
    const missing = explainMissing(this.#doors.choice.names ?? [], listed);
    if (missing !== null && missing !== this.#toldMissing) this.#doors.log.warn(missing);
    this.#toldMissing = missing;
  }

  #describe(): string {
    return JSON.stringify([this.slots, this.offered]);
  }

  async #lookAt(backend: Backend): Promise<void> {
    const last = this.#seen.get(backend) ?? NOTHING;
    try {
      const found = await backend.detect(AbortSignal.timeout(DETECT_MS));
      if (!found.ok) return this.#missed(backend, found.error);
      const infos = await backend.models();
      const models = infos.flatMap((info) => this.#toModel(backend, info));
      const leftCold = new Set(infos.filter((info) => this.#staysCold(info)).map((info) => info.name));
      const slots = Math.min(MAX_SLOTS, Math.max(1, await backend.slots()));
      const { product, version, notes, warnings = [], listed = [] } = found.value;
      const names = infos.map(({ name }) => name).filter((name) => !name.endsWith('*'));
      const seen = {
        models,
        slots,
        leftCold,
        listed,
        names,
        told: [product, version, ...notes, ...warnings].join('|'),
      };
      this.#seen.set(backend, seen);
      if (seen.told !== last.told) this.#tell(backend, seen, found.value);
      this.#tellGone(last, seen);
    } catch (error) {
      this.#missed(backend, `A backend (${backend.kind}) failed when it was asked what it serves: ${String(error)}`);
    }
  }

  #missed(backend: Backend, sentence: string): void {
    if (this.#seen.get(backend)?.told !== sentence) this.#doors.log.warn(sentence);
    this.#seen.set(backend, { ...NOTHING, told: sentence, isMissing: true });
  }

  #tellGone(last: Seen, seen: Seen): void {
    const left = new Set(seen.listed.map(plainName));
    const gone = last.listed.filter((name) => !left.has(plainName(name)));
    const wasOffered = gone.filter((name) => last.models.some((model) => model.name === name));
    for (const model of wasOffered)
      this.#doors.log.warn('a model is no longer on its server, and no longer offered', { model });
  }

  #tell(backend: Backend, seen: Seen, found: Detected): void {
    const { log } = this.#doors;
    const names = seen.models.map((model) => model.name).join(', ') || 'none';
    log.info('backend', {
      kind: backend.kind,
      product: found.product,
      version: found.version,
      slots: seen.slots,
      models: names,
    });
    for (const note of found.notes) log.info(note);
    for (const warning of found.warnings ?? []) log.warn(warning);
  }

  #isLeftCold(name: string): boolean {
    return [...this.#seen.values()].some(({ leftCold }) => [...leftCold].some((cold) => matchesName(name, cold)));
  }

  #staysCold(info: ModelInfo): boolean {
    return this.#doors.mayLoad === false && (info.loadMs ?? 0) > 0;
  }

  /** A model as the hub is told of it; one that the hub could not take is left out. */
  #toModel(backend: Backend, info: ModelInfo): NodeModel[] {
    const { choice, paceTokensPerS, priceShare = 1 } = this.#doors;
    const loadMs = info.loadMs ?? 0;
    if (this.#staysCold(info)) return [];
    const measured = this.#measured.get(info.digest);
    const { computesOn, resume } = backend.capabilities();
    const facts = { computesOn, sizeBytes: info.sizeBytes ?? null, gpu: this.#gpu, paceTokensPerS };
    if (choice.names && !choice.names.some((one) => matchesName(one, info.name))) return [];
    if (choice.isWithheld?.(info.name) === true) return [];
    const parsed = nodeModelSchema.safeParse({
      name: info.name,
      digest: info.digest,
      contextTokens: info.contextTokens,
      quantisation: (info.quantisation ?? 'unknown').slice(0, 40),
      resume: info.resume ?? resume,
      ...(measured ? limitSpeed(measured, paceTokensPerS) : guessSpeed(facts)),
      ...(loadMs > 0 ? { loadMs } : {}),
      ...(info.can && info.can.length > 0 ? { can: info.can } : {}),
      ...(info.samplers && info.samplers.length > 0 ? { samplers: info.samplers } : {}),
      ...(priceShare < 1 ? { priceShare } : {}),
    });
    return parsed.success ? [parsed.data] : [];
  }
}
