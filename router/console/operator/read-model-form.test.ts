// Forms of the catalogue.
import { describe, expect, it } from 'vitest';
import { readModelForm, toModelForm } from './read-model-form.ts';

const digest = 'a'.repeat(64);
const model = {
  id: 'nano',
  description: 'small',
  digests: [digest, 'b'.repeat(64)],
  priceIn: 100,
  priceOut: 200,
  leastPriceIn: 100,
  leastPriceOut: 50,
  contextTokens: 4096,
  maxOutputTokens: 1024,
  tokenizer: null,
  minBytesPerToken: 1,
  maxFirstTokenMs: 20_000,
  createdAt: 0,
};

describe('readModelForm', () => {
  it('reads what a form tells of a model', () => {
    expect(readModelForm(toModelForm(model))).toEqual({
      description: 'small',
      digests: model.digests,
      price_in: 100,
      price_out: 200,
      least_price_out: 50,
      context_tokens: 4096,
      max_output_tokens: 1024,
      min_bytes_per_token: 1,
      max_first_token_ms: 20_000,
    });
  });

  it('leaves out what is empty, and what is no number as it is', () => {
    expect(readModelForm({ id: 'x', price_in: ' 1e3 ', digests: ` ${digest},${digest}\n`, tokenizer: ' ' })).toEqual({
      price_in: '1e3',
      digests: [digest, digest],
    });
  });
});
