import { describe, expect, test } from 'vitest';
import { hashManifest, hashText } from './hash-manifest.ts';
import { listModels } from './list-models.ts';

const answers = (entries: Record<string, unknown>): Map<string, unknown> => new Map(Object.entries(entries));

describe('listModels', () => {
  test('Ollama: weights digest, loaded context, cloud models left out (docs/api.md, api/types.go)', () => {
    const weights = 'a2af6cc3eb7fa8be8504abaf9b04e88f17a119ec3f04a3addf55f92841195f5a';
    const tags = [
      { name: 'gemma3:latest', digest: weights, details: { family: 'gemma3', quantization_level: 'Q4_K_M' } },
      { name: 'gpt-oss:120b-cloud', digest: 'x', remote_model: 'gpt-oss:120b', remote_host: 'https://ollama.com:443' },
      { name: 'renamed', digest: 'x', remote_host: 'https://ollama.com:443' },
      { nonsense: true },
    ];
    const ps = [{ name: 'gemma3:latest', context_length: 8192 }];
    const listing = listModels('ollama', answers({ '/api/tags': { models: tags }, '/api/ps': { models: ps } }));
    const digest = hashManifest({ source: 'ollama', weights, quantisation: 'Q4_K_M' });
    expect(listing.models).toEqual([
      { name: 'gemma3:latest', digest, contextTokens: 8192, quantisation: 'Q4_K_M', family: 'gemma3', loadMs: 0 },
    ]);
    expect(listing.excluded.map((m) => m.name)).toEqual(['gpt-oss:120b-cloud', 'renamed']);
  });

  test('Ollama: what is not in memory takes its start and its bytes to load; without /api/ps nothing is said of it', () => {
    const tags = [{ name: 'warm', size: 2e9 }, { name: 'cold', size: 5e9 }, { name: 'unsized' }];
    const ps = { models: [{ name: 'warm' }] };
    const { models } = listModels('ollama', answers({ '/api/tags': { models: tags }, '/api/ps': ps }));
    expect(models.map((model) => [model.loadMs, model.sizeBytes])).toEqual([
      [0, 2e9],
      [5800, 5e9],
      [5800, undefined],
    ]);
    const old = listModels('ollama', answers({ '/api/tags': { models: tags } }));
    expect(old.models.map((model) => model.loadMs)).toEqual([0, 0, 0]);
  });

  test('of a list without end the first thousand entries are read', () => {
    const data = Array.from({ length: 5000 }, (_, i) => ({ id: `m${i}`, object: 'model' }));
    const { models } = listModels('unknown', answers({ models: { data } }));
    expect(models).toHaveLength(1000);
    expect(models.at(-1)?.name).toBe('m999');
  });

  test('Ollama: the same weights under two names have one digest', () => {
    const tags = [
      { name: 'a', digest: 'sha256:aa' },
      { name: 'b', digest: 'aa' },
    ];
    const [a, b] = listModels('ollama', answers({ '/api/tags': { models: tags } })).models;
    expect(a?.digest).toBe(b?.digest);
    expect(a?.contextTokens).toBe(4096);
  });

  test('LM Studio: only loaded instances of language models (docs 1_developer/2_rest/list.md)', () => {
    const models = [
      {
        type: 'llm',
        key: 'google/gemma-4-26b-a4b',
        architecture: 'gemma4',
        quantization: { name: 'Q4_K_M', bits_per_weight: 4 },
        size_bytes: 17990911801,
        loaded_instances: [{ id: 'google/gemma-4-26b-a4b', config: { context_length: 16384, parallel: 4 } }],
        max_context_length: 262144,
      },
      { type: 'llm', key: 'asleep', loaded_instances: [] },
      { type: 'embedding', key: 'nomic', loaded_instances: [{ id: 'nomic' }] },
    ];
    const listing = listModels('lm-studio', answers({ '/api/v1/models': { models } }));
    expect(listing.models).toMatchObject([
      { name: 'google/gemma-4-26b-a4b', contextTokens: 16384, quantisation: 'Q4_K_M', family: 'gemma4' },
    ]);
    expect(listing.excluded).toMatchObject([{ name: 'asleep' }]);
    expect(listing.slots).toBe(4);
  });

  test('LM Studio before 0.4: state tells (docs 1_developer/2_rest-api/endpoints.md)', () => {
    const data = [
      {
        id: 'meta-llama-3.1-8b-instruct',
        type: 'llm',
        arch: 'llama',
        quantization: 'Q4_K_M',
        state: 'loaded',
        max_context_length: 131072,
      },
      { id: 'qwen2-vl-7b-instruct', type: 'vlm', state: 'not-loaded' },
    ];
    const listing = listModels('lm-studio', answers({ '/api/v0/models': { data } }));
    expect(listing.models.map((m) => m.name)).toEqual(['meta-llama-3.1-8b-instruct']);
    expect(listing.excluded.map((m) => m.name)).toEqual(['qwen2-vl-7b-instruct']);
  });

  test('llama-server: slots, context and template of /props, meta of /v1/models (tools/server/README.md)', () => {
    const meta = { n_ctx: 6144, n_params: 14770033664, size: 8982142976, ftype: 'Q4_K - Medium' };
    const models = { object: 'list', data: [{ id: '/models/qwen2.5-14b.gguf', owned_by: 'llamacpp', meta }] };
    const props = { total_slots: 2, chat_template: 'T', default_generation_settings: { n_ctx: 3072 } };
    const listing = listModels('llama-server', answers({ models, '/props': props }));
    const digest = hashManifest({
      source: 'llama-server',
      name: 'qwen2.5-14b.gguf',
      quantisation: 'Q4_K - Medium',
      parameters: meta.n_params,
      sizeBytes: meta.size,
      template: hashText('T'),
    });
    expect(listing).toMatchObject({
      models: [{ digest, contextTokens: 3072, quantisation: 'Q4_K - Medium', sizeBytes: meta.size }],
      slots: 2,
      ownedBy: ['llamacpp'],
    });
  });

  test('llama-server as a router: models that are not loaded are left out, those that sleep wake as they do without a router', () => {
    const data = [
      { id: 'a', status: { value: 'loaded' } },
      { id: 'b', status: { value: 'unloaded' } },
      { id: 'c', status: { value: 'sleeping' } },
    ];
    const listing = listModels('llama-server', answers({ models: { data } }));
    expect(listing.models.map((m) => m.name)).toEqual(['a', 'c']);
    expect(listing.excluded.map((m) => m.name)).toEqual(['b']);
  });

  test('vLLM: max_model_len, quantisation from the name', () => {
    const data = [
      {
        id: 'Qwen/Qwen2.5-7B-Instruct-AWQ',
        object: 'model',
        owned_by: 'vllm',
        root: 'Qwen/Qwen2.5-7B-Instruct-AWQ',
        max_model_len: 32768,
      },
    ];
    expect(listModels('vllm', answers({ models: { data } })).models).toMatchObject([
      { contextTokens: 32768, quantisation: 'AWQ' },
    ]);
  });

  test('vLLM: an adapter has the context of its model (docs.vllm.ai, LoRA adapters)', () => {
    const data = [
      { id: 'Qwen', owned_by: 'vllm', parent: null, max_model_len: 32768 },
      { id: 'lora', owned_by: 'vllm', parent: 'Qwen', max_model_len: null },
    ];
    const lengths = listModels('vllm', answers({ models: { data } })).models.map((model) => model.contextTokens);
    expect(lengths).toEqual([32768, 32768]);
  });

  test('llama-server: an alias changes the name and never the digest, with which callers pay', () => {
    const meta = { n_params: 8, size: 9 };
    const list = (id: string, props: object): string | undefined =>
      listModels('llama-server', answers({ models: { data: [{ id, meta }] }, '/props': { total_slots: 1, ...props } }))
        .models[0]?.digest;
    const file = { model_path: '/home/mika/qwen3-Q4_K_M.gguf' };
    const plain = list('/home/mika/qwen3-Q4_K_M.gguf', {});
    expect(list('/home/mika/qwen3-Q4_K_M.gguf', file)).toBe(plain);
    expect(list('qwen', file)).toBe(plain);
    expect(list('my-F16', { model_path: 'C:\\m\\qwen3-Q4_K_M.gguf' })).toBe(plain);
    expect(list('qwen', { model_path: '' })).not.toBe(plain);
    expect(list('qwen', { model_path: '/x/other.gguf' })).not.toBe(plain);
  });

  test('llama-server as a router: its properties are of one of its models, and name none', () => {
    const data = [{ id: 'a' }, { id: 'b' }];
    const props = { total_slots: 1, model_path: '/x/a.gguf' };
    const digests = listModels('llama-server', answers({ models: { data }, '/props': props })).models;
    expect(new Set(digests.map(({ digest }) => digest)).size).toBe(2);
  });

  test('vLLM: --served-model-name changes the name and never the digest', () => {
    const list = (id: string, root: unknown): string | undefined =>
      listModels('vllm', answers({ models: { data: [{ id, root, max_model_len: 9 }] } })).models[0]?.digest;
    const plain = list('Qwen/Qwen2.5-7B', 'Qwen/Qwen2.5-7B');
    expect(list('alias', 'Qwen/Qwen2.5-7B')).toBe(plain);
    expect(list('Qwen/Qwen2.5-7B', null)).toBe(plain);
    expect(list('Qwen/Qwen2.5-7B', 5)).toBe(plain);
  });

  test('LiteLLM: routes among the models are none (docs.litellm.ai, wildcard routing)', () => {
    const data = [{ id: 'gpt-oss', owned_by: null }, { id: 'openai/*' }, { id: '*' }, { id: '' }];
    const listing = listModels('unknown', answers({ models: { data } }));
    expect(listing.models.map((m) => m.name)).toEqual(['gpt-oss']);
  });

  test('answers without the documented shape give no models', () => {
    for (const product of ['ollama', 'lm-studio', 'llama-server', 'vllm', 'unknown'] as const) {
      expect(listModels(product, answers({})).models).toEqual([]);
      const wrong = { models: 3, '/api/tags': [], '/api/v1/models': 'x', '/props': null };
      expect(listModels(product, answers(wrong)).models).toEqual([]);
    }
  });
});
