// Exact token counts of a chat, given what turns text into ids. Pure.

/** Text to token ids with control tokens off: `<|end|>` typed by a caller is plain text. */
export type Encode = (text: string) => readonly number[];

/** Prompts longer than this (UTF-16 units) are bounded instead of counted: counting must never hold up the thread. Answers are counted as they grow. */
export const MAX_COUNTED_CHARS = 65_536;

/**
 * Prompt tokens of a chat in the nano template: each message is one role token, its text and `<|end|>`, and `<|assistant|>`
 * opens the answer. Null when the texts are too long to count.
 */
export function countChatTokens(encode: Encode, texts: readonly string[]): number | null {
  let chars = 0;
  for (const text of texts) chars += text.length;
  if (chars > MAX_COUNTED_CHARS) return null;
  return texts.reduce((tokens, text) => tokens + (text === '' ? 0 : encode(text).length) + 2, 1);
}
