// The most prompt tokens that a chat can come to, from its bytes alone, where its tokenizer is not known. Pure.

/** Room for a template's control tokens around one message, and around the whole. */
const TOKENS_PER_MESSAGE = 8;
const TOKENS_PER_PROMPT = 8;

const encoder = new TextEncoder();

/** UTF-8 bytes of all texts ÷ `minBytesPerToken` (≥ 1), rounded up, and the template's own tokens. */
export function boundPromptTokens(chat: {
  /** One for each message. */
  readonly texts: readonly string[];
  readonly minBytesPerToken: number;
}): number {
  let bytes = 0;
  for (const one of chat.texts) bytes += encoder.encode(one).length;
  const text = Math.ceil(bytes / Math.max(1, chat.minBytesPerToken));
  return text + TOKENS_PER_MESSAGE * chat.texts.length + TOKENS_PER_PROMPT;
}
