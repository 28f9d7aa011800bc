import { describe, expect, test } from 'vitest';
import { readErrorEvent, readRefusal } from './read-refusal.ts';

test.each([
  [301, 'unreachable'],
  [401, 'unreachable'],
  [402, 'unreachable'],
  [403, 'unreachable'],
  [405, 'unreachable'],
  [407, 'unreachable'],
  [408, 'internal'],
  [413, 'bad-request'],
  [424, 'internal'],
  [425, 'busy'],
  [404, 'no-model'],
  [400, 'bad-request'],
  [422, 'bad-request'],
  [429, 'busy'],
  [503, 'busy'],
  [500, 'internal'],
  [502, 'internal'],
])('status %i is %s', (status, code) => {
  expect(readRefusal(status, '{"error":"something went wrong"}').code).toBe(code);
});

test('only a refused request is told in the server’s words, and those quote nothing of the prompt', () => {
  const prompt = 'my most secret plan is to take over the world with foxes';
  const body = JSON.stringify({ error: { message: `System role not supported in "${prompt}"` } });
  expect(readRefusal(400, body, [prompt])).toEqual({ code: 'bad-request', message: 'System role not supported in' });
  for (const status of [401, 404, 429, 500, 502])
    expect(readRefusal(status, '{"error":"something secret went wrong"}').message).not.toContain('secret');
});

