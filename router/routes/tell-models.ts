// The forms in which models are listed: OpenAI's with what clients look for beside, Anthropic's, and the one that OpenRouter reads of its providers. Pure.
import { REASONING_EFFORTS } from '../../schema/chat-job.ts';
import { isNeed } from '../../schema/needs.ts';
import type { Need } from '../../schema/needs.ts';
import { UNITS_PER_CREDIT } from '../../schema/provider.ts';
import type { ModelListing } from './served-models.ts';

/** Fields of a request that every home reads. */
const ALWAYS = ['max_tokens', 'temperature', 'top_p', 'stop', 'seed', 'frequency_penalty', 'presence_penalty'] as const;

interface Ability {
  readonly parameters?: readonly string[];
  readonly features?: readonly string[];
  readonly input?: string;
  readonly output?: string;
}

/** What each ability adds to a listing. */
const ABILITIES: Readonly<Record<Need, Ability>> = {
  tools: { parameters: ['tools', 'tool_choice', 'parallel_tool_calls'], features: ['tools'] },
  json: {
    parameters: ['response_format', 'structured_outputs'],
    features: ['json_mode', 'structured_outputs'],
  },
  images: { input: 'image' },
  logprobs: { parameters: ['logprobs', 'top_logprobs'], features: ['logprobs'] },
  reasoning: { parameters: ['reasoning', 'include_reasoning', 'reasoning_effort'], features: ['reasoning'] },
  completion: {},
  embeddings: { output: 'embeddings' },
  transcription: { input: 'audio' },
  'image-generation': { output: 'image' },
};

/** OpenRouter's closed list of quantizations, by how names of weights begin once separators are gone; the first that fits. */
const QUANTIZATIONS: readonly (readonly [RegExp, string])[] = [
  [/^(?:u?int8|i8|q8|w8)/, 'int8'],
  [/^(?:u?int4|i?q4|w4|awq|gptq)/, 'int4'],
  [/^(?:fp8|f8|e4m3|e5m2)/, 'fp8'],
  [/^fp6/, 'fp6'],
  [/^(?:fp4|mxfp4|nvfp4)/, 'fp4'],
  [/^(?:bf16|bfloat16)/, 'bf16'],
  [/^(?:fp16|f16|float16|half)/, 'fp16'],
  [/^(?:fp32|f32|float32)/, 'fp32'],
];

const isCountry = (code: string): boolean => /^[A-Z]{2}$/.test(code) && code !== 'XX';

function abilitiesOf({ can }: Pick<ModelListing, 'can'>): Ability[] {
  return can.filter(isNeed).map((need) => ABILITIES[need]);
}

function modalitiesOf(model: ModelListing): { input: string[]; output: string[] } {
  const abilities = abilitiesOf(model);
  const added = (side: 'input' | 'output'): string[] => [
    ...new Set(['text', ...abilities.flatMap((one) => one[side] ?? [])]),
  ];
  return { input: added('input'), output: added('output') };
}

function parametersOf(model: ModelListing): string[] {
  return [...ALWAYS, ...abilitiesOf(model).flatMap(({ parameters = [] }) => parameters)];
}

/** OpenAI's form; what OpenAI does not tell stands under the names that other servers and clients use. */
export function toModelJson(model: ModelListing): object {
  const { input, output } = modalitiesOf(model);
  return {
    id: model.id,
    object: 'model',
    created: Math.floor(model.createdAt / 1000),
    owned_by: model.isOwn ? 'you' : 'irori',
    description: model.description,
    context_length: model.contextTokens,
    max_context_length: model.maxContextTokens,
    max_output_tokens: model.maxOutputTokens,
    pricing: {
      unit: 'micro-credits per million tokens',
      prompt: model.priceIn,
      completion: model.priceOut,
      // What the cheapest home asks now: 'cheapest' goes there.
      least_prompt: model.leastPriceIn,
      least_completion: model.leastPriceOut,
    },
    nodes_online: model.nodesOnline,
    architecture: { input_modalities: input, output_modalities: output },
    supported_parameters: parametersOf(model),
    countries: model.countries.filter(isCountry),
  };
}

/** One model in the form of Anthropic's Models API. `client.models.list()` of its clients reads it. */
export function toAnthropicModel(model: ModelListing): object {
  return {
    type: 'model',
    id: model.id,
    display_name: model.id,
    created_at: new Date(model.createdAt).toISOString(),
    max_input_tokens: model.contextTokens,
    max_tokens: model.maxOutputTokens,
  };
}

/** Where a page of Anthropic's list begins, and how long it is. */
export interface PageAsked {
  readonly limit: number;
  readonly afterId: string | null;
  readonly beforeId: string | null;
}

