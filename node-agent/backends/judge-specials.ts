// What is known of servers and control tokens typed by callers, and the sentences for their owners. Pure.

import type { Product } from './probe-server.ts';

export type Specials =
  /** Control tokens in a message become those of the template: `example` is one that this model has, where it was seen. */
  | { readonly verdict: 'reads'; readonly example?: string }
  /** They stay text. */
  | { readonly verdict: 'plain' }
  | { readonly verdict: 'unknown' };

/** One that each family of models has: a model knows few of them, and the first that is read decides. */
export const CANDIDATES: readonly string[] = [
  '<|im_end|>',
  '<|endoftext|>',
  '<|eot_id|>',
  '</s>',
  '<end_of_turn>',
  '<|end|>',
  '<｜end▁of▁sentence｜>',
  '<|return|>',
];

/** How often a candidate is written in a row. */
export const REPEATS = 16;

/** `added`: tokens that the row came to. As text the shortest candidate takes two each, merged as well as can be. */
export function readsAsOne(added: number): boolean {
  return added > 0 && added <= REPEATS + REPEATS / 4;
}

/** What the product itself is known to do, where it has no tokenizer to ask; null where it has. What is unknown its answers may tell. Ollama: github.com/ollama/ollama issue 15931. */
export function describeSpecials(product: Product): Specials | null {
  if (product === 'ollama') return { verdict: 'reads' };
  return product === 'lm-studio' || product === 'unknown' ? { verdict: 'unknown' } : null;
}

/** The owner's note on a server that is shared all the same; null where there is nothing to say. */
export function noteSpecials(specials: Specials): string | null {
  if (specials.verdict === 'plain') return null;
  const what =
    specials.verdict === 'unknown'
      ? 'It could not be found out whether this server reads control tokens out of messages; most do.'
      : `This server reads control tokens${specials.example === undefined ? '' : ` (${specials.example})`} out of messages: a caller who types them can write turns of the caller's own conversation.`;
  return `${what} Texts are handed on as they are; --specials refuse does not share such a server.`;
}

/** Why such a server is not shared, by the owner's wish. */
export function refuseSpecials(specials: Specials): string | null {
  if (specials.verdict === 'plain') return null;
  return specials.verdict === 'unknown'
    ? 'It could not be found out whether this server reads control tokens out of messages, and --specials refuse shares none that may.'
    : 'This server reads control tokens out of messages, and --specials refuse shares none that does.';
}
