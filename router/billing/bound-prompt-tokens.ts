// The most prompt tokens that a chat can come to, from its bytes alone, where its tokenizer is not known. Pure.

/** Room for a template's control tokens around one message, and around the whole. */
const TOKENS_PER_MESSAGE = 8;
const TOKENS_PER_PROMPT = 8;

const encoder = new TextEncoder();

/** UTF-8 bytes of all contents ÷ `minBytesPerToken` (≥ 1), rounded up, and the template's own tokens. */
export function boundPromptTokens(chat: {
  readonly messages: readonly { readonly content: string }[];
  readonly minBytesPerToken: number;
}): number {
  let bytes = 0;
  for (const message of chat.messages) bytes += encoder.encode(message.content).length;
  const text = Math.ceil(bytes / Math.max(1, chat.minBytesPerToken));
  return text + TOKENS_PER_MESSAGE * chat.messages.length + TOKENS_PER_PROMPT;
}
