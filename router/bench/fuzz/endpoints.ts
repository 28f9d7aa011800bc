// What is fuzzed: every endpoint that takes a body from callers, with valid examples from which cases grow, and how its streams end. One that is added to the
// router is added here; the test of the short run finds those that are missing.
import { PIXEL } from '../../test/able-server.ts';

export interface FuzzedEndpoint {
  readonly path: string;
  /** Valid bodies; together they name every field that the endpoint reads. */
  readonly examples: readonly object[];
  /** What the last event of a whole stream holds; null where nothing is streamed. */
  readonly lastEvent: RegExp | null;
}

/** The model of the home that answers. */
export const FUZZ_MODEL = 'able-model';

const model = FUZZ_MODEL;
const picture = `data:image/png;base64,${PIXEL}`;
const schema = {
  type: 'object',
  properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 1 } },
  required: ['city'],
  additionalProperties: false,
};
const weather = {
  type: 'function',
  function: { name: 'weather', description: 'Tells.', parameters: schema, strict: true },
};
const called = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } };
const loop = [
  { role: 'system', content: 'Be brief.', name: 'house' },
  { role: 'user', content: [{ type: 'text', text: 'call weather' }] },
  { role: 'assistant', content: null, tool_calls: [called], reasoning_content: 'A tool knows.' },
  { role: 'tool', tool_call_id: 'call_1', content: [{ type: 'text', text: 'Sun.' }] },
];

const chat: FuzzedEndpoint = {
  path: '/v1/chat/completions',
  lastEvent: /^data: \[DONE\]$|"error":\{/,
  examples: [
    { model, messages: [{ role: 'user', content: 'hi' }] },
    {
      model,
      messages: loop,
      tools: [weather],
      tool_choice: 'auto',
      parallel_tool_calls: true,
      max_completion_tokens: 20,
    },
    {
      model,
      messages: [
        { role: 'developer', content: 'x' },
        { role: 'user', content: 'call weather' },
      ],
      tools: [weather],
      tool_choice: { type: 'function', function: { name: 'weather' } },
      stream: true,
      stream_options: { include_usage: true, include_obfuscation: false },
      max_tokens: 30,
    },
    {
      model,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url: picture, detail: 'low' } },
            { type: 'text', text: 'What?' },
          ],
        },
      ],
      response_format: { type: 'json_schema', json_schema: { name: 'place', schema, strict: true } },
      stop: ['END', '\n\n'],
      seed: 7,
      temperature: 0.4,
      top_p: 0.9,
      max_tokens: 40,
    },
    {
      model,
      messages: [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: 'yes', refusal: null, annotations: [] },
      ],
      logprobs: true,
      top_logprobs: 3,
      logit_bias: { '50256': -100 },
      n: 1,
      presence_penalty: 0.5,
      frequency_penalty: -0.5,
      reasoning_effort: 'low',
      verbosity: 'low',
      user: 'u',
      store: false,
      metadata: { a: 'b' },
      service_tier: 'auto',
      top_k: 40,
      min_p: 0.05,
      repetition_penalty: 1.1,
      stream: true,
      max_tokens: 5,
    },
    {
      model,
      messages: [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
        { role: 'function', name: 'f', content: '1' },
      ],
      functions: [{ name: 'f', parameters: schema }],
      function_call: 'none',
      provider: {
        sort: 'fastest',
        order: ['node_x'],
        only: [],
        country: ['DE'],
        max_rtt_ms: 40,
        pool: 'mine',
        max_price: { prompt: 1 },
      },
      resume: 'same-model',
      max_tokens: 3,
    },
  ],
};

