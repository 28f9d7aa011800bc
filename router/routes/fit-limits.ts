// How many tokens a request may use: what it asks, cut to what the model allows, and refused where the prompt alone does not fit.
import type { PromptCount } from '../billing/count-part.ts';
import { describeTooLong, tellContext } from '../relay/tell-context.ts';
import { ApiError } from '../errors.ts';
import type { ServedModel } from './served-models.ts';

/** Token limits of one job. */
export interface JobLimits {
  /** Prompt tokens exactly, where the router carries the model's tokenizer; else null. */
  readonly promptExact: number | null;
  /** Prompt tokens at most: the exact count, or a bound from bytes. */
  readonly promptBound: number;
  /** Prompt tokens for sure, and about how many: the exact count where there is one. */
  readonly promptLeast: number;
  readonly promptExpected: number;
  /** Output tokens at most; always finite. */
  readonly maxTokens: number;
}

interface Prompt {
  readonly count: PromptCount;
  /** The caller's field that holds it. */
  readonly field: string;
}

/** Throws ApiError context_length_exceeded with the numbers when the prompt leaves no room for an answer for sure. */
export function fitLimits(
  request: { readonly model: string; readonly maxTokens: number | null },
  served: ServedModel,
  { count, field }: Prompt,
): JobLimits {
  const { contextTokens } = served;
  const room = contextTokens - count.least;
  if (room < 1) {
    const told = describeTooLong({ promptTokens: null, contextTokens }, count);
    throw new ApiError('context_length_exceeded', tellContext(told), { param: field });
  }
  const asked = request.maxTokens ?? served.maxOutputTokens;
  const maxTokens = Math.min(asked, served.maxOutputTokens, room);
  const { exact: promptExact, bound: promptBound, least: promptLeast, expected: promptExpected } = count;
  return { promptExact, promptBound, promptLeast, promptExpected, maxTokens };
}