/** A page of Anthropic's list. An id that is not listed begins at the start. */
export function toAnthropicList(models: readonly ModelListing[], { limit, afterId, beforeId }: PageAsked): object {
  const at = (id: string | null): number => (id === null ? -1 : models.findIndex((one) => one.id === id));
  const end = at(beforeId);
  const rest = end < 0 ? models.slice(at(afterId) + 1) : models.slice(0, end);
  const page = end < 0 ? rest.slice(0, limit) : rest.slice(-limit);
  return {
    data: page.map(toAnthropicModel),
    has_more: rest.length > page.length,
    first_id: page[0]?.id ?? null,
    last_id: page.at(-1)?.id ?? null,
  };
}

/**
 * One model as OpenRouter reads its providers' models (schema 2.4). Prices are credits a token, as texts, since JSON's numbers round them; a credit is what the
 * operator sells as one dollar. The flat fields beside are those of the versions before.
 */
export function toOpenRouterModel(model: ModelListing): object {
  return {
    schema_version: '2.4',
    id: model.id,
    name: model.id,
    hugging_face_id: '',
    created: Math.floor(model.createdAt / 1000),
    description: model.description,
    quantization: lowestQuantization(model.quantisations),
    input_modalities: modalitiesOf(model).input.map((type) => describeInput(type, model)),
    output_modalities: modalitiesOf(model).output.map((type) => describeOutput(type, model)),
    pricing: [],
    is_ready: model.nodesOnline > 0,
    is_free: model.priceIn === 0 && model.priceOut === 0,
    datacenters: model.countries.filter(isCountry).map((code) => ({ country_code: code })),
    context_length: model.contextTokens,
    max_output_length: model.maxOutputTokens,
    supported_sampling_parameters: ALWAYS,
    supported_features: abilitiesOf(model).flatMap(({ features = [] }) => features),
  };
}

function describeInput(type: string, model: ModelListing): object {
  if (type !== 'text')
    return { type, ...(type === 'image' && { supported_inputs: { sources: { type: 'enum', values: ['base64'] } } }) };
  const most = { value: model.contextTokens, unit: 'token' };
  return {
    type,
    supported_inputs: { max_context_length: most, max_prompt_length: most },
    pricing: [{ type: 'prompt', unit: 'token', cost_usd: toTokenPrice(model.priceIn) }],
  };
}

function describeOutput(type: string, model: ModelListing): object {
  if (type !== 'text') return { type };
  return {
    type,
    max_length: { value: model.maxOutputTokens, unit: 'token' },
    streaming: true,
    supported_parameters: describeParameters(model),
    pricing: [{ type: 'completion', unit: 'token', cost_usd: toTokenPrice(model.priceOut) }],
  };
}

function describeParameters(model: ModelListing): object {
  const range = (min: number, max: number): object => ({ type: 'range', min, max });
  const known: Record<string, object> = {
    max_tokens: { type: 'integer', min: 1, max: model.maxOutputTokens, unit: 'token' },
    temperature: range(0, 2),
    top_p: range(0, 1),
    frequency_penalty: range(-2, 2),
    presence_penalty: range(-2, 2),
    stop: { type: 'array' },
    seed: { type: 'integer' },
    top_logprobs: { type: 'integer', min: 0, max: 20 },
    reasoning_effort: { type: 'enum', values: REASONING_EFFORTS },
  };
  return Object.fromEntries(parametersOf(model).map((name) => [name, known[name] ?? { type: 'boolean' }]));
}

/** Micro-credits a million tokens as credits a token, written out in full. */
export function toTokenPrice(unitsPerMillion: number): string {
  const scale = String(UNITS_PER_CREDIT).length - 1 + 6;
  const digits = BigInt(Math.round(unitsPerMillion))
    .toString()
    .padStart(scale + 1, '0');
  const fraction = digits.slice(-scale).replace(/0+$/, '');
  return fraction === '' ? digits.slice(0, -scale) : `${digits.slice(0, -scale)}.${fraction}`;
}

const ORDER = ['fp4', 'int4', 'fp6', 'int8', 'fp8', 'fp16', 'bf16', 'fp32'];

/** The coarsest of what the homes run, since any of them may answer; `unknown` where none says one of the list. */
export function lowestQuantization(names: readonly string[]): string {
  const found = names.map((name) => {
    const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
    return QUANTIZATIONS.find(([pattern]) => pattern.test(plain))?.[1] ?? 'unknown';
  });
  if (found.length === 0 || found.includes('unknown')) return 'unknown';
  return ORDER.find((one) => found.includes(one)) ?? 'unknown';
}
