// GET /v1/network: homes by country, and the models with price, speed and homes, for anyone. It needs no key and is the same for all.
import { Hono } from 'hono';
import type { AppEnv } from './app-env.ts';
import { lookAtNetwork } from './network-now.ts';

export const network = new Hono<AppEnv>();

network.get('/v1/network', async (c) => {
  const { at, homes, countries, elsewhere, models } = await lookAtNetwork(
    c.get('services'),
    c.env.LOCAL_PLACES === '1',
    Date.now(),
  );
  return c.json(
    {
      object: 'network',
      at,
      homes_online: homes,
      countries,
      elsewhere,
      models: models.map((model) => ({
        id: model.id,
        description: model.description,
        pricing: { prompt_micro_per_million: model.priceIn, completion_micro_per_million: model.priceOut },
        context_length: model.contextTokens,
        /** Null: a few. */
        nodes_online: model.homes,
        tokens_per_s: model.tokensPerS,
      })),
    },
    200,
    { 'cache-control': 'public, max-age=10' },
  );
});
