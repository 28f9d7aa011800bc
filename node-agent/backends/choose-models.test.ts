import { describe, expect, test } from 'vitest';
import { chooseModels, explainMissing, findModelName } from './choose-models.ts';
import type { Listing } from './list-models.ts';
import type { Product } from './probe-server.ts';

const model = (name: string) => ({ name, digest: 'd', contextTokens: 1, quantisation: null, family: null });
const LISTING: Listing = {
  models: [model('llama3:latest'), model('qwen3:8b')],
  excluded: [
    { name: 'gpt-oss:120b-cloud', why: 'it runs in a cloud' },
    { name: 'big', why: 'it is not loaded' },
  ],
  slots: null,
  ownedBy: [],
};
const EMPTY: Listing = { models: [], excluded: [], slots: null, ownedBy: [] };
const namesOf = (choices?: string[], product: Product = 'ollama', listing = LISTING): string[] =>
  chooseModels(product, listing, choices).map((m) => m.name);

describe('chooseModels', () => {
  test('without a choice everything listed is offered', () => {
    expect(namesOf()).toEqual(['llama3:latest', 'qwen3:8b']);
  });

  test('a choice narrows, with or without :latest, each model once', () => {
    expect(namesOf(['llama3'])).toEqual(['llama3:latest']);
    expect(namesOf(['llama3:latest', 'llama3', 'llama*'])).toEqual(['llama3:latest']);
    const plain = { ...LISTING, models: [model('llama3')] };
    expect(namesOf(['llama3:latest'], 'llama-server', plain)).toEqual(['llama3']);
  });

  test('what the server does not list is not offered: a typo, a removed model, another case', () => {
    for (const product of ['ollama', 'lm-studio', 'llama-server', 'vllm', 'unknown'] as const)
      expect(namesOf(['lama3', 'LLAMA3', ' llama3', 'qwen3'], product)).toEqual([]);
  });

  test('a pattern stands by itself only where a server may know more names than it lists', () => {
    for (const product of ['ollama', 'lm-studio', 'llama-server'] as const)
      expect(namesOf(['qwen*', 'lora-*'], product)).toEqual(['qwen3:8b']);
    for (const product of ['vllm', 'unknown'] as const)
      expect(namesOf(['qwen*', 'lora-*'], product)).toEqual(['qwen3:8b', 'qwen*', 'lora-*']);
  });

  test('a server that lists nothing at all is believed to have what its owner says', () => {
    expect(namesOf(['mine', 'lora-*', 'x:cloud'], 'unknown', EMPTY)).toEqual(['mine', 'lora-*']);
  });

  test('what must not be used is not offered even when it is chosen', () => {
    expect(namesOf(['big', 'gpt-oss:120b-cloud', 'other:cloud'])).toEqual([]);
  });

  test('unlisted models have a digest of their own', () => {
    const [a, b] = chooseModels('unknown', EMPTY, ['mine', 'yours']);
    expect(a?.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(a?.digest).not.toBe(b?.digest);
  });
});

describe('findModelName', () => {
  const find = (name: string, choices?: string[], product: Product = 'ollama', listing = LISTING): string => {
    const found = findModelName(name, { product, listing }, choices);
    return 'name' in found ? found.name : found.refusal;
  };

  test('a job reaches the server under a name that the server lists', () => {
    expect([find('qwen3:8b'), find('llama3'), find('llama3:latest'), find('llama3', ['llama3'])]).toEqual([
      'qwen3:8b',
      'llama3:latest',
      'llama3:latest',
      'llama3:latest',
    ]);
    expect(find('lora-7', ['lora-*'], 'vllm')).toBe('lora-7');
    expect(find('mine', ['mine'], 'unknown', EMPTY)).toBe('mine');
  });

  test('what is not offered is refused', () => {
    for (const [name, choices] of [
      ['qwen3:8b', ['lora-*']],
      ['mine', undefined],
      ['mine', ['mine']],
      ['lora-7', ['lora-*']],
      ['LLAMA3', undefined],
      [' llama3', undefined],
    ] as const)
      expect(find(name, choices && [...choices])).toContain('no model');
  });

  test('no pattern opens a way to what must not be used', () => {
    for (const product of ['ollama', 'vllm', 'unknown'] as const) {
      expect(find('gpt-oss:120b-cloud', ['*'], product)).toContain('cloud');
      expect(find('new:cloud', ['*'], product)).toContain('cloud');
      expect(find('big', ['*'], product)).toContain('not loaded');
      expect(find('big:latest', ['*'], product)).toContain('not loaded');
    }
  });
});

describe('explainMissing', () => {
  test('names what is missing and what there is, the closest first', () => {
    expect(explainMissing(['lama3', 'qwen*'], ['qwen3:8b', 'gemma3:latest', 'llama3:latest'])).toBe(
      'This server has no lama3. It lists: llama3:latest, gemma3:latest, qwen3:8b.',
    );
  });

  test('says nothing where all is there, or nothing is known of what is', () => {
    expect(explainMissing(['llama3'], ['llama3:latest'])).toBeNull();
    expect(explainMissing(['llama3'], [])).toBeNull();
  });

  test('a long list is cut', () => {
    const many = Array.from({ length: 40 }, (_, i) => `model-${i}`);
    expect(explainMissing(['x'], many)).toMatch(/model-5 and 34 more\.$/);
  });
});
