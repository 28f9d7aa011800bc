// Fields that a request may hold and that nothing here reads. What only hints is taken without a word; what a home could not do is told as left out; what
// would change what the answer means is refused by name.
import { SAMPLER_ALIASES, SAMPLERS } from './needs.ts';
import type { Sampler } from './needs.ts';

/** For accounts, caches and logs elsewhere: the answer is the same without them. */
const HINTS = new Set([
  'allowed_openai_params',
  'include_reasoning',
  'keep_alive',
  'metadata',
  'prediction',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'safety_identifier',
  'store',
  'trace',
  'usage',
  'user',
  'session_id',
]);

/** Fields that ask for what no home does, with the values that ask for nothing. */
const REFUSED: Readonly<Record<string, (value: unknown) => boolean>> = {
  audio: () => false,
  grammar: isEmpty,
  guided_choice: isEmpty,
  guided_grammar: isEmpty,
  guided_json: isEmpty,
  guided_regex: isEmpty,
  json_schema: isEmpty,
  modalities: (value) => Array.isArray(value) && value.every((one) => one === 'text'),
  plugins: isEmpty,
  structured_outputs: isEmpty,
  web_search_options: () => false,
};

export type LeftOut = 'hint' | 'ignored' | 'refused';

/** What becomes of a field that no schema names. Null and undefined ask for nothing, whatever the field. */
export function judgeField(field: string, value: unknown): LeftOut {
  if (value === null || value === undefined || HINTS.has(field)) return 'hint';
  if (field === 'service_tier') return value === 'auto' || value === 'default' ? 'hint' : 'ignored';
  const isNeutral = Object.hasOwn(REFUSED, field) ? REFUSED[field] : undefined;
  if (!isNeutral) return 'ignored';
  return isNeutral(value) ? 'hint' : 'refused';
}

/** The sampler that a field names; null for any other. */
export function samplerOf(field: string): Sampler | null {
  const alias = Object.hasOwn(SAMPLER_ALIASES, field) ? SAMPLER_ALIASES[field] : undefined;
  return alias ?? SAMPLERS.find((sampler) => sampler === field) ?? null;
}

function isEmpty(value: unknown): boolean {
  return value === '' || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
}
