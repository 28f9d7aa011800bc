// What a home is asked for a chat: field by field, nothing of the caller's JSON travels but texts, schemas and pictures.
import * as z from 'zod';
import { MAX_TOP_LOGPROBS } from './logprobs.ts';
import { messageSchema } from './message.ts';
import { SAMPLERS } from './needs.ts';
import { responseFormatSchema, toolChoiceSchema, toolSchema } from './tools.ts';

/** More than callers were seen to send: the home holds the answer against each, however few its server takes. */
export const MAX_STOPS = 64;

/** How hard a model should think; servers that know fewer words take the nearest. */
export const REASONING_EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;

/** What only some requests ask for: absent where the caller said nothing, so that older homes read the rest. */
const wishes = {
  tools: z.array(toolSchema).optional(),
  toolChoice: toolChoiceSchema.optional(),
  parallelToolCalls: z.boolean().optional(),
  /** Calls are told in the older form, one `function_call` an answer. */
  isFunctionCall: z.boolean().optional(),
  responseFormat: responseFormatSchema.optional(),
  reasoningEffort: z.enum(REASONING_EFFORTS).optional(),
  verbosity: z.enum(['low', 'medium', 'high']).optional(),
  /** How many of the likeliest tokens are told at each place, 0 for the chosen one alone. */
  topLogprobs: z.number().int().min(0).max(MAX_TOP_LOGPROBS).optional(),
  logitBias: z.record(z.string(), z.number()).optional(),
  samplers: z.partialRecord(z.enum(SAMPLERS), z.number()).optional(),
};

export const chatJobSchema = z.object({
  // Routers that knew only chat named no kind.
  kind: z.literal('chat').default('chat'),
  model: z.string(),
  messages: z.array(messageSchema),
  maxTokens: z.number().int().min(1),
  temperature: z.number(),
  topP: z.number(),
  stop: z.array(z.string()),
  seed: z.number().int(),
  frequencyPenalty: z.number(),
  presencePenalty: z.number(),
  ...wishes,
});
export type ChatWishes = Partial<Pick<z.output<typeof chatJobSchema>, keyof typeof wishes>>;

/** Of a chat's request only the wishes. */
export function pickWishes(request: ChatWishes): ChatWishes {
  const known = Object.entries(request).filter(([name, value]) => Object.hasOwn(wishes, name) && value !== undefined);
  return Object.fromEntries(known);
}
