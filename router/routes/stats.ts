// GET /v1/stats: how the network did lately, for anyone with an API key: jobs, first tokens and how well they were predicted.
import { Hono } from 'hono';
import type { AppEnv } from './app-env.ts';
import { ApiError } from '../errors.ts';
import { requireCaller } from './refuse.ts';

const WINDOWS_MS: Readonly<Record<string, number>> = { '5m': 300_000, '1h': 3_600_000, '24h': 86_400_000 };

export const stats = new Hono<AppEnv>();

stats.get('/v1/stats', async (c) => {
  await requireCaller(c);
  const name = c.req.query('window') ?? '1h';
  const windowMs = Object.hasOwn(WINDOWS_MS, name) ? WINDOWS_MS[name] : undefined;
  if (windowMs === undefined)
    throw new ApiError('invalid_value', `'window' must be one of ${Object.keys(WINDOWS_MS).join(', ')}.`, {
      param: 'window',
    });
  const { fromAt, toAt, isCut, all, models, modes } = await c.get('services').jobLog.summarise(windowMs, Date.now());
  return c.json({ object: 'stats', window: name, from: fromAt, to: toAt, is_cut: isCut, ...all, models, modes });
});
