// GET /health: whether this edge works, and what it works without. Says nothing of anyone's data.
import { Hono } from 'hono';
import { PROTOCOL_VERSION } from '../../schema/frames.ts';
import { TIME_HEADER } from '../../schema/node-proof.ts';
import type { AppEnv } from './app-env.ts';

export const health = new Hono<AppEnv>();

health.get('/health', async (c) => {
  const presence = await c.get('services').isPresenceUp();
  c.header('cache-control', 'no-store');
  // A home's doctor holds its machine's clock against it.
  c.header(TIME_HEADER, String(Date.now()));
  return c.json({
    status: presence ? 'ok' : 'degraded',
    presence: presence ? 'ok' : 'away',
    protocol: PROTOCOL_VERSION,
  });
});
