import { describe, expect, test } from 'vitest';
import { readAbilities } from './read-abilities.ts';
import type { Words } from './read-abilities.ts';

function canOf(product: Words['product'], more: Partial<Words> = {}, name = 'm'): readonly string[] | undefined {
  return readAbilities(name, { product, version: null, said: new Map(), of: undefined, ...more })?.can;
}

describe('llama-server', () => {
  const said = (props: object): Partial<Words> => ({ said: new Map([['/props', props]]) });

  test('tells tools and pictures by its template and its modalities', () => {
    const props = { chat_template: 'x', chat_template_caps: { supports_tools: true }, modalities: { vision: true } };
    expect(canOf('llama-server', said(props))).toEqual(['json', 'logprobs', 'completion', 'tools', 'images']);
    expect(
      canOf('llama-server', said({ chat_template_caps: { supports_tools: false }, chat_template: 'tools' })),
    ).toEqual(['json', 'logprobs', 'completion']);
  });

  test.each(['enable_thinking', 'reasoning_effort', '<think>', '[THINK]'])('thinks whose template knows %s', (word) => {
    expect(canOf('llama-server', said({ chat_template: `{{ ${word} }}` }))).toContain('reasoning');
    expect(canOf('llama-server', said({ chat_template: '{{ messages }}' }))).not.toContain('reasoning');
  });

  test('of an older build shows by its template whether it knows tools', () => {
    expect(canOf('llama-server', said({ chat_template: '{% if tools %}' }))).toContain('tools');
    expect(canOf('llama-server', said({ chat_template: '{{ messages }}' }))).not.toContain('tools');
  });

  test('with several models tells of each where it is asked for that', () => {
    expect(canOf('llama-server', said({ role: 'router' }))).toBe(undefined);
    expect(canOf('llama-server', { of: { chat_template: 'tools' } })).toContain('tools');
  });
});

describe('Ollama', () => {
  test.each([
    ['0.12.11', ['tools', 'completion', 'json', 'logprobs']],
    ['0.13.0-rc1', ['tools', 'completion', 'json', 'logprobs']],
    ['1.0.0', ['tools', 'completion', 'json', 'logprobs']],
    ['0.12.10', ['tools', 'completion', 'json']],
    [null, ['tools', 'completion', 'json']],
  ])('%s', (version, can) => {
    expect(canOf('ollama', { version, of: { capabilities: ['tools', 'completion', 'insert'] } })).toEqual(can);
  });

  test('tells which models think', () => {
    expect(canOf('ollama', { of: { capabilities: ['completion', 'thinking'] } })).toContain('reasoning');
  });

  test('a model for embeddings does nothing else, and one of which nothing is said is asked again', () => {
    expect(canOf('ollama', { of: { capabilities: ['embedding'] }, version: '0.13.0' })).toEqual(['embeddings']);
    expect(canOf('ollama')).toBe(undefined);
  });
});

test.each([
  [{ allowed_options: ['off', 'on'], default: 'on' }, true],
  [false, false],
  [undefined, false],
])('LM Studio that tells reasoning as %j', (reasoning, thinks) => {
  const models = [{ type: 'llm', capabilities: { vision: false, reasoning }, loaded_instances: [{ id: 'm' }] }];
  const can = canOf('lm-studio', { said: new Map([['/api/v1/models', { models }]]) });
  expect(can?.includes('reasoning')).toBe(thinks);
});

test('LM Studio tells by the entry whose instance it is, in both generations', () => {
  const list = [{ type: 'llm', capabilities: { vision: true }, loaded_instances: [{ id: 'm' }] }];
  expect(canOf('lm-studio', { said: new Map([['/api/v1/models', { models: list }]]) })).toContain('images');
  expect(canOf('lm-studio', { said: new Map([['/api/v1/models', { models: list }]]) }, 'n')).not.toContain('images');
  const old = [{ id: 'm', type: 'vlm', capabilities: ['tool_use'] }];
  expect(canOf('lm-studio', { said: new Map([['/api/v0/models', { data: old }]]) })).toContain('images');
});
