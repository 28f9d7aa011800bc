import { expect, test } from 'vitest';
import { identifyServer, isModelList, PROBES, type Product, type Said } from './probe-server.ts';

const saying = (answers: Record<string, unknown>): Map<string, Said> =>
  new Map(
    Object.entries(answers).map(([path, json]) => [path === '/v1/models' ? 'models' : path, { status: 200, json }]),
  );

function identify(answers: Record<string, unknown>): [Product, string | null] | null {
  const found = identifyServer(saying(answers));
  return found && [found.product, found.version];
}

test('each product is known by its own paths, whatever else it answers', () => {
  const list = { object: 'list', data: [{ id: 'm' }] };
  expect(identify({ '/api/version': { version: '0.12.6' }, '/v1/models': list })).toEqual(['ollama', '0.12.6']);
  expect(identify({ '/api/v1/models': { models: [{ key: 'a', loaded_instances: [] }] }, '/v1/models': list })).toEqual([
    'lm-studio',
    null,
  ]);
  expect(identify({ '/api/v0/models': { data: [{ id: 'a', state: 'loaded' }] }, '/v1/models': list })).toEqual([
    'lm-studio',
    null,
  ]);
  expect(identify({ '/props': { total_slots: 4, build_info: 'b8681' }, '/v1/models': list })).toEqual([
    'llama-server',
    'b8681',
  ]);
  expect(identify({ '/version': { version: '0.11.0' }, '/v1/models': list })).toEqual(['vllm', '0.11.0']);
  expect(identify({ '/v1/models': list })).toEqual(['unknown', null]);
});

test('a version alone makes no Ollama of what has no list of tags, and no vLLM of LocalAI', () => {
  const list = { object: 'list', data: [{ id: 'm' }] };
  const version = { '/api/version': { version: '177', commit: 'abc' }, '/v1/models': list };
  expect(identify({ ...version, '/api/tags': { models: [] } })).toEqual(['ollama', '177']);
  expect(identify({ ...version, '/api/tags': { models: null } })).toEqual(['ollama', '177']);
  const absent = { status: 404, json: undefined };
  const swap = saying(version).set('/api/tags', absent);
  expect(identifyServer(swap)?.product).toBe('unknown');
  expect(identifyServer(swap.set('/props', { status: 200, json: { total_slots: 1 } }))?.product).toBe('llama-server');
  // Slow is no denial, and not sure either.
  const slow = saying(version).set('/api/tags', { status: 0, json: undefined });
  expect(identifyServer(slow)).toMatchObject({ product: 'ollama', isSure: false });
  expect(identify({ '/version': { version: 'v3.2.1 (5d1b2a)' }, '/v1/models': list })).toEqual(['unknown', null]);
});

test('what has none of these shapes is no such server', () => {
  expect(
    identify({ '/api/version': 'page', '/props': {}, '/version': [], '/v1/models': { detail: 'Not Found' } }),
  ).toBeNull();
});

test('what stands first decides, and only when it has said something is the product sure', () => {
  const list = { data: [] };
  const absent = { status: 404, json: undefined };
  const all = new Map<string, Said>(PROBES.map(({ path }) => [path, absent]));
  const find = (change: Record<string, Said | undefined>): unknown =>
    identifyServer(new Map([...all, ...Object.entries(change)] as [string, Said][]));
  const ollama = { status: 200, json: { version: '0.12' } };
  const models = { status: 200, json: list };
  const tags = { status: 200, json: { models: [] } };
  expect(find({ '/api/version': ollama, '/api/tags': tags, models })).toEqual({
    product: 'ollama',
    version: '0.12',
    isSure: true,
  });
  expect(find({ models })).toEqual({ product: 'unknown', version: null, isSure: true });
  for (const silent of [
    undefined,
    { status: 0, json: undefined },
    { status: 503, json: {} },
    { status: 429, json: {} },
  ])
    expect(find({ '/api/version': silent, models })).toEqual({ product: 'unknown', version: null, isSure: false });
  expect(find({ '/version': { status: 0, json: undefined }, '/api/version': ollama, '/api/tags': tags })).toMatchObject(
    { isSure: true },
  );
});

test('an empty list is a list, also as Ollama writes it', () => {
  expect([{ data: [] }, { object: 'list', data: null }, { models: [] }, [], 'x'].map(isModelList)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});
