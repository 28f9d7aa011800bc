// Under which address the router tells of itself: the one that was asked where that is its own, else the first of its own, as behind a proxy.
import type { Context } from 'hono';
import { METHOD_URL } from '../billing/tell-energy.ts';
import type { AppEnv } from './app-env.ts';

export function findOwnOrigin(c: Context<AppEnv>): string {
  const { origin } = new URL(c.req.url);
  const own = c.get('services').ownOrigins(c.req.url);
  return own.includes(origin) ? origin : (own[0] ?? origin);
}

/** Where this router tells how energy is known. */
export function findMethodUrl(c: Context<AppEnv>): string {
  return `${findOwnOrigin(c)}${METHOD_URL}`;
}
