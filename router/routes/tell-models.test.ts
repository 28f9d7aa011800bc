import { expect, test } from 'vitest';
import type { ModelListing } from './served-models.ts';
import { lowestQuantization, toAnthropicList, toModelJson, toOpenRouterModel, toTokenPrice } from './tell-models.ts';

const model = (id: string, more: Partial<ModelListing> = {}): ModelListing => ({
  id,
  isOwn: false,
  description: 'A model.',
  createdAt: 1_700_000_000_500,
  contextTokens: 4096,
  maxContextTokens: 8192,
  maxOutputTokens: 2048,
  priceIn: 100_000,
  leastPriceIn: 0,
  leastPriceOut: 0,
  priceOut: 250_000,
  nodesOnline: 1,
  can: [],
  countries: ['DE'],
  quantisations: ['Q4_K_M'],
  ...more,
});

test.each([
  [0, '0'],
  [1, '0.000000000001'],
  [100_000, '0.0000001'],
  [1_000_000_000_000, '1'],
  [2_500_000_000_000, '2.5'],
  [9_007_199_254_740_991, '9007.199254740991'],
])('%i units a million tokens are %s credits a token', (units, price) => {
  expect(toTokenPrice(units)).toBe(price);
});

test.each([
  [['Q4_K_M'], 'int4'],
  [['q8_0'], 'int8'],
  [['IQ4_XS', 'Q8_0'], 'int4'],
  [['MXFP4'], 'fp4'],
  [['BF16', 'F16'], 'fp16'],
  [['FP8-E4M3'], 'fp8'],
  [['Q5_K_M'], 'unknown'],
  [['Q8_0', 'who knows'], 'unknown'],
  [[], 'unknown'],
])('homes with %j are told as %s', (names, told) => {
  expect(lowestQuantization(names)).toBe(told);
});

test('what homes can do becomes parameters and modalities; words of later versions are passed over', () => {
  const able = model('m', { can: ['images', 'json', 'reasoning', 'tools', 'telepathy'] });
  expect(toModelJson(able)).toMatchObject({
    architecture: { input_modalities: ['text', 'image'], output_modalities: ['text'] },
    supported_parameters: expect.arrayContaining([
      'tools',
      'response_format',
      'reasoning',
      'include_reasoning',
      'reasoning_effort',
    ]),
  });
  expect(toOpenRouterModel(able)).toMatchObject({
    supported_features: ['json_mode', 'structured_outputs', 'reasoning', 'tools'],
  });
  expect(toOpenRouterModel(model('m'))).toMatchObject({ supported_features: [] });
});

test('a home whose country nobody knows is in none', () => {
  expect(toOpenRouterModel(model('m', { countries: ['XX', 'JP', ''] }))).toMatchObject({
    datacenters: [{ country_code: 'JP' }],
  });
});

test('pages go on behind an id, or end before one', () => {
  const list = ['a', 'b', 'c', 'd'].map((id) => model(id));
  const page = (afterId: string | null, beforeId: string | null, limit = 2): object =>
    toAnthropicList(list, { limit, afterId, beforeId });
  expect(page(null, null)).toMatchObject({ first_id: 'a', last_id: 'b', has_more: true });
  expect(page('b', null)).toMatchObject({ first_id: 'c', last_id: 'd', has_more: false });
  expect(page(null, 'd')).toMatchObject({ first_id: 'b', last_id: 'c', has_more: true });
  expect(page('d', null)).toEqual({ data: [], has_more: false, first_id: null, last_id: null });
});
