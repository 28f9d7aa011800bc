// The tokenizers that the router carries, each built at its first use (about 2 ms) and kept for the isolate's life.
import { Tokenizer } from '@huggingface/tokenizers';
import { countChatTokens } from './count-tokens.ts';
import type { Encode } from './count-tokens.ts';
import { GrowingCount } from './growing-count.ts';
import nano from './nano-tokenizer.json' with { type: 'json' };

/** Exact counts for one tokenizer. */
export interface TokenCounter {
  /** Of a chat, from one text for each message; null where it is too long to be counted at once. */
  readonly countPrompt: (texts: readonly string[]) => number | null;
  /** Of a text of any length. */
  readonly countText: (text: string) => number;
  /** Of a text that comes piece by piece. */
  readonly grow: () => GrowingCount;
  /** UTF-8 bytes of the longest token: no text comes to fewer tokens than it holds of these. */
  readonly longestBytes: number;
}

const counters = new Map<string, TokenCounter>();

/** The counter of a catalogue model's `tokenizer`, or null for one that the router does not carry. */
export function findTokenizer(name: string | null): TokenCounter | null {
  if (name !== 'nano') return null;
  let counter = counters.get(name);
  if (!counter) {
    const tokenizer = new Tokenizer({ ...nano, added_tokens: [], post_processor: null }, {});
    const encode: Encode = (text) => tokenizer.encode(text, { add_special_tokens: false }).ids;
    // A byte-level vocabulary writes each byte as one character.
    const longestBytes = Object.keys(nano.model.vocab).reduce((most, token) => Math.max(most, token.length), 1);
    const grow = (): GrowingCount => new GrowingCount(encode, longestBytes);
    counter = {
      countPrompt: (texts) => countChatTokens(encode, texts),
      countText: (text) => {
        const count = grow();
        count.add(text);
        return count.count();
      },
      grow,
      longestBytes,
    };
    counters.set(name, counter);
  }
  return counter;
}

/** True for a name that `findTokenizer` knows. */
export function isTokenizer(name: string): boolean {
  return name === 'nano';
}
