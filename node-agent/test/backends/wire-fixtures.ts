// What real servers answer, written by hand from their documents: the shapes, not recordings. Each names its source.

/** Source: github.com/ollama/ollama docs/api.md and docs/openai.md; system_fingerprint and usage chunk as openai/openai.go writes them. */
export const OLLAMA = {
  gets: {
    '/api/version': { version: '0.12.6' },
    '/api/tags': {
      models: [
        {
          name: 'gemma3:latest',
          model: 'gemma3:latest',
          modified_at: '2026-01-02T03:04:05Z',
          size: 3338801804,
          digest: 'a2af6cc3eb7fa8be8504abaf9b04e88f17a119ec3f04a3addf55f92841195f5a',
          details: {
            format: 'gguf',
            family: 'gemma3',
            families: ['gemma3'],
            parameter_size: '4.3B',
            quantization_level: 'Q4_K_M',
          },
        },
        {
          name: 'gpt-oss:120b-cloud',
          digest: '0f',
          remote_model: 'gpt-oss:120b',
          remote_host: 'https://ollama.com:443',
          details: {},
        },
      ],
    },
    '/api/ps': { models: [] },
  },
  events: [
    '{"id":"chatcmpl-40","object":"chat.completion.chunk","created":1769154291,"model":"gemma3:latest","system_fingerprint":"fp_ollama","choices":[{"index":0,"delta":{"role":"assistant","content":"囲"},"finish_reason":null}]}',
    '{"id":"chatcmpl-40","object":"chat.completion.chunk","created":1769154291,"model":"gemma3:latest","system_fingerprint":"fp_ollama","choices":[{"index":0,"delta":{"role":"assistant","content":"炉裏 🔥"},"finish_reason":null}]}',
    '{"id":"chatcmpl-40","object":"chat.completion.chunk","created":1769154291,"model":"gemma3:latest","system_fingerprint":"fp_ollama","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":"stop"}]}',
    '{"id":"chatcmpl-40","object":"chat.completion.chunk","created":1769154291,"model":"gemma3:latest","system_fingerprint":"fp_ollama","choices":[],"usage":{"prompt_tokens":22,"completion_tokens":3,"total_tokens":25}}',
    '[DONE]',
  ],
};

/** Source: github.com/ggml-org/llama.cpp tools/server/README.md (/props, /v1/models, chat completions with timings). */
export const LLAMA_SERVER = {
  gets: {
    '/props': {
      default_generation_settings: { n_ctx: 4096 },
      total_slots: 2,
      model_path: '/m/qwen.gguf',
      chat_template: '{{ x }}',
      build_info: 'b8681-abc',
      is_sleeping: false,
    },
    '/v1/models': {
      object: 'list',
      data: [
        {
          id: 'qwen2.5-14b',
          object: 'model',
          created: 1791431385,
          owned_by: 'llamacpp',
          meta: { vocab_type: 2, n_vocab: 152064, n_ctx_train: 32768, n_params: 14770033664, size: 8982142976 },
        },
      ],
    },
  },
  events: [
    '{"choices":[{"finish_reason":null,"index":0,"delta":{"role":"assistant","content":null}}],"created":1,"id":"chatcmpl-x","model":"qwen2.5-14b","object":"chat.completion.chunk"}',
    '{"choices":[{"finish_reason":null,"index":0,"delta":{"content":"囲"}}],"created":1,"id":"chatcmpl-x","model":"qwen2.5-14b","object":"chat.completion.chunk"}',
    '{"choices":[{"finish_reason":null,"index":0,"delta":{"content":"炉裏 🔥"}}],"created":1,"id":"chatcmpl-x","model":"qwen2.5-14b","object":"chat.completion.chunk"}',
    '{"choices":[{"finish_reason":"stop","index":0,"delta":{}}],"created":1,"id":"chatcmpl-x","model":"qwen2.5-14b","object":"chat.completion.chunk"}',
    '{"choices":[],"created":1,"id":"chatcmpl-x","model":"qwen2.5-14b","object":"chat.completion.chunk","usage":{"completion_tokens":3,"prompt_tokens":22,"total_tokens":25},"timings":{"prompt_n":22,"predicted_n":3,"predicted_ms":40.1}}',
    '[DONE]',
  ],
};

/** Source: docs.vllm.ai, OpenAI-compatible server, and vllm/entrypoints/openai/protocol.py (max_model_len, empty first content). */
export const VLLM = {
  gets: {
    '/version': { version: '0.11.0' },
    '/v1/models': {
      object: 'list',
      data: [
        {
          id: 'Qwen/Qwen2.5-7B-Instruct-AWQ',
          object: 'model',
          created: 1,
          owned_by: 'vllm',
          root: 'Qwen/Qwen2.5-7B-Instruct-AWQ',
          parent: null,
          max_model_len: 32768,
          permission: [],
        },
      ],
    },
  },
  events: [
    '{"id":"chatcmpl-9","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]}',
    '{"id":"chatcmpl-9","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"囲"},"logprobs":null,"finish_reason":null}]}',
    '{"id":"chatcmpl-9","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"炉裏 🔥"},"logprobs":null,"finish_reason":"stop","stop_reason":null}]}',
    '{"id":"chatcmpl-9","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":22,"total_tokens":25,"completion_tokens":3}}',
    '[DONE]',
  ],
};

/** Source: lmstudio-ai/docs 1_developer/2_rest/list.md and 3_openai-compat/chat-completions.md. */
export const LM_STUDIO = {
  gets: {
    '/api/v1/models': {
      models: [
        {
          type: 'llm',
          publisher: 'google',
          key: 'google/gemma-4-26b-a4b',
          display_name: 'Gemma 4',
          architecture: 'gemma4',
          quantization: { name: 'Q4_K_M', bits_per_weight: 4 },
          size_bytes: 17990911801,
          params_string: '26B-A4B',
          loaded_instances: [{ id: 'google/gemma-4-26b-a4b', config: { context_length: 4096, parallel: 4 } }],
          max_context_length: 262144,
          format: 'gguf',
        },
        { type: 'llm', key: 'qwen/asleep', loaded_instances: [], max_context_length: 32768, format: 'gguf' },
      ],
    },
  },
  events: [
    '{"id":"chatcmpl-a","object":"chat.completion.chunk","created":1,"model":"g","system_fingerprint":"g","choices":[{"index":0,"delta":{"role":"assistant","content":"囲"},"logprobs":null,"finish_reason":null}]}',
    '{"id":"chatcmpl-a","object":"chat.completion.chunk","created":1,"model":"g","system_fingerprint":"g","choices":[{"index":0,"delta":{"content":"炉裏 🔥"},"logprobs":null,"finish_reason":null}]}',
    '{"id":"chatcmpl-a","object":"chat.completion.chunk","created":1,"model":"g","system_fingerprint":"g","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]}',
    '{"id":"chatcmpl-a","object":"chat.completion.chunk","created":1,"model":"g","system_fingerprint":"g","choices":[],"usage":{"prompt_tokens":22,"completion_tokens":3,"total_tokens":25}}',
    '[DONE]',
  ],
};