const responses: FuzzedEndpoint = {
  path: '/v1/responses',
  lastEvent: /"type":"response\.(?:completed|incomplete|failed)"|"type":"error"/,
  examples: [
    { model, input: 'hi' },
    {
      model,
      instructions: 'Be brief.',
      input: [
        {
          type: 'message',
          role: 'user',
          content: [
            { type: 'input_text', text: 'call weather' },
            { type: 'input_image', image_url: picture },
          ],
          id: 'msg_1',
        },
        { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 's' }], encrypted_content: null },
        { type: 'function_call', call_id: 'c1', name: 'weather', arguments: '{}', id: 'fc_1' },
        { type: 'function_call_output', call_id: 'c1', output: 'Sun.' },
        { role: 'assistant', content: [{ type: 'output_text', text: 'yes', annotations: [] }] },
      ],
      tools: [
        { type: 'function', name: 'weather', parameters: schema, strict: true },
        { type: 'custom', name: 'patch', format: { type: 'text' } },
        { type: 'namespace', name: 'mail', tools: [{ type: 'function', name: 'read', parameters: schema }] },
        { type: 'web_search' },
      ],
      tool_choice: 'auto',
      parallel_tool_calls: false,
      include: ['reasoning.encrypted_content'],
      reasoning: { effort: 'low', summary: 'auto' },
      store: false,
      stream: true,
      prompt_cache_key: 'k',
      client_metadata: { a: 'b' },
      max_output_tokens: 30,
    },
    {
      model,
      input: [{ role: 'user', content: 'hi' }],
      text: { format: { type: 'json_schema', name: 'place', schema, strict: true }, verbosity: 'low' },
      truncation: 'disabled',
      top_logprobs: 2,
      temperature: 1,
      max_output_tokens: 30,
    },
  ],
};

const spoken = [
  {
    role: 'user',
    content: [
      { type: 'text', text: 'call weather', cache_control: { type: 'ephemeral' } },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PIXEL } },
    ],
  },
  {
    role: 'assistant',
    content: [
      { type: 'thinking', thinking: 'hm', signature: 's' },
      { type: 'tool_use', id: 't1', name: 'weather', input: { city: 'Oslo' } },
    ],
  },
  {
    role: 'user',
    content: [{ type: 'tool_result', tool_use_id: 't1', content: [{ type: 'text', text: 'Sun.' }], is_error: false }],
  },
];
const messagesTools = [{ name: 'weather', description: 'Tells.', input_schema: schema }];

const messages: FuzzedEndpoint = {
  path: '/v1/messages',
  lastEvent: /"type":"message_stop"|"type":"error"/,
  examples: [
    { model, max_tokens: 20, messages: [{ role: 'user', content: 'hi' }] },
    {
      model,
      max_tokens: 30,
      system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
      messages: spoken,
      tools: messagesTools,
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
      thinking: { type: 'enabled', budget_tokens: 1024 },
      metadata: { user_id: 'u' },
      context_management: { edits: [] },
      output_config: { effort: 'low' },
      stop_sequences: ['END'],
      stream: true,
      temperature: 0.5,
      top_k: 4,
    },
  ],
};

const countTokens: FuzzedEndpoint = {
  path: '/v1/messages/count_tokens',
  lastEvent: null,
  examples: [{ model, messages: spoken, system: 'Be brief.', tools: messagesTools }],
};

const completions: FuzzedEndpoint = {
  path: '/v1/completions',
  lastEvent: /^data: \[DONE\]$|"error":\{/,
  examples: [
    { model, prompt: 'Once', max_tokens: 8 },
    {
      model,
      prompt: ['Once'],
      suffix: ' end.',
      echo: true,
      n: 2,
      best_of: 2,
      stop: ['END'],
      seed: 7,
      temperature: 0.5,
      top_p: 0.9,
      frequency_penalty: 0.1,
      presence_penalty: 0.1,
      logit_bias: { 5: 1 },
      stream: true,
      stream_options: { include_usage: true },
    },
  ],
};

const embeddings: FuzzedEndpoint = {
  path: '/v1/embeddings',
  lastEvent: null,
  examples: [
    { model, input: 'a text' },
    { model, input: ['a', 'b'], encoding_format: 'base64', dimensions: 4, user: 'u' },
  ],
};

const images: FuzzedEndpoint = {
  path: '/v1/images/generations',
  lastEvent: null,
  examples: [
    { model, prompt: 'a house' },
    {
      model,
      prompt: 'a house',
      n: 2,
      size: '64x64',
      quality: 'low',
      response_format: 'b64_json',
      output_format: 'png',
      seed: 3,
    },
  ],
};

export const ENDPOINTS: readonly FuzzedEndpoint[] = [
  chat,
  responses,
  messages,
  countTokens,
  completions,
  embeddings,
  images,
];
