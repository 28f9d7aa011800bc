// All that one server is asked beyond its lists: what its models can do, and whether it reads control tokens out of messages.

import { AbilityBook, UNKNOWN_MODELS_MAX, type DeclaredAbility } from './ability-book.ts';
import type { ModelInfo, Questions } from './backend.ts';
import type { HttpDoor } from './http-door.ts';
import type { Specials } from './judge-specials.ts';
import type { Known } from './server-sight.ts';
import type { SpecialProbe, SpecialsAsk } from './special-probe.ts';

interface QuestionDoors {
  readonly door: HttpDoor;
  readonly specials: SpecialProbe;
  readonly declared: readonly DeclaredAbility[];
  /** Milliseconds that only grow; `performance.now` by default. */
  readonly now: (() => number) | undefined;
  /** The owner shares no server that reads control tokens, or may. */
  readonly isStrict: boolean;
  /** Undefined while nothing is known of the server. */
  readonly known: () => Known | undefined;
  /** The models that are shared. */
  readonly chosen: (known: Known) => readonly ModelInfo[];
  /** Something was learned. */
  readonly onLearned: () => void;
}

export class ServerQuestions implements Questions {
  readonly #doors: QuestionDoors;
  readonly #book: AbilityBook;

  constructor(doors: QuestionDoors) {
    this.#doors = doors;
    this.#book = new AbilityBook(doors.door, doors.declared, doors.now);
  }

  /** A model with what is known of it by now. */
  describe(known: Known, model: ModelInfo): ModelInfo {
    return { ...model, ...this.#book.describe(known, model) };
  }

  /** A model's answer held what it thought. */
  noteThought(name: string): void {
    const known = this.#doors.known();
    const model = known?.listing.models.find((one) => one.name === name);
    if (known && model && this.#book.noteShown(known, model, 'reasoning')) this.#doors.onLearned();
  }

  isOpen(): boolean {
    const { known, chosen, specials } = this.#doors;
    const now = known();
    if (now === undefined) return false;
    return this.#book.listOpen(now, chosen(now)).length > 0 || specials.isOpen(toSpecialsAsk(now));
  }

  async ask(signal: AbortSignal): Promise<void> {
    const { known, chosen, specials, onLearned } = this.#doors;
    const now = known();
    if (now === undefined) return;
    const hasLearned = await this.#book.ask(now, chosen(now), signal);
    const isDoubtful = specials.isOpen(toSpecialsAsk(now));
    const { verdict } = isDoubtful ? await specials.askAnswers(toSpecialsAsk(now), signal) : { verdict: 'unknown' };
    if (hasLearned || verdict !== 'unknown') onLearned();
  }

  /** Where nothing but answers can tell, an owner who shares no such server has it asked before anybody else asks anything. */
  async learnSpecials(known: Known, signal: AbortSignal): Promise<Specials> {
    const { specials, isStrict } = this.#doors;
    const asked = toSpecialsAsk(known);
    const found = await specials.learn(asked, signal);
    return found.verdict === 'unknown' && isStrict ? specials.askAnswers(asked, signal) : found;
  }
}

/** The first model that is in memory: a server has one way with all of them. One that lists many may load it for a question. */
function toSpecialsAsk({ product, version, listing }: Known): SpecialsAsk {
  const isCrowd = product === 'unknown' && listing.models.length > UNKNOWN_MODELS_MAX;
  const model = isCrowd ? null : (listing.models.find(({ loadMs }) => (loadMs ?? 0) === 0)?.name ?? null);
  return { product, version, model };
}
