// What a home is asked for a text that goes on: the text as it stands, without a template, and the same wishes as of a chat where they make sense.
import * as z from 'zod';
import { SAMPLERS } from './needs.ts';

/** What only some requests ask for. */
const wishes = {
  logitBias: z.record(z.string(), z.number()).optional(),
  samplers: z.partialRecord(z.enum(SAMPLERS), z.number()).optional(),
};

export const completionJobSchema = z.object({
  kind: z.literal('completion'),
  model: z.string(),
  prompt: z.string(),
  /** The text that follows what is written; '' for none. */
  suffix: z.string(),
  maxTokens: z.number().int().min(1),
  temperature: z.number(),
  topP: z.number(),
  stop: z.array(z.string()),
  seed: z.number().int(),
  frequencyPenalty: z.number(),
  presencePenalty: z.number(),
  ...wishes,
});
export type CompletionWishes = Partial<Pick<z.output<typeof completionJobSchema>, keyof typeof wishes>>;
