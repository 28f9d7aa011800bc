// What one isolate remembers of how long answers are, by key and model: what the next one is expected to be. Memory only, bounded.
import { BoundedMap } from '../../schema/bounded-map.ts';

/** What is expected of a key and model that have not been seen. */
const PRIOR_TOKENS = 200;
/** The prior counts as this many answers. */
const PRIOR_ANSWERS = 2;
const HALF_LIFE_ANSWERS = 20;
const DECAY = 0.5 ** (1 / HALF_LIFE_ANSWERS);
const MAX_ENTRIES = 5000;

interface Length {
  readonly sum: number;
  readonly weight: number;
}

export class OutputLengths {
  readonly #lengths = new BoundedMap<string, Length>(MAX_ENTRIES);

  /** Output tokens that the next answer is expected to have, at most `maxTokens`. */
  expect(keyId: string, model: string, maxTokens: number): number {
    const { sum, weight } = this.#lengths.get(nameOf(keyId, model)) ?? NOTHING;
    const mean = (sum + PRIOR_ANSWERS * PRIOR_TOKENS) / (weight + PRIOR_ANSWERS);
    return Math.max(1, Math.min(maxTokens, Math.round(mean)));
  }

  /** Takes the length of an answer that came to its end. */
  note(keyId: string, model: string, outputTokens: number): void {
    const name = nameOf(keyId, model);
    const { sum, weight } = this.#lengths.get(name) ?? NOTHING;
    this.#lengths.set(name, { sum: sum * DECAY + outputTokens, weight: weight * DECAY + 1 });
  }
}

const NOTHING: Length = { sum: 0, weight: 0 };

function nameOf(keyId: string, model: string): string {
  return `${keyId}\n${model}`;
}
