// The most prompt tokens that a chat can come to, where its tokenizer is not known: what its home may say at most. Pure.
import { mostPromptTokens, weighText } from './weigh-characters.ts';

/** Room for a template's control tokens around one message, and around the whole. */
const TOKENS_PER_MESSAGE = 8;
const TOKENS_PER_PROMPT = 8;

/** UTF-8 bytes of all texts ÷ `minBytesPerToken` (≥ 1), rounded up, or what their characters can bear where that is less; and the template's own tokens. */
export function boundPromptTokens(chat: {
  /** One for each message. */
  readonly texts: readonly string[];
  readonly minBytesPerToken: number;
  /** A vocabulary of the router's own, smaller than those that characters are weighed for: its bound is of bytes alone. */
  readonly isOwn?: boolean;
}): number {
  let bytes = 0;
  let most = 0;
  for (const one of chat.texts) {
    const weight = weighText(one);
    bytes += weight.bytes;
    most += chat.isOwn ? Number.POSITIVE_INFINITY : mostPromptTokens(weight);
  }
  const text = Math.min(most, Math.ceil(bytes / Math.max(1, chat.minBytesPerToken)));
  return text + TOKENS_PER_MESSAGE * chat.texts.length + TOKENS_PER_PROMPT;
}
