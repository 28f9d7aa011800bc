// What can be known of a prompt's length against a model's context without its tokenizer: before it is sent and after it was answered. Pure.

import type { TokenEstimate } from '../../schema/estimate-tokens.ts';
import type { Product } from './probe-server.ts';

export interface Context {
  readonly tokens: number;
  /** The server did not tell it: nothing is refused or called cut by it. */
  readonly isGuessed: boolean;
}

/** A usual tokenizer's count and the largest of any differ by less than this. */
const WIDEST = 2;
/** A template's own tokens, of a conversation. */
const TEMPLATE_TOKENS = 64;

/** False for a prompt that fits by any tokenizer: nobody need be asked. */
export function mayOverflow(estimate: TokenEstimate, context: Context): boolean {
  return WIDEST * estimate.expected + TEMPLATE_TOKENS >= context.tokens;
}

/** Products that answer however many tokens are asked for, and end where their context does. */
const PATIENT: ReadonlySet<Product> = new Set(['llama-server', 'ollama', 'lm-studio']);
/** A usual tokenizer's count and a server's own differ by less than this, mostly. */
const USUALLY_WITHIN = 1.25;
/** A picture of a usual size, by models that look closely. */
const IMAGE_TOKENS = 2048;
/** Up to this share of a context is given away rather than that a short prompt is counted. */
const GIVEN_AWAY = 1 / 8;
/** Fewer are asked for only where the server itself has said how many are left. */
const LEAST_ASKED = 256;

/** What a prompt holds beside its messages' text, about: tokens of tools, and pictures. */
export interface Beside {
  readonly toolTokens: number;
  readonly images: number;
}

/** How many tokens of answer a context leaves surely, and how many it leaves as far as anybody can tell. */
export function tokensLeft(
  { expected }: TokenEstimate,
  context: Context,
  { toolTokens, images }: Beside,
): { readonly surely: number; readonly likely: number } {
  const text = expected + toolTokens;
  const rest = context.tokens - TEMPLATE_TOKENS - images * IMAGE_TOKENS;
  const likely = Math.max(LEAST_ASKED, Math.floor(rest - USUALLY_WITHIN * text));
  return { surely: Math.max(0, rest - WIDEST * text), likely };
}

/**
 * How long an answer may be that is asked for: where the server refuses what does not fit together with its prompt no longer than that leaves, as near as
 * it is worth to know it. 'count': worth to be asked.
 */
export function fitUncounted(
  product: Product,
  maxTokens: number,
  { left, context }: { left: { readonly surely: number }; context: Context },
): number | 'count' {
  if (PATIENT.has(product) || context.isGuessed || maxTokens <= left.surely) return maxTokens;
  return left.surely >= (1 - GIVEN_AWAY) * context.tokens ? left.surely : 'count';
}

/** True for a prompt that fits by no tokenizer. */
export function surelyOverflows(estimate: TokenEstimate, context: Context): boolean {
  return !context.isGuessed && estimate.least >= context.tokens;
}

/** Products that refuse what does not fit, aloud and by their own count. */
const REFUSING: ReadonlySet<Product> = new Set(['llama-server', 'vllm']);
/** A prompt that is over its context is expected to have at least this share of it. */
const EXPECTED_OVER = 0.85;
/** Ollama cuts to half of the context, the first few tokens and what it keeps for the answer. */
const NEAR_HALF = 16;
/** With a context that is not known only a count that is too low for the text tells; of less than this it may be a cache's. */
const LEAST_CUT = 1_024;

/**
 * Whether a server that answered had cut the prompt: it read fewer tokens than the text has, or just those that cutting leaves. `promptTokens` is what
 * it says to have read. Ollama drops the oldest messages first, then all but half a context of the rest (llm/llama_server.go, server/prompt.go,
 * issue 17427); some count only what was not in their cache, which is no cut.
 */
export function wasCut(
  product: Product,
  promptTokens: number,
  { estimate, context }: { estimate: TokenEstimate; context: Context },
): boolean {
  if (promptTokens <= 0 || REFUSING.has(product)) return false;
  const isTooFew = estimate.least > promptTokens;
  if (context.isGuessed) return isTooFew && promptTokens >= LEAST_CUT;
  if (promptTokens === context.tokens) return true;
  if (estimate.expected < EXPECTED_OVER * context.tokens) return false;
  if (promptTokens === context.tokens - 1) return estimate.expected > context.tokens;
  const isHalf = Math.abs(promptTokens - context.tokens / 2) <= NEAR_HALF;
  return isTooFew || (isHalf && estimate.expected > 1.5 * promptTokens);
}
