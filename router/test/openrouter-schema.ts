// What OpenRouter asks of the list of a provider's models (provider schema 2.4), as a JSON Schema in our own words: what stands there, not how they write it.
// Source: openrouter.ai/docs/use-cases/for-providers, and providers' lists that say this version.

const price = { type: 'string', pattern: String.raw`^\d+(?:\.\d+)?$` };
const prices = {
  type: 'array',
  items: {
    type: 'object',
    required: ['type', 'unit', 'cost_usd'],
    properties: { type: { type: 'string' }, unit: { type: 'string' }, cost_usd: price },
  },
};
const length = {
  type: 'object',
  required: ['value', 'unit'],
  properties: { value: { type: 'integer', minimum: 1 }, unit: { const: 'token' } },
};
const parameter = {
  type: 'object',
  required: ['type'],
  properties: { type: { enum: ['range', 'integer', 'boolean', 'enum', 'array', 'string'] } },
};
const textIn = {
  required: ['supported_inputs', 'pricing'],
  properties: {
    supported_inputs: { type: 'object', required: ['max_context_length'], additionalProperties: length },
    pricing: { ...prices, contains: { properties: { type: { const: 'prompt' } } } },
  },
};
const textOut = {
  required: ['max_length', 'streaming', 'supported_parameters', 'pricing'],
  properties: {
    max_length: length,
    streaming: { type: 'boolean' },
    supported_parameters: { type: 'object', additionalProperties: parameter },
    pricing: { ...prices, contains: { properties: { type: { const: 'completion' } } } },
  },
};
const modalities = (types: readonly string[], text: object): object => ({
  type: 'array',
  minItems: 1,
  contains: { properties: { type: { const: 'text' } } },
  items: {
    type: 'object',
    required: ['type'],
    properties: { type: { enum: types }, pricing: prices },
    anyOf: [{ properties: { type: { enum: types.filter((type) => type !== 'text') } } }, text],
  },
});

export const OPENROUTER_MODELS = {
  type: 'object',
  required: ['data'],
  properties: {
    data: {
      type: 'array',
      items: {
        type: 'object',
        required: [
          'schema_version',
          'id',
          'name',
          'created',
          'quantization',
          'input_modalities',
          'output_modalities',
          'is_ready',
          'datacenters',
          'context_length',
          'max_output_length',
          'supported_sampling_parameters',
          'supported_features',
        ],
        properties: {
          schema_version: { const: '2.4' },
          id: { type: 'string', minLength: 1 },
          name: { type: 'string', minLength: 1 },
          hugging_face_id: { type: 'string' },
          created: { type: 'integer', minimum: 0 },
          description: { type: 'string' },
          quantization: { enum: ['int4', 'int8', 'fp4', 'fp6', 'fp8', 'fp16', 'bf16', 'fp32', 'unknown'] },
          input_modalities: modalities(['text', 'image', 'audio', 'video', 'file'], textIn),
          output_modalities: modalities(['text', 'image', 'audio', 'embeddings'], textOut),
          pricing: prices,
          is_ready: { type: 'boolean' },
          is_free: { type: 'boolean' },
          datacenters: {
            type: 'array',
            items: {
              type: 'object',
              required: ['country_code'],
              properties: { country_code: { type: 'string', pattern: '^[A-Z]{2}$' } },
            },
          },
          context_length: { type: 'integer', minimum: 1 },
          max_output_length: { type: 'integer', minimum: 1 },
          supported_sampling_parameters: { type: 'array', items: { type: 'string' } },
          supported_features: {
            type: 'array',
            items: { enum: ['tools', 'json_mode', 'structured_outputs', 'logprobs', 'web_search', 'reasoning'] },
          },
        },
      },
    },
  },
} as const;