/** Each as its server writes it; the sources stand in test/backends/QUIRKS.md. */
const TOO_LONG: [string, number, string, number | undefined, number | undefined][] = [
  [
    'llama-server',
    400,
    '{"error":{"code":400,"message":"request (9001 tokens) exceeds the available context size (4096 tokens), try increasing it","type":"exceed_context_size_error","n_prompt_tokens":9001,"n_ctx":4096}}',
    9001,
    4096,
  ],
  [
    'llama-server, fields only',
    400,
    '{"error":{"code":400,"message":"the request exceeds the available context size (4096 tokens)","type":"exceed_context_size_error","n_prompt_tokens":9001,"n_ctx":4096}}',
    9001,
    4096,
  ],
  [
    'llama-server of 2025',
    500,
    '{"error":{"code":500,"message":"the request exceeds the available context size. try increasing the context size or enable context shift","type":"exceed_context_size_error","n_prompt_tokens":"9001","n_ctx":"4096"}}',
    9001,
    4096,
  ],
  [
    'llama-server before',
    500,
    '{"error":{"code":500,"message":"the request exceeds the available context size. try increasing the context size or enable context shift","type":"server_error"}}',
    undefined,
    undefined,
  ],
  [
    'llama-server, embeddings',
    500,
    '{"error":{"code":500,"message":"input (9001 tokens) is larger than the max context size (4096 tokens). skipping","type":"server_error"}}',
    9001,
    4096,
  ],
  [
    'LocalAI',
    500,
    '{"error":{"code":500,"message":"rpc error: code = Internal desc = request (9001 tokens) exceeds the available context size (4096 tokens), try increasing it","type":""}}',
    9001,
    4096,
  ],
  [
    'LM Studio 0.3',
    400,
    '{"error":"Trying to keep the first 9001 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough. Try to load the model with a larger context length, or provide a shorter input"}',
    9001,
    4096,
  ],
  [
    'LM Studio 0.4',
    400,
    '{"error":"The number of tokens to keep from the initial prompt is greater than the context length (n_keep: 9001>= n_ctx: 4096). Try to load the model with a larger context length, or provide a shorter input."}',
    9001,
    4096,
  ],
  [
    'LM Studio in mid-answer',
    400,
    '{"error":"Reached context length of 4096 tokens with model (arch: qwen3vlmoe) that does not currently support mid-generation context overflow. Try reloading with a larger context length or shortening the prompt/chat."}',
    undefined,
    4096,
  ],
  [
    'TGI',
    422,
    '{"error":"Input validation error: `inputs` must have less than 4096 tokens. Given: 9001","error_type":"validation"}',
    9001,
    4096,
  ],
  [
    'TGI, with the answer',
    422,
    '{"error":"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 9001 `inputs` tokens and 60 `max_new_tokens`","error_type":"validation"}',
    9001,
    4096,
  ],
  [
    'vLLM 0.6',
    400,
    '{"object":"error","message":"This model\'s maximum context length is 4096 tokens. However, you requested 10001 tokens (9001 in the messages, 1000 in the completion). Please reduce the length of the messages or completion.","type":"BadRequestError","param":null,"code":400}',
    9001,
    4096,
  ],
  [
    'vLLM 0.8',
    400,
    '{"object":"error","message":"This model\'s maximum context length is 4096 tokens. However, you requested 9001 tokens in the messages, Please reduce the length of the messages.","type":"BadRequestError","param":null,"code":400}',
    9001,
    4096,
  ],
  [
    'vLLM 0.9',
    400,
    '{"object":"error","message":"The decoder prompt (length 9001) is longer than the maximum model length of 4096. Make sure that `max_model_len` is no smaller than the number of text tokens.","type":"BadRequestError","param":null,"code":400}',
    9001,
    4096,
  ],
  [
    'vLLM 0.10',
    400,
    '{"error":{"message":"\'max_tokens\' or \'max_completion_tokens\' is too large: 1000. This model\'s maximum context length is 4096 tokens and your request has 9001 input tokens (1000 > 4096 - 9001). None","type":"BadRequestError","param":null,"code":400}}',
    9001,
    4096,
  ],
  [
    'vLLM 0.16',
    400,
    '{"error":{"message":"You passed 9001 input tokens and requested 16 output tokens. However, the model\'s context length is only 4096 tokens, resulting in a maximum input length of 4080 tokens. Please reduce the length of the input prompt.","type":"BadRequestError","param":"input_tokens","code":400}}',
    9001,
    4096,
  ],
  [
    'vLLM 0.24, which stops to count',
    400,
    '{"error":{"message":"This model\'s maximum context length is 4096 tokens. However, you requested 16 output tokens and your prompt contains at least 4081 input tokens, for a total of at least 4097 tokens. Please reduce the length of the input prompt or the number of requested output tokens. (parameter=input_tokens, value=4081)","type":"BadRequestError","param":"input_tokens","code":400}}',
    undefined,
    4096,
  ],
  [
    'SGLang',
    400,
    '{"object":"error","message":"Requested token count exceeds the model\'s maximum context length of 4096 tokens. You requested a total of 10001 tokens: 9001 tokens from the input messages and 1000 tokens for the completion.","type":"BadRequestError","param":null,"code":400}',
    9001,
    4096,
  ],
  [
    'SGLang, the prompt alone',
    400,
    '{"object":"error","message":"The input (9001 tokens) is longer than the model\'s context length (4096 tokens).","type":"BadRequest","code":400}',
    9001,
    4096,
  ],
  [
    'Ollama',
    400,
    '{"error":{"message":"the prompt is longer than the context length currently available to the model; shorten the prompt, adjust the context length in settings, or use a model with a longer context length","type":"invalid_request_error","param":null,"code":null}}',
    undefined,
    undefined,
  ],
  [
    'Ollama, older',
    400,
    '{"error":{"message":"the input length exceeds the context length","type":"invalid_request_error"}}',
    undefined,
    undefined,
  ],
  [
    'llama-cpp-python',
    400,
    '{"error":{"message":"This model\'s maximum context length is 4096 tokens. However, you requested 9017 tokens (9001 in the messages, 16 in the completion). Please reduce the length of the messages or completion.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}',
    9001,
    4096,
  ],
  [
    'llama-cpp-python, in its own words',
    500,
    '{"error":{"message":"Requested tokens (9001) exceed context window of 4096","type":"internal_server_error","param":null,"code":null}}',
    9001,
    4096,
  ],
  [
    'OpenAI',
    400,
    '{"error":{"message":"This model\'s maximum context length is 4096 tokens. However, your messages resulted in 9001 tokens. Please reduce the length of the messages.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}',
    9001,
    4096,
  ],
  [
    'one that separates thousands',
    400,
    '{"error":"request (9,001 tokens) exceeds the available context size (4,096 tokens)"}',
    9001,
    4096,
  ],
  ['one that says it in plain text', 413, 'Prompt is too long', undefined, undefined],
];

