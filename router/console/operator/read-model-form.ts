// A model of the catalogue as a form writes it: numbers as texts, and digests in one line. Pure.
import type { CatalogueModel } from '../../billing/catalogue.ts';

/** Fields of the form, each a text. */
export const MODEL_FIELDS = [
  'id',
  'description',
  'digests',
  'price_in',
  'price_out',
  'least_price_in',
  'least_price_out',
  'context_tokens',
  'max_output_tokens',
  'tokenizer',
  'min_bytes_per_token',
  'max_first_token_ms',
] as const;
export type ModelField = (typeof MODEL_FIELDS)[number];
export type ModelForm = Readonly<Partial<Record<ModelField, string>>>;

const TEXTS: ReadonlySet<ModelField> = new Set(['description', 'tokenizer']);

/** What the API's body would be: what is left empty is left out, and what is no number stays a text, to be refused by its name. */
export function readModelForm(form: ModelForm): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  for (const name of MODEL_FIELDS) {
    const text = (form[name] ?? '').trim();
    if (name === 'id' || text === '') continue;
    if (name === 'digests') body[name] = text.split(/[\s,]+/).filter((digest) => digest !== '');
    else if (TEXTS.has(name)) body[name] = text;
    else body[name] = /^\d{1,15}$/.test(text) ? Number(text) : text;
  }
  return body;
}

export function toModelForm(model: CatalogueModel): ModelForm {
  const { leastPriceIn, leastPriceOut, priceIn, priceOut } = model;
  return {
    id: model.id,
    description: model.description,
    digests: model.digests.join(' '),
    price_in: String(priceIn),
    price_out: String(priceOut),
    least_price_in: leastPriceIn === undefined || leastPriceIn === priceIn ? '' : String(leastPriceIn),
    least_price_out: leastPriceOut === undefined || leastPriceOut === priceOut ? '' : String(leastPriceOut),
    context_tokens: String(model.contextTokens),
    max_output_tokens: String(model.maxOutputTokens),
    tokenizer: model.tokenizer ?? '',
    min_bytes_per_token: String(model.minBytesPerToken),
    max_first_token_ms: String(model.maxFirstTokenMs),
  };
}
