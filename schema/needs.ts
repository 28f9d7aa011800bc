// What a request may need of a model beside text in and text out: found in the request, told by homes of each model, wished of the home that answers.

/** In the order in which a missing one is told. */
export const NEEDS = [
  'tools',
  'json',
  'images',
  'logprobs',
  'reasoning',
  'completion',
  'embeddings',
  'transcription',
  'image-generation',
] as const;
export type Need = (typeof NEEDS)[number];

export function isNeed(word: string): word is Need {
  return NEEDS.some((need) => need === word);
}

/** Samplers beyond those that every home has: handed to a model server that has them, by these names, and told as left out by one that has not. */
export const SAMPLERS = [
  'top_k',
  'min_p',
  'typical_p',
  'top_a',
  'repetition_penalty',
  'repeat_last_n',
  'dynatemp_range',
  'dynatemp_exponent',
  'xtc_probability',
  'xtc_threshold',
  'dry_multiplier',
  'dry_base',
  'dry_allowed_length',
  'dry_penalty_last_n',
  'mirostat',
  'mirostat_tau',
  'mirostat_eta',
  'min_tokens',
] as const;
export type Sampler = (typeof SAMPLERS)[number];

/** Names that callers use for one of them. */
export const SAMPLER_ALIASES: Readonly<Record<string, Sampler>> = {
  repeat_penalty: 'repetition_penalty',
  rep_pen: 'repetition_penalty',
  typical: 'typical_p',
};
