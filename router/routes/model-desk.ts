// What is done to the catalogue, whoever asks for the operator. Hubs look again at what their homes serve.
import * as z from 'zod';
import { DEFAULT_FIRST_TOKEN_MS, MAX_FIRST_TOKEN_S } from '../../schema/timings.ts';
import { isTokenizer } from '../billing/tokenizers.ts';
import type { CatalogueModel } from '../billing/catalogue.ts';
import { ApiError } from '../errors.ts';
import type { ModelChange } from '../hub/recalled-models.ts';
import type { Services } from '../services/edge.ts';
import { notFound } from './admin-input.ts';

/** A thousand credits a million tokens; keeps every product of price and tokens a safe integer. */
const MAX_PRICE = 1_000_000_000;
const price = z.number().int().min(0).max(MAX_PRICE);
const tokens = z.number().int().min(1).max(10_000_000);
export const modelBody = z
  .strictObject({
    description: z.string().max(1000).default(''),
    digests: z
      .array(z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits'))
      .min(1)
      .max(64),
    price_in: price,
    price_out: price,
    least_price_in: price.nullish(),
    least_price_out: price.nullish(),
    context_tokens: tokens,
    max_output_tokens: tokens,
    tokenizer: z.string().refine(isTokenizer, 'is not a tokenizer that the router carries; leave it out').nullish(),
    min_bytes_per_token: z.number().int().min(1).max(64).default(1),
    max_first_token_ms: z
      .number()
      .int()
      .min(1)
      .max(MAX_FIRST_TOKEN_S * 1000)
      .default(DEFAULT_FIRST_TOKEN_MS),
  })
  .superRefine(({ price_in, price_out, least_price_in, least_price_out }, context) => {
    for (const [field, least, most] of [
      ['least_price_in', least_price_in, price_in],
      ['least_price_out', least_price_out, price_out],
    ] as const)
      if ((least ?? 0) > most)
        context.addIssue({
          code: 'custom',
          path: [field],
          message: 'must not be above the price; leave it out and no home sells the model for less',
        });
  });

/** Tells hubs to look again at what their nodes serve. */
export type TellHubs = (services: Services, change: ModelChange) => Promise<void>;

/** Adds it, or puts it in the place of the one that goes by its id. Throws ApiError 400. */
export async function putModel(
  services: Services,
  {
    id,
    body,
    tellHubs,
  }: { readonly id: string; readonly body: z.output<typeof modelBody>; readonly tellHubs: TellHubs },
): Promise<CatalogueModel> {
  if (!/^[\w][\w./:-]{0,99}$/.test(id))
    throw new ApiError('invalid_value', "Invalid value for 'id': 1 to 100 letters, digits or . / : _ -", {
      param: 'id',
    });
  const model = await services.catalogue.put(toModel(id, body), Date.now());
  await tellHubs(services, { model: id, digests: model.digests });
  return model;
}

/** Throws ApiError 404. */
export async function withdrawModel(services: Services, id: string, tellHubs: TellHubs): Promise<void> {
  if (!(await services.catalogue.withdraw(id, Date.now()))) throw notFound('model', 'id');
  await tellHubs(services, { model: id, digests: [] });
}

function toModel(id: string, body: z.output<typeof modelBody>): Omit<CatalogueModel, 'createdAt'> {
  return {
    id,
    description: body.description,
    digests: body.digests,
    priceIn: body.price_in,
    priceOut: body.price_out,
    leastPriceIn: body.least_price_in ?? body.price_in,
    leastPriceOut: body.least_price_out ?? body.price_out,
    contextTokens: body.context_tokens,
    maxOutputTokens: body.max_output_tokens,
    tokenizer: body.tokenizer ?? null,
    minBytesPerToken: body.min_bytes_per_token,
    maxFirstTokenMs: body.max_first_token_ms,
  };
}
