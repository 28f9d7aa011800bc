// How many tokens a request may use: what it asks, cut to what the model allows, and refused where the prompt alone does not fit.
import { ApiError } from '../errors.ts';
import type { ServedModel } from './served-models.ts';

/** Token limits of one job. */
export interface JobLimits {
  /** Prompt tokens exactly, where the router carries the model's tokenizer; else null. */
  readonly promptExact: number | null;
  /** Prompt tokens at most: the exact count, or a bound from bytes. */
  readonly promptBound: number;
  /** Output tokens at most; always finite. */
  readonly maxTokens: number;
}

interface Prompt {
  readonly count: { readonly exact: number | null; readonly bound: number };
  /** The caller's field that holds it. */
  readonly field: string;
}

/** Throws ApiError context_length_exceeded with the numbers when the prompt leaves no room for an answer. */
export function fitLimits(
  request: { readonly model: string; readonly maxTokens: number | null },
  served: ServedModel,
  { count, field }: Prompt,
): JobLimits {
  const prompt = count.exact ?? 0;
  const room = served.contextTokens - prompt;
  if (room < 1) {
    const message = `The prompt holds ${prompt} tokens, and '${request.model}' takes ${served.contextTokens} tokens in all. Shorten the ${field}.`;
    throw new ApiError('context_length_exceeded', message, { param: field });
  }
  const asked = request.maxTokens ?? served.maxOutputTokens;
  const maxTokens = Math.min(asked, served.maxOutputTokens, room);
  return { promptExact: count.exact, promptBound: count.bound, maxTokens };
}
