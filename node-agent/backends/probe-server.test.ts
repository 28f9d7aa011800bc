import { expect, test } from 'vitest';
import { PROBES, type Product } from './probe-server.ts';

/** The first product that fits the answers, as the door would find it. */
function identify(answers: Record<string, unknown>): [Product, string | null] | null {
  for (const probe of PROBES) {
    const version = probe.path in answers ? probe.readVersion(answers[probe.path]) : undefined;
    if (version !== undefined) return [probe.product, version];
  }
  return null;
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

test('what has none of these shapes is no such server', () => {
  expect(
    identify({ '/api/version': 'page', '/props': {}, '/version': [], '/v1/models': { detail: 'Not Found' } }),
  ).toBeNull();
});
