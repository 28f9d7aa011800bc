// What each model of one server can do beside text: by its owner's word, else by the server's, else by what small requests showed. Each is asked once.

import type { Need } from '../../schema/needs.ts';
import { pickByName } from '../../schema/model-names.ts';
import type { ModelInfo } from './backend.ts';
import type { Answer, HttpDoor } from './http-door.ts';
import type { Product } from './probe-server.ts';
import { readAbilities, type Abilities } from './read-abilities.ts';
import type { Known } from './server-sight.ts';
import { judgeProbe, writeProbes } from './write-probe.ts';
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

/** What was learned of one model beyond the server's lists. */
interface Learned {
  /** What the server says where it is asked for this model. */
  of: unknown;
  readonly shown: Map<Need, boolean>;
  rounds: number;
}

export class AbilityBook {
  readonly #door: HttpDoor;
  readonly #declared: readonly DeclaredAbility[];
  readonly #learned = new Map<string, Learned>();

  constructor(door: HttpDoor, declared: readonly DeclaredAbility[]) {
    this.#door = door;
    this.#declared = declared;
  }

  /** What is known of a model by now. */
  describe(known: Known, model: ModelInfo): Required<Pick<ModelInfo, 'can' | 'samplers'>> {
    const samplers = SAMPLERS_OF[known.product];
    const declared = this.#declaredOf(model.name);
    if (declared !== null) return { can: declared, samplers };
    const learned = this.#learned.get(keyOf(known, model));
    const abilities = readAbilities(model.name, { ...known, of: learned?.of });
    const shown = [...(learned?.shown ?? [])].filter(([, isShown]) => isShown).map(([need]) => need);
    const can = [...new Set([...(abilities?.can ?? []), ...shown])];
    // A llama-server or a vLLM that was started for embeddings may do nothing else.
    const embedsOnly = EMBEDDERS.has(known.product) && learned?.shown.get('completion') === false;
    return { can: embedsOnly ? ['embeddings'] : can, samplers };
  }

  /** Models of which something is left to ask. Those that are not in memory stay where they are, and so do those of a server that may load each. */
  listOpen(known: Known, models: readonly ModelInfo[]): ModelInfo[] {
    if (known.product === 'unknown' && models.length > UNKNOWN_MODELS_MAX) return [];
    const open = models.filter((model) => {
      const isHere = known.product === 'ollama' || (model.loadMs ?? 0) === 0;
      if (!isHere || model.name.endsWith('*') || this.#declaredOf(model.name) !== null) return false;
      const learned = this.#learned.get(keyOf(known, model));
      if ((learned?.rounds ?? 0) >= ROUNDS_MAX) return false;
      return needsWord(known, learned) || this.#listUnsaid(known, model).length > 0;
    });
    return open.slice(0, MODELS_MAX);
  }

  /** An answer showed it. True where nobody knew. */
  noteShown(known: Known, model: ModelInfo, need: Need): boolean {
    if (this.describe(known, model).can.includes(need) || this.#declaredOf(model.name) !== null) return false;
    this.#open(known, model).shown.set(need, true);
    return true;
  }

  /** Asks, one question after the other; true where something was learned. What is not answered stays open. Never rejects. */
  async ask(known: Known, models: readonly ModelInfo[], signal: AbortSignal): Promise<boolean> {
    let hasLearned = false;
    for (const model of this.listOpen(known, models)) {
      const learned = this.#open(known, model);
      learned.rounds += 1;
      if (needsWord(known, learned)) learned.of = await this.#askWord(known, model.name, signal);
      hasLearned ||= learned.of !== undefined;
      for (let unsaid = this.#listUnsaid(known, model); unsaid[0] !== undefined;) {
        const need = unsaid[0];
        const isShown = await this.#askNeed(need, { known, model: model.name, signal });
        if (isShown === null || signal.aborted) break;
        learned.shown.set(need, isShown);
        hasLearned = true;
        unsaid = this.#listUnsaid(known, model);
      }
      if (signal.aborted) break;
    }
    return hasLearned;
  }

  #declaredOf(name: string): readonly Need[] | null {
    return pickByName(this.#declared, ({ model }) => model, name)[0]?.can ?? null;
  }

  #open(known: Known, model: ModelInfo): Learned {
    const key = keyOf(known, model);
    const learned = this.#learned.get(key) ?? { of: undefined, shown: new Map<Need, boolean>(), rounds: 0 };
    this.#learned.set(key, learned);
    return learned;
  }

  #listUnsaid(known: Known, model: ModelInfo): readonly Need[] {
    const learned = this.#learned.get(keyOf(known, model));
    const abilities: Abilities | null = readAbilities(model.name, { ...known, of: learned?.of });
    const unsaid = abilities?.unsaid ?? [];
    const isEmbedder = EMBEDDERS.has(known.product) && learned?.shown.get('embeddings') === true;
    const all: readonly Need[] = isEmbedder ? [...unsaid, 'completion'] : unsaid;
    return all.filter((need) => learned?.shown.has(need) !== true);
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
  ): Promise<boolean | null> {
    let shown: boolean | null = false;
    for (const probe of writeProbes(need, model, known.product === 'vllm')) {
      const answer = await this.#ask(`${this.#door.server.api}/${probe.path}`, signal, probe.body);
      shown = judgeProbe(answer, probe);
      if (shown !== false) return shown;
    }
    return shown;
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

/** Another version, or other weights, may do other things. */
function keyOf({ product, version }: Known, { name, digest }: ModelInfo): string {
  return JSON.stringify([product, version, name, digest]);
}
