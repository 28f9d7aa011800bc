import { expect, test } from 'vitest';
import { tellProduct } from './tell-product.ts';

test.each([
  ['ollama', 80, {}, 'Ollama'],
  ['llama-server', 8080, {}, 'llama-server'],
  ['unknown', 5001, { '/api/extra/version': { result: 'KoboldCpp', version: '1.99' } }, 'KoboldCpp'],
  ['unknown', 8080, { '/version': { version: 'v3.2.1 (abc)' } }, 'LocalAI'],
  ['unknown', 1337, {}, 'Jan'],
  ['unknown', 8080, { '/version': 7, '/api/extra/version': null }, 'A model server'],
] as const)('%s at %i that says %j is called %s', (product, port, said, name) => {
  expect(tellProduct(product, port, new Map(Object.entries(said)))).toBe(name);
});
