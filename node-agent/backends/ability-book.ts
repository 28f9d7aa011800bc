// What each model of one server can do beside text: by its owner's word, else by the server's, else by what small requests showed. Each is asked once, and
// anew where the server was away; what was denied, or never answered, after a day.

import type { Need } from '../../schema/needs.ts';
import { pickByName } from '../../schema/model-names.ts';
import type { ModelInfo } from './backend.ts';
import type { Answer, HttpDoor } from './http-door.ts';
import type { Product } from './probe-server.ts';
import { readAbilities, type Abilities } from './read-abilities.ts';
import type { Known } from './server-sight.ts';
import { tellName } from './tell-name.ts';
import { judgeProbe, WITHOUT_THOUGHTS, writeProbes } from './write-probe.ts';
import { SAMPLERS_OF } from './write-wishes.ts';

/** What an owner says that a model can do: an exact name, or a prefix before a trailing `*`. */
export interface DeclaredAbility {
  readonly model: string;
  readonly can: readonly Need[];
}

/** Products that are started either to write or to embed. */
const EMBEDDERS: ReadonlySet<Product> = new Set(['llama-server', 'vllm']);
/** A slow machine reads the longest of them in so long. */
const QUESTION_MS = 20_000;
/** A server that did not answer is asked again with later looks, so often in all. */
const ROUNDS_MAX = 3;
/** A server of no known product that lists more may load each for a question. */
export const UNKNOWN_MODELS_MAX = 4;
/** Models that are asked for in one round. */
const MODELS_MAX = 8;
/** An owner may have started the server otherwise since. */
const ANEW_MS = 24 * 3_600_000;
/** No answer, and too busy for one: other questions would have none either. */
const SILENT: ReadonlySet<number> = new Set([0, 429, 503]);

interface Shown {
  readonly isShown: boolean;
  readonly at: number;
}

/** What was learned of one model beyond the server's lists. */
interface Learned {
  /** What the server says where it is asked for this model. */
  of: unknown;
  readonly shown: Map<Need, Shown>;
  rounds: number;
  /** When the last round began. */
  at: number;
}

export class AbilityBook {
  readonly #door: HttpDoor;
  readonly #declared: readonly DeclaredAbility[];
  readonly #now: () => number;
  readonly #learned = new Map<string, Learned>();

  constructor(door: HttpDoor, declared: readonly DeclaredAbility[], now = performance.now.bind(performance)) {
    this.#door = door;
    this.#declared = declared;
    this.#now = now;
  }

  /** What is known of a model by now. */
  describe(known: Known, model: ModelInfo): Required<Pick<ModelInfo, 'can' | 'samplers'>> {
    const samplers = SAMPLERS_OF[known.product];
    const declared = this.#declaredOf(model.name);
    if (declared !== null) return { can: declared, samplers };
    const learned = this.#learned.get(keyOf(known, model));
    const abilities = readAbilities(model.name, { ...known, of: learned?.of });
    const shown = [...(learned?.shown ?? [])].filter(([, { isShown }]) => isShown).map(([need]) => need);
    const can = [...new Set([...(abilities?.can ?? []), ...shown])];
    // A llama-server or a vLLM that was started for embeddings may do nothing else.
    const embedsOnly = EMBEDDERS.has(known.product) && learned?.shown.get('completion')?.isShown === false;
    return { can: embedsOnly ? ['embeddings'] : can, samplers };
  }

