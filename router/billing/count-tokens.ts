// Exact token counts of a chat and of an answer, given what turns text into ids. Pure.

/** Text to token ids with control tokens off: `<|end|>` typed by a caller is plain text. */
export type Encode = (text: string) => readonly number[];

/** Texts longer than this (UTF-16 units) are bounded by bytes instead of counted: counting must never hold up the thread. */
export const MAX_COUNTED_CHARS = 65_536;

/** Tokens of a text; null when it is too long to count. */
export function countTextTokens(encode: Encode, text: string): number | null {
  if (text.length > MAX_COUNTED_CHARS) return null;
  return text === '' ? 0 : encode(text).length;
}

/**
 * Prompt tokens of a chat in the nano template: each message is one role token, its text and `<|end|>`, and `<|assistant|>`
 * opens the answer. Null when the texts are too long to count.
 */
export function countChatTokens(encode: Encode, texts: readonly string[]): number | null {
  let tokens = 1;
  let chars = 0;
  for (const text of texts) {
    chars += text.length;
    const count = chars > MAX_COUNTED_CHARS ? null : countTextTokens(encode, text);
    if (count === null) return null;
    tokens += count + 2;
  }
  return tokens;
}
