// What a home is asked for embeddings: texts, and how long each vector is to be. One answer holds all vectors or none.
import * as z from 'zod';

/** As many as the API takes in one call. */
export const MAX_INPUTS = 2048;
/** Numbers of one vector at most: twice what the longest models in use make. */
export const MAX_DIMENSIONS = 8192;

export const embeddingJobSchema = z.object({
  kind: z.literal('embedding'),
  model: z.string(),
  inputs: z.array(z.string()).max(MAX_INPUTS),
  /** How many inputs there are: hubs keep none of them. */
  count: z.number().int().min(1).max(MAX_INPUTS),
  /** How many numbers each vector is to have; absent for what the model makes by itself. */
  dimensions: z.number().int().min(1).max(MAX_DIMENSIONS).optional(),
  /** Nothing is written that counts in tokens, and nothing is drawn. */
  maxTokens: z.number().int().min(0).max(0),
  seed: z.number().int().min(0).max(0),
});
