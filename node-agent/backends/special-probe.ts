// Finds out whether a server reads control tokens out of what callers write: it is asked for the token count of a conversation that holds a known one
// many times. Read as a control token it is one token each time; as text it is three or more.

import { describeSpecials, CANDIDATES, REPEATS, readsAsOne, type Specials } from './judge-specials.ts';
import type { Product } from './probe-server.ts';
import type { PromptCounter } from './prompt-counter.ts';

export type { Specials };

export class SpecialProbe {
  readonly #counter: PromptCounter;
  readonly #found = new Map<string, Specials>();

  constructor(counter: PromptCounter) {
    this.#counter = counter;
  }

  /** Asks once for each server and model; what could not be asked is 'unknown', and asked again the next time. Never rejects. */
  async learn(
    { product, version, model }: { product: Product; version: string | null; model: string | null },
    signal: AbortSignal,
  ): Promise<Specials> {
    const key = JSON.stringify([product, version, model]);
    const known = this.#found.get(key) ?? describeSpecials(product);
    if (known !== null) return known;
    const found: Specials = model === null ? { verdict: 'unknown' } : await this.#ask({ product, model }, signal);
    if (found.verdict !== 'unknown') this.#found.set(key, found);
    return found;
  }

  async #ask({ product, model }: { product: Product; model: string }, signal: AbortSignal): Promise<Specials> {
    const count = async (content: string): Promise<number | null> =>
      (await this.#counter.count({ model, messages: [{ role: 'user', content }] }, product, signal))?.tokens ?? null;
    const empty = await count('a');
    if (empty === null) return { verdict: 'unknown' };
    for (const candidate of CANDIDATES) {
      const tokens = await count(`a${candidate.repeat(REPEATS)}`);
      if (tokens === null) return { verdict: 'unknown' };
      if (readsAsOne(tokens - empty)) return { verdict: 'reads', example: candidate };
    }
    return { verdict: 'plain' };
  }
}
