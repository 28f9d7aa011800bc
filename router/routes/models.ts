// GET /v1/models and /v1/models/{id}: the catalogue, and the names the caller's own homes serve.
import { Hono } from 'hono';
import type { AppEnv } from './app-env.ts';
import { ApiError } from '../errors.ts';
import { listModels, pickListing } from './served-models.ts';
import type { ModelListing } from './served-models.ts';
import { findPlace } from './find-place.ts';
import { requireCaller } from './refuse.ts';

export const models = new Hono<AppEnv>();

models.get('/v1/models', async (c) => {
  const caller = await requireCaller(c);
  const listed = await listModels(c.get('services'), caller, findPlace(c.req.raw, c.env));
  return c.json({ object: 'list', data: listed.map(toModelJson) });
});

models.get('/v1/models/:id{.+}', async (c) => {
  const caller = await requireCaller(c);
  const id = c.req.param('id');
  const listed = await listModels(c.get('services'), caller, findPlace(c.req.raw, c.env));
  const model = pickListing(listed, id);
  if (!model)
    throw new ApiError('model_not_found', `The model '${id.slice(0, 100)}' does not exist here. See GET /v1/models.`, {
      param: 'model',
    });
  return c.json(toModelJson(model));
});

function toModelJson(model: ModelListing): object {
  return {
    id: model.id,
    object: 'model',
    created: Math.floor(model.createdAt / 1000),
    owned_by: model.isOwn ? 'you' : 'irori',
    description: model.description,
    context_length: model.contextTokens,
    max_context_length: model.maxContextTokens,
    max_output_tokens: model.maxOutputTokens,
    pricing: { unit: 'micro-credits per million tokens', prompt: model.priceIn, completion: model.priceOut },
    nodes_online: model.nodesOnline,
  };
}