  /** Models of which something is left to ask. Those that are not in memory stay where they are, and so do those of a server that may load each. */
  listOpen(known: Known, models: readonly ModelInfo[]): ModelInfo[] {
    if (known.product === 'unknown' && models.length > UNKNOWN_MODELS_MAX) return [];
    const open = models.filter((model) => {
      const isHere = known.product === 'ollama' || (model.loadMs ?? 0) === 0;
      if (!isHere || model.name.endsWith('*') || this.#declaredOf(model.name) !== null) return false;
      const learned = this.#learned.get(keyOf(known, model));
      if (learned && learned.rounds >= ROUNDS_MAX && !this.#isOld(learned)) return false;
      return needsWord(known, learned) || this.#listUnsaid(known, model).length > 0;
    });
    return open.slice(0, MODELS_MAX);
  }

  /** An answer showed it. True where nobody knew. */
  noteShown(known: Known, model: ModelInfo, need: Need): boolean {
    if (this.describe(known, model).can.includes(need) || this.#declaredOf(model.name) !== null) return false;
    this.#open(known, model).shown.set(need, { isShown: true, at: this.#now() });
    return true;
  }

  /** Asks, one question after the other; true where something was learned. What is not answered stays open. Never rejects. */
  async ask(known: Known, models: readonly ModelInfo[], signal: AbortSignal): Promise<boolean> {
    let hasLearned = false;
    for (const model of this.listOpen(known, models)) {
      const learned = this.#open(known, model);
      learned.rounds = this.#isOld(learned) ? 1 : learned.rounds + 1;
      learned.at = this.#now();
      if (needsWord(known, learned)) learned.of = await this.#askWord(known, model.name, signal);
      hasLearned ||= learned.of !== undefined;
      const asked = new Set<Need>();
      const next = (): Need | undefined => this.#listUnsaid(known, model).find((need) => !asked.has(need));
      for (let need = next(); need; need = next()) {
        asked.add(need);
        const isShown = await this.#askNeed(need, { known, model: model.name, signal });
        if (isShown === 'silent' || signal.aborted) break;
        // A server that breaks on one question may well answer another.
        if (isShown === null) continue;
        learned.shown.set(need, { isShown, at: learned.at });
        hasLearned = true;
      }
      // The home wanted its slot back: that is no silence of the server's.
      if (signal.aborted) learned.rounds -= 1;
      if (signal.aborted) break;
    }
    return hasLearned;
  }

  #declaredOf(name: string): readonly Need[] | null {
    return pickByName(this.#declared, ({ model }) => tellName(model), tellName(name))[0]?.can ?? null;
  }

  #open(known: Known, model: ModelInfo): Learned {
    const key = keyOf(known, model);
    const learned = this.#learned.get(key) ?? {
      of: undefined,
      shown: new Map<Need, Shown>(),
      rounds: 0,
      at: this.#now(),
    };
    this.#learned.set(key, learned);
    return learned;
  }

  #listUnsaid(known: Known, model: ModelInfo): readonly Need[] {
    const learned = this.#learned.get(keyOf(known, model));
    const abilities: Abilities | null = readAbilities(model.name, { ...known, of: learned?.of });
    const unsaid = abilities?.unsaid ?? [];
    const isEmbedder = EMBEDDERS.has(known.product) && learned?.shown.get('embeddings')?.isShown === true;
    const all: readonly Need[] = isEmbedder ? [...unsaid, 'completion'] : unsaid;
    return all.filter((need) => {
      const shown = learned?.shown.get(need);
      return !shown || (!shown.isShown && this.#isOld(shown));
    });
  }

  #isOld({ at }: { readonly at: number }): boolean {
    return this.#now() - at >= ANEW_MS;
  }

  async #askWord({ product }: Known, name: string, signal: AbortSignal): Promise<unknown> {
    const { root } = this.#door.server;
    const answer =
      product === 'ollama'
        ? await this.#ask(`${root}/api/show`, signal, { model: name })
        : await this.#ask(`${root}/props?model=${encodeURIComponent(name)}&autoload=false`, signal);
    return answer.status === 200 ? answer.json : undefined;
  }

  async #askNeed(
    need: Need,
    { known, model, signal }: { known: Known; model: string; signal: AbortSignal },
  ): Promise<boolean | null | 'silent'> {
    let verdict: boolean | null = false;
    for (const probe of writeProbes(need, model, known.product === 'vllm')) {
      const url = `${this.#door.server.api}/${probe.path}`;
      const answer = await this.#ask(url, signal, probe.body);
      if (SILENT.has(answer.status)) return 'silent';
      let isShown = judgeProbe(answer, probe);
      // Thoughts that stand in no field of their own are none that could be told apart.
      if (need === 'reasoning' && isShown === null && answer.status === 200) return false;
      if (isShown === null && answer.status === 200) {
        // What refuses the longer question has not refused what it asks.
        const longer = await this.#ask(url, signal, { ...probe.body, ...WITHOUT_THOUGHTS });
        isShown = longer.status === 200 ? judgeProbe(longer, probe) : null;
      }
      if (isShown === true) return true;
      if (isShown === null) verdict = null;
    }
    return verdict;
  }

  #ask(url: string, signal: AbortSignal, body?: object): Promise<Answer> {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    return this.#door.ask(url, { timeoutMs: QUESTION_MS, signal, ...sent });
  }
}

/** Ollama tells of each model by itself, and so does a llama-server that has several. */
function needsWord({ product, said }: Known, learned: Learned | undefined): boolean {
  if (learned?.of !== undefined) return false;
  if (product === 'ollama') return true;
  return product === 'llama-server' && readAbilities('', { product, version: null, said, of: undefined }) === null;
}

/** Another version, another start or other weights may do other things. */
function keyOf({ product, version, absences }: Known, { name, digest }: ModelInfo): string {
  return JSON.stringify([product, version, absences, name, digest]);
}
