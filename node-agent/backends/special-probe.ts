// Finds out whether a server reads control tokens out of what callers write: it is asked for the token count of a conversation that holds a known one
// many times. Read as a control token it is one token each time; as text it is three or more. A server without a tokenizer to ask is asked for answers of
// one token, which tell what they counted.

import * as z from 'zod';
import type { HttpDoor } from './http-door.ts';
import { describeSpecials, CANDIDATES, REPEATS, readsAsOne, type Specials } from './judge-specials.ts';
import type { Product } from './probe-server.ts';
import type { PromptCounter } from './prompt-counter.ts';
import { PROBE_TEXT } from './write-probe.ts';

export type { Specials };

/** A server, and one of its models: without one nothing can be asked. */
export interface SpecialsAsk {
  readonly product: Product;
  readonly version: string | null;
  readonly model: string | null;
}

type Count = (content: string) => Promise<number | null>;

/** A slow machine gives one token in so long. */
const ANSWER_MS = 20_000;
/** A server that did not tell is asked again with later looks, so often in all. */
const ROUNDS_MAX = 2;

const counted = z.looseObject({ usage: z.looseObject({ prompt_tokens: z.number().int().min(1) }) });

export class SpecialProbe {
  readonly #door: HttpDoor;
  readonly #counter: PromptCounter;
  readonly #found = new Map<string, Specials>();
  readonly #rounds = new Map<string, number>();

  constructor(door: HttpDoor, counter: PromptCounter) {
    this.#door = door;
    this.#counter = counter;
  }

  /** Asks once for each server and model, a tokenizer alone; what could not be asked is 'unknown', and asked again the next time. Never rejects. */
  async learn(asked: SpecialsAsk, signal: AbortSignal): Promise<Specials> {
    const known = this.#known(asked);
    if (known !== null) return known;
    const { product, model } = asked;
    if (model === null) return { verdict: 'unknown' };
    const found = await judgeBy(
      async (content) =>
        (await this.#counter.count({ model, messages: [{ role: 'user', content }] }, product, signal))?.tokens ?? null,
    );
    return this.#keep(asked, found);
  }

  /** True where only answers can tell, and were not asked for yet. */
  isOpen(asked: SpecialsAsk): boolean {
    const isKnown = this.#known(asked)?.verdict !== 'unknown';
    return asked.model !== null && !isKnown && (this.#rounds.get(keyOf(asked)) ?? 0) < ROUNDS_MAX;
  }

  /** Asks for answers of one token, ten at most. Never rejects. */
  async askAnswers(asked: SpecialsAsk, signal: AbortSignal): Promise<Specials> {
    const { model } = asked;
    if (!this.isOpen(asked) || model === null) return this.#known(asked) ?? { verdict: 'unknown' };
    const key = keyOf(asked);
    this.#rounds.set(key, (this.#rounds.get(key) ?? 0) + 1);
    const found = await judgeBy(async (content) => {
      const messages = [{ role: 'user', content }];
      const body = JSON.stringify({ model, messages, max_tokens: 1, temperature: 0, stream: false });
      const url = `${this.#door.server.api}/chat/completions`;
      const { status, json } = await this.#door.ask(url, { timeoutMs: ANSWER_MS, signal, body });
      return status === 200 ? (counted.safeParse(json).data?.usage.prompt_tokens ?? null) : null;
    });
    return this.#keep(asked, found);
  }

  #known(asked: SpecialsAsk): Specials | null {
    return this.#found.get(keyOf(asked)) ?? describeSpecials(asked.product);
  }

  #keep(asked: SpecialsAsk, found: Specials): Specials {
    if (found.verdict !== 'unknown') this.#found.set(keyOf(asked), found);
    return found;
  }
}

async function judgeBy(count: Count): Promise<Specials> {
  const empty = await count(PROBE_TEXT);
  if (empty === null) return { verdict: 'unknown' };
  for (const candidate of CANDIDATES) {
    const tokens = await count(`${PROBE_TEXT}${candidate.repeat(REPEATS)}`);
    if (tokens === null) return { verdict: 'unknown' };
    if (readsAsOne(tokens - empty)) return { verdict: 'reads', example: candidate };
  }
  return { verdict: 'plain' };
}

function keyOf({ product, version, model }: SpecialsAsk): string {
  return JSON.stringify([product, version, model]);
}
