// The part of a piece of an answer that lies within a limit of tokens. Pure.
import type { Delta } from '../backends/backend.ts';

/** The first `tokens` of the piece's tokens with their share of its text, no character cut in two; null where that is nothing. */
export function cutDelta(delta: Delta, tokens: number): Delta | null {
  if (tokens <= 0) return null;
  if (tokens >= delta.tokens) return delta;
  const text = takeShare(delta.text, tokens / delta.tokens);
  // A share of the text is not what a share of the ids says, so those stay behind.
  const { tokenIds: _, logprobs, ...rest } = delta;
  const likely = logprobs && { logprobs: logprobs.slice(0, tokens) };
  return text === '' ? null : { ...rest, text, tokens, ...likely };
}

/** The text's beginning, by length. */
function takeShare(text: string, share: number): string {
  const length = Math.floor(text.length * share);
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}
