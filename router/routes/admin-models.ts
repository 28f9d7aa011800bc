// The catalogue: which digests count as which public model, and its price.
import { Hono } from 'hono';
import type { AppEnv } from './app-env.ts';
import type { CatalogueModel } from '../billing/catalogue.ts';
import { notFound, readInput } from './admin-input.ts';
import { modelBody, putModel, withdrawModel } from './model-desk.ts';
import type { TellHubs } from './model-desk.ts';

/** GET /models, GET, PUT and DELETE /models/:id (the id may hold slashes). */
export function makeAdminModelRoutes(tellHubs: TellHubs): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  routes.get('/models', async (c) => {
    return c.json({ data: (await c.get('services').catalogue.list(Date.now())).map(toJson) });
  });
  routes.get('/models/:id{.+}', async (c) => {
    const model = await c.get('services').catalogue.find(c.req.param('id'), Date.now());
    if (!model) throw notFound('model', 'id');
    return c.json(toJson(model));
  });
  routes.put('/models/:id{.+}', async (c) => {
    const id = c.req.param('id');
    const model = await putModel(c.get('services'), { id, body: await readInput(c, modelBody), tellHubs });
    return c.json(toJson(model));
  });
  routes.delete('/models/:id{.+}', async (c) => {
    const id = c.req.param('id');
    await withdrawModel(c.get('services'), id, tellHubs);
    return c.json({ id, withdrawn: true });
  });
  return routes;
}

function toJson(model: CatalogueModel): object {
  return {
    id: model.id,
    description: model.description,
    digests: model.digests,
    price_in: model.priceIn,
    price_out: model.priceOut,
    least_price_in: model.leastPriceIn ?? model.priceIn,
    least_price_out: model.leastPriceOut ?? model.priceOut,
    context_tokens: model.contextTokens,
    max_output_tokens: model.maxOutputTokens,
    tokenizer: model.tokenizer,
    min_bytes_per_token: model.minBytesPerToken,
    max_first_token_ms: model.maxFirstTokenMs,
    created_at: model.createdAt,
  };
}
