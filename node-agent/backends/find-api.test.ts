import { expect, test } from 'vitest';
import { listApiPlaces } from './find-api.ts';

const AT = 'http://h:1';
const apis = (path: string): string[] => listApiPlaces(AT, path).map(({ api }) => api.slice(AT.length));
const rootOf = (path: string): string | undefined => listApiPlaces(AT, path)[0]?.root.slice(AT.length);

test('the place that the owner named comes first; a bare address means /v1', () => {
  expect(['', '/', '/v1', '/v1/', '/openai/v1', '/llm/v1', '/api/openai'].map((path) => apis(path)[0])).toEqual([
    '/v1',
    '/v1',
    '/v1',
    '/v1',
    '/openai/v1',
    '/llm/v1',
    '/api/openai',
  ]);
});

test.each([
  ['', '/v1', ''],
  ['/', '', '/api/v1'],
  ['/v1', '', '/engines/v1'],
  ['/api', '/v1'],
  ['/api/v1', '/v1'],
  ['/v1/v1', '/v1'],
  ['/openai/v1', '/v1'],
  ['/llm', '/llm/v1', '/v1'],
  ['/llm/v1', '/llm', '/v1'],
  ['/deep/er/prefix', '/deep/er/prefix/v1'],
  ['//v1//', '/v1'],
])('from %j it is looked for at %j', (path, ...places) => {
  for (const place of places) expect(apis(path)).toContain(place);
});

test.each([
  ['/v1/chat/completions', '/v1'],
  ['/v1/models/', '/v1'],
  ['/chat/completions', '/v1'],
  ['/llm/v1/chat/completions', '/llm/v1'],
  ['/api/chat', '/v1'],
  ['/api/generate', '/v1'],
  ['/api/tags', '/v1'],
])('an endpoint that was pasted with the address (%s) is left out: %s', (path, first) => {
  expect(apis(path)[0]).toBe(first);
});

test("a server's own paths begin where its API's prefix ends", () => {
  expect(['', '/v1', '/api', '/openai/v1', '/engines/llama.cpp/v1', '/llm/v1', '/llm'].map(rootOf)).toEqual([
    '',
    '',
    '',
    '',
    '',
    '/llm',
    '/llm',
  ]);
});

test('no more than nine places are asked, each once', () => {
  for (const path of ['', '/a/b/c', '/v1', '/api']) {
    expect(apis(path).length).toBeLessThanOrEqual(9);
    expect(new Set(apis(path)).size).toBe(apis(path).length);
  }
});
