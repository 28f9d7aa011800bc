// How likely the tokens of an answer were, as events and whole answers tell it. A home writes it in one form only, so that its hub can hold what came against
// what the same values are written as: nothing else finds room in it. Source: the OpenAI API's chat.completion.chunk object, `choices[].logprobs`.
import * as z from 'zod';
import { parseJson } from './json.ts';
import { escapeLines } from './quote-json.ts';

/** Other tokens that are told at a place at most. */
export const MAX_TOP_LOGPROBS = 20;
/** Tokens that one event tells of at most: servers send one or a few. */
export const MAX_EVENT_LOGPROBS = 64;
/** Longer than the tokens of any vocabulary. */
export const MAX_LOGPROB_TOKEN_CHARS = 256;
export const MAX_LOGPROB_BYTES = 1024;
/** What servers write for a token that cannot be: JSON has no infinity. */
export const LEAST_LOGPROB = -9999;
/** Bytes of an event's log probabilities at most. */
export const MAX_LOGPROBS_JSON = 48 * 1024;

const likely = {
  token: z
    .string()
    .max(MAX_LOGPROB_TOKEN_CHARS)
    .refine((text) => text.isWellFormed()),
  logprob: z.number().min(LEAST_LOGPROB).max(0),
  bytes: z.array(z.int().min(0).max(255)).max(MAX_LOGPROB_BYTES).nullable(),
};
const likelySchema = z.strictObject(likely);
const tokenSchema = z.strictObject({ ...likely, top_logprobs: z.array(likelySchema).max(MAX_TOP_LOGPROBS) });
const logprobsSchema = z.strictObject({
  content: z.array(tokenSchema).min(1).max(MAX_EVENT_LOGPROBS),
  refusal: z.null(),
});

/** A token and its natural logarithm of probability; `bytes`: of its text as UTF-8, null where half a character is all that is known of it. */
export type LikelyToken = Readonly<z.output<typeof likelySchema>>;
export type TokenLogprob = LikelyToken & { readonly top_logprobs: readonly LikelyToken[] };

/** The one form in which they are written. */
export function encodeLogprobs(tokens: readonly TokenLogprob[]): string {
  const content = tokens.map((token) => ({ ...toLikely(token), top_logprobs: token.top_logprobs.map(toLikely) }));
  return escapeLines(JSON.stringify({ content, refusal: null }));
}

function toLikely({ token, logprob, bytes }: LikelyToken): LikelyToken {
  return { token, logprob, bytes };
}

/** Reads what a home has written; null where it is anything but that form, or tells more tokens at a place than `most`. */
export function readOwnLogprobs(json: string, most: number): readonly TokenLogprob[] | null {
  if (json.length > MAX_LOGPROBS_JSON) return null;
  const parsed = logprobsSchema.safeParse(parseJson(json));
  if (!parsed.success) return null;
  const { content } = parsed.data;
  const isWithin = content.every(({ top_logprobs: top }) => top.length <= most);
  return isWithin && encodeLogprobs(content) === json ? content : null;
}

/** About how many UTF-16 units they take where an answer is kept, as objects that were parsed. */
export function countLogprobChars(tokens: readonly TokenLogprob[]): number {
  let chars = 0;
  for (const one of tokens)
    for (const { token, bytes } of [one, ...one.top_logprobs])
      chars += CHARS_OF_ONE + 2 * token.length + CHARS_OF_BYTE * (bytes?.length ?? 0);
  return chars;
}

const CHARS_OF_ONE = 80;
const CHARS_OF_BYTE = 8;
