// What a home is asked for a chat: field by field, nothing of the caller's JSON travels.
import * as z from 'zod';
import { messageSchema } from './message.ts';

/** More than callers were seen to send: the home holds the answer against each, however few its server takes. */
export const MAX_STOPS = 64;

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
});
