// What a token costs on the card and on the processor of this machine: learned from windows that were metered, kept over restarts.
import type { Learned } from './energy-file.ts';
import { addWindow, fitWeights, guessWeights } from './fit-weights.ts';
import type { FitState } from './fit-weights.ts';
import type { ClosedWindow } from './share-book.ts';
import type { TokenWeights } from './split-window.ts';

export type Part = 'card' | 'cpu';

/** A first guess at an output token: of a card at work some 100 a second, J by its watts; of a built-in model on a processor, J. */
const CARD_TOKENS_PER_S = 100;
const CPU_J = 0.03;
/** Costs are fitted anew after so many windows: many short jobs would else spend their time on it. At first each window teaches much. */
const FIT_EVERY = 16;
const FIRST_WINDOWS = 8;
/** So many windows, and what tokens cost is known rather than guessed. */
const KNOWN_WINDOWS = 3;

export class TokenCosts {
  readonly #fits: Record<Part, FitState>;
  #weights: Record<Part, TokenWeights>;
  readonly #unfitted: Record<Part, number> = { card: 0, cpu: 0 };
  #cardW: number;

  /** `cardW`: what the cards may draw at most. */
  constructor({ onCard, onCpu }: Pick<Learned, 'onCard' | 'onCpu'>, cardW: number) {
    this.#fits = { card: onCard, cpu: onCpu };
    this.#cardW = cardW;
    this.#weights = { card: this.#fit('card'), cpu: this.#fit('cpu') };
  }

  /** Other cards: another first guess. */
  guessFrom(cardW: number): void {
    this.#cardW = cardW;
    this.#weights.card = this.#fit('card');
  }

  weights(part: Part): TokenWeights {
    return this.#weights[part];
  }

  isKnown(part: Part): boolean {
    return this.#fits[part].windows >= KNOWN_WINDOWS;
  }

  learn(part: Part, { joules, isMetered, work }: ClosedWindow): void {
    if (!isMetered || work.prompt + work.cached + work.output <= 0) return;
    this.#fits[part] = addWindow(this.#fits[part], joules, work);
    this.#unfitted[part] += 1;
    if (this.#unfitted[part] < FIT_EVERY && this.#fits[part].windows > FIRST_WINDOWS) return;
    this.#unfitted[part] = 0;
    this.#weights[part] = this.#fit(part);
  }

  get kept(): Pick<Learned, 'onCard' | 'onCpu'> {
    const keep = (fit: FitState) => ({ ...fit, squares: [...fit.squares], products: [...fit.products] });
    return { onCard: keep(this.#fits.card), onCpu: keep(this.#fits.cpu) };
  }

  #fit(part: Part): TokenWeights {
    return fitWeights(this.#fits[part], guessWeights(part === 'card' ? this.#cardW / CARD_TOKENS_PER_S : CPU_J));
  }
}
