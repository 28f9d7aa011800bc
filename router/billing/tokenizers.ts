// The tokenizers that the router carries, each built at its first use (about 2 ms) and kept for the isolate's life.
import { Tokenizer } from '@huggingface/tokenizers';
import { countChatTokens, countTextTokens } from './count-tokens.ts';
import type { Encode } from './count-tokens.ts';
import nano from './nano-tokenizer.json' with { type: 'json' };

/** Exact counts for one tokenizer; null where a text is too long to be counted. */
export interface TokenCounter {
  /** Of a chat, from one text for each message. */
  readonly countPrompt: (texts: readonly string[]) => number | null;
  readonly countText: (text: string) => number | null;
}

const counters = new Map<string, TokenCounter>();

/** The counter of a catalogue model's `tokenizer`, or null for one that the router does not carry. */
export function findTokenizer(name: string | null): TokenCounter | null {
  if (name !== 'nano') return null;
  let counter = counters.get(name);
  if (!counter) {
    const tokenizer = new Tokenizer({ ...nano, added_tokens: [], post_processor: null }, {});
    const encode: Encode = (text) => tokenizer.encode(text, { add_special_tokens: false }).ids;
    counter = {
      countPrompt: (texts) => countChatTokens(encode, texts),
      countText: (text) => countTextTokens(encode, text),
    };
    counters.set(name, counter);
  }
  return counter;
}

/** True for a name that `findTokenizer` knows. */
export function isTokenizer(name: string): boolean {
  return name === 'nano';
}