describe('a prompt over the context is told with both numbers', () => {
  test.each(TOO_LONG)('by %s', (_, status, body, promptTokens, contextTokens) => {
    const { message, ...numbers } = readRefusal(status, body);
    expect(numbers).toEqual({
      code: 'context',
      ...(promptTokens === undefined ? {} : { promptTokens }),
      ...(contextTokens === undefined ? {} : { contextTokens }),
    });
    expect(message).toContain(
      promptTokens === undefined ? 'the prompt is too long' : `the prompt has ${promptTokens} tokens`,
    );
  });

  test('by an event inside a 200, as LM Studio tells it', () => {
    const told = {
      message:
        'Trying to keep the first 9001 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough.',
    };
    expect(readErrorEvent({ error: told, ...told })).toMatchObject({
      code: 'context',
      promptTokens: 9001,
      contextTokens: 4096,
    });
  });

  test('and by nothing that only speaks of tokens', () => {
    for (const said of [
      '`max_new_tokens` must be <= 512. Given: 4096',
      'max_tokens must be at least 1',
      'logprobs of 9001 tokens are too many',
      'no context for this tool call',
    ])
      expect(readRefusal(422, JSON.stringify({ error: said })).code).toBe('bad-request');
  });
});

describe('whose fault it is', () => {
  test.each([
    [
      'llama-server’s template as a 500',
      500,
      {
        error: {
          code: 500,
          message: 'Jinja Exception: Conversation roles must alternate user/assistant',
          type: 'server_error',
        },
      },
      'bad-request',
      'Conversation roles must alternate user/assistant',
    ],
    [
      'vLLM’s template',
      400,
      {
        object: 'error',
        message: 'Conversation roles must alternate user/assistant/user/assistant/...',
        type: 'BadRequestError',
        code: 400,
      },
      'bad-request',
      'Conversation roles must alternate',
    ],
    [
      'a grammar that does not parse',
      500,
      { error: { message: 'failed to parse grammar', type: 'server_error' } },
      'bad-request',
      'failed to parse grammar',
    ],
    [
      'FastAPI’s list, without the input',
      422,
      { detail: [{ type: 'x', loc: ['body'], msg: 'Input should be a valid string', input: 'my secret' }] },
      'bad-request',
      'Input should be a valid string',
    ],
    [
      'memory that is out',
      500,
      { error: { message: 'CUDA out of memory. Tried to allocate 20 MiB' } },
      'internal',
      'the server failed',
    ],
    [
      'an invalid pointer',
      500,
      { error: { message: 'runtime error: invalid memory address or nil pointer dereference' } },
      'internal',
      'the server failed',
    ],
    ['a CUDA call', 500, { error: { message: 'CUDA error: invalid argument' } }, 'internal', 'the server failed'],
    [
      'LM Studio’s crash as a 400',
      400,
      { error: 'The model has crashed without additional information. (Exit code: 18446744072635812000)' },
      'internal',
      'the server failed',
    ],
    [
      'vLLM’s dead engine',
      500,
      { error: { message: 'EngineCore encountered an issue.', type: 'EngineDeadError' } },
      'internal',
      'the server failed',
    ],
    [
      'Ollama’s runner',
      500,
      { error: 'llama runner process has terminated: exit status 2' },
      'internal',
      'the server failed',
    ],
    [
      'LM Studio without a model',
      400,
      { error: 'No models loaded. Please load a model in the developer page.' },
      'no-model',
      'does not have this model',
    ],
    [
      'llama-cpp-python without it',
      400,
      { error: { message: 'The model `/m/x.gguf` does not exist', code: 'model_not_found' } },
      'no-model',
      'does not have this model',
    ],
    ['TGI’s overload', 429, { error: 'Model is overloaded', error_type: 'overloaded' }, 'busy', 'busy'],
    [
      'llama-server while it loads',
      503,
      { error: { message: 'Loading model', type: 'unavailable_error', code: 503 } },
      'busy',
      'busy',
    ],
  ])('%s', (_, status, body, code, message) => {
    expect(readRefusal(status, JSON.stringify(body))).toEqual({ code, message: expect.stringContaining(message) });
  });

  test.each([
    [{ error: { message: 'engine queue full', type: 'server_error', code: 500 } }, 'busy'],
    [{ error: { message: 'CUDA out of memory', type: 'server_error' } }, 'internal'],
    [{ error: 'model crashed' }, 'internal'],
    [{ error: { message: 'Invalid value for temperature', code: 400 } }, 'bad-request'],
    [{ error: 'Input validation error: tool grammar', error_type: 'validation' }, 'bad-request'],
    [{ object: 'error', message: 'slow down', code: 429 }, 'busy'],
    [{ type: 'error', message: 'it broke' }, 'internal'],
  ])('told inside a 200: %j', (json, code) => {
    expect(readErrorEvent(json).code).toBe(code);
  });
});
