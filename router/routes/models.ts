// GET /v1/models and /v1/models/{id}: the catalogue, and the names the caller's own homes serve, in the form that the caller's client reads.
import { Hono } from 'hono';
import type { Context } from 'hono';
import { encodeMessagesError } from '../dialects/messages-errors.ts';
import type { AppEnv } from './app-env.ts';
import { ApiError } from '../errors.ts';
import { listModels, pickListing } from './served-models.ts';
import type { ModelListing } from './served-models.ts';
import { toAnthropicList, toAnthropicModel, toModelJson, toOpenRouterModel } from './tell-models.ts';
import type { PageAsked } from './tell-models.ts';
import { findPlace } from './find-place.ts';
import { requireCaller } from './refuse.ts';

export const models = new Hono<AppEnv>();

const FORMATS = ['openai', 'openrouter', 'anthropic'] as const;
type Format = (typeof FORMATS)[number];

/** Anthropic's clients list at most so many models a page, and so many where they do not say. */
const MOST_A_PAGE = 1000;
const USUAL_PAGE = 20;

models.get('/v1/models', async (c) => {
  const format = readFormat(c);
  const listed = await listFor(c);
  if (format === 'anthropic') return c.json(toAnthropicList(listed, readPage(c)));
  const tell = format === 'openrouter' ? toOpenRouterModel : toModelJson;
  return c.json({ object: 'list', data: listed.map(tell) });
});

models.get('/v1/models/:id{.+}', async (c) => {
  const format = readFormat(c);
  const id = c.req.param('id');
  const model = pickListing(await listFor(c), id);
  if (!model)
    throw new ApiError('model_not_found', `The model '${id.slice(0, 100)}' does not exist here. See GET /v1/models.`, {
      param: 'model',
    });
  const tell = format === 'anthropic' ? toAnthropicModel : format === 'openrouter' ? toOpenRouterModel : toModelJson;
  return c.json(tell(model));
});

async function listFor(c: Context<AppEnv>): Promise<ModelListing[]> {
  const caller = await requireCaller(c);
  return listModels(c.get('services'), caller, findPlace(c.req.raw, c.env));
}

/** Anthropic's clients say their API's version in every call, and read errors of its shape. */
function readFormat(c: Context<AppEnv>): Format {
  const isAnthropic = c.req.header('anthropic-version') !== undefined;
  const requestId = c.get('requestId');
  if (isAnthropic) {
    c.set('encodeError', (error) => encodeMessagesError({ ...error, requestId }));
    c.set('idHeader', 'request-id');
  }
  const said = c.req.query('format');
  if (said === undefined) return isAnthropic ? 'anthropic' : 'openai';
  const format = FORMATS.find((one) => one === said);
  if (!format)
    throw new ApiError('invalid_value', `'format' must be one of ${FORMATS.join(', ')}.`, { param: 'format' });
  return format;
}

function readPage(c: Context<AppEnv>): PageAsked {
  const said = c.req.query('limit');
  const limit = said === undefined ? USUAL_PAGE : Number(said);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST_A_PAGE)
    throw new ApiError('invalid_value', `'limit' must be a whole number from 1 to ${MOST_A_PAGE}.`, { param: 'limit' });
  return { limit, afterId: c.req.query('after_id') ?? null, beforeId: c.req.query('before_id') ?? null };
}
