// How many tokens a request may use: what it asks, cut to what the model allows, and refused where the prompt alone does not fit.
import type { ChatRequest } from '../../schema/openai.ts';
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

export interface TokenCounter {
  readonly countPrompt: (request: ChatRequest, model: ServedModel) => { exact: number | null; bound: number };
}

/** Throws ApiError context_length_exceeded with the numbers when the prompt leaves no room for an answer. */
export function fitLimits(request: ChatRequest, model: ServedModel, counter: TokenCounter): JobLimits {
  const { exact, bound } = counter.countPrompt(request, model);
  const prompt = exact ?? 0;
  const room = model.contextTokens - prompt;
  if (room < 1) {
    const message = `The prompt holds ${prompt} tokens, and '${request.model}' takes ${model.contextTokens} tokens in all. Shorten the messages.`;
    throw new ApiError('context_length_exceeded', message, { param: 'messages' });
  }
  const asked = request.maxTokens ?? model.maxOutputTokens;
  return { promptExact: exact, promptBound: bound, maxTokens: Math.min(asked, model.maxOutputTokens, room) };
}
