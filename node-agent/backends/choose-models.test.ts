import { describe, expect, test } from 'vitest';
import { chooseModels, refuseModel } from './choose-models.ts';
import type { Listing } from './list-models.ts';

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
const namesOf = (choices?: string[]): string[] => chooseModels('ollama', LISTING, choices).map((m) => m.name);

describe('chooseModels', () => {
  test('without a choice everything listed is offered', () => {
    expect(namesOf()).toEqual(['llama3:latest', 'qwen3:8b']);
  });

  test('a choice narrows, and what the server does not list passes as it stands', () => {
    expect(namesOf(['llama3', 'mine', 'lora-*'])).toEqual(['llama3:latest', 'mine', 'lora-*']);
  });

  test('what must not be used is not offered even when it is chosen', () => {
    expect(namesOf(['big', 'gpt-oss:120b-cloud', 'other:cloud'])).toEqual([]);
  });

  test('unlisted models have a digest of their own', () => {
    const [a, b] = chooseModels('ollama', LISTING, ['mine', 'yours']);
    expect(a?.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(a?.digest).not.toBe(b?.digest);
  });
});

describe('refuseModel', () => {
  test('allows what is offered only', () => {
    expect(refuseModel('qwen3:8b', LISTING, undefined)).toBeNull();
    expect(refuseModel('llama3', LISTING, undefined)).toBeNull();
    expect(refuseModel('lora-7', LISTING, ['lora-*'])).toBeNull();
    expect(refuseModel('qwen3:8b', LISTING, ['lora-*'])).toContain('no model');
    expect(refuseModel('mine', LISTING, undefined)).toContain('no model');
  });

  test('no pattern opens a way to what must not be used', () => {
    expect(refuseModel('gpt-oss:120b-cloud', LISTING, ['*'])).toContain('cloud');
    expect(refuseModel('new:cloud', LISTING, ['*'])).toContain('cloud');
    expect(refuseModel('big', LISTING, ['*'])).toContain('not loaded');
  });
});
