import { expect, test } from 'vitest';
import { listPaths, suggestPath, tellPaths } from './suggest-path.ts';

const paths = ['/', '/docs', '/v1/chat/completions', '/v1/models', '/v1/models/{id}', '/v1/messages', '/v1/responses'];

test.each([
  ['/v1/engines/gpt/chat/completions', '/v1/chat/completions'],
  ['/openai/deployments/x/chat/completions', '/v1/chat/completions'],
  ['/api/chat', '/v1/chat/completions'],
  ['/api/tags', '/v1/models'],
  ['/v1/chat/completion', '/v1/chat/completions'],
  ['/v1/model', '/v1/models'],
  ['/v2/messages', '/v1/messages'],
  ['/v1/response', '/v1/responses'],
])('%s meant %s', (said, meant) => {
  expect(suggestPath(said, paths)).toBe(meant);
});

test.each(['/v1/assistants', '/', '/wp-login.php', `/${'x'.repeat(100_000)}`])('%.20s means none of them', (said) => {
  expect(suggestPath(said, paths)).toBeNull();
});

test('paths are listed as callers write them, without those of homes and the operator, and once', () => {
  const routes = [
    { method: 'ALL', path: '/*' },
    { method: 'GET', path: '/v1/models/:id{.+}' },
    { method: 'GET', path: '/v1/models/:id{.+}' },
    { method: 'POST', path: '/node/v1/enrol' },
    { method: 'POST', path: '/admin/v1/accounts' },
  ];
  expect(listPaths(routes)).toEqual([{ method: 'GET', path: '/v1/models/{id}' }]);
});

test('each path is told once, with all its methods; one of many is none of them', () => {
  const listed = [
    { method: 'GET', path: '/v1/keys' },
    { method: 'POST', path: '/v1/chat' },
    { method: 'POST', path: '/v1/keys' },
    { method: 'DELETE', path: '/v1/keys/{id}' },
  ];
  expect(tellPaths(listed)).toBe('GET|POST /v1/keys, POST /v1/chat');
});
