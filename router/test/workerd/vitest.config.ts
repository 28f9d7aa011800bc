// Tests of Durable Objects and D1 doors in real workerd, without the rest of the router.
import { resolve } from 'node:path';
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

const migrations = await readD1Migrations(resolve(import.meta.dirname, '../../../migrations'));

interface Outbound {
  readonly url: string;
  readonly headers: { get: (name: string) => string | null };
  json: () => Promise<unknown>;
  text: () => Promise<string>;
}

/** Who the router calls, by the name of the host: others are stood in for by what a test gives them. */
async function answerOutbound(request: Outbound): Promise<Response> {
  const { hostname, pathname } = new URL(request.url);
  if (hostname === 'stripe.test') return answerStripe(request, pathname);
  return answerPresence(request);
}

/** Tells in the page's address what it was asked for, so that a test can read it. */
async function answerStripe(request: Outbound, path: string): Promise<Response> {
  if (path === '/v1/payment_intents/pi_ours') return Response.json({ metadata: { irori_checkout: 'chk_ours' } });
  if (path === '/v1/payment_intents/pi_foreign') return Response.json({ metadata: {} });
  if (path !== '/v1/checkout/sessions') return Response.json({ error: {} }, { status: 404 });
  const body = await request.text();
  if (body.includes('refuse.test')) return Response.json({ error: { message: 'no' } }, { status: 400 });
  if (body.includes('away.test')) return Response.json({ error: { message: 'later' } }, { status: 503 });
  const key = request.headers.get('idempotency-key');
  const auth = encodeURIComponent(request.headers.get('authorization') ?? '');
  const page = `https://pay.test/?key=${key}&auth=${auth}&${body}`;
  return Response.json({ id: `cs_test_${key?.slice(4)}`, object: 'checkout.session', url: page });
}

/** A presence table that takes every command and keeps nothing: the objects here have no placement behind them. */
async function answerPresence(request: Pick<Outbound, 'json'>): Promise<Response> {
  const commands = (await request.json()) as unknown[];
  return Response.json(commands.map(() => ({ result: 1 })));
}

export default defineConfig({
  root: import.meta.dirname,
  cacheDir: resolve(import.meta.dirname, '../../../node_modules/.vite/workerd'),
  plugins: [
    cloudflareTest({
      wrangler: { configPath: resolve(import.meta.dirname, 'billing.wrangler.toml') },
      miniflare: {
        outboundService: answerOutbound,
        bindings: {
          MIGRATIONS: migrations,
          ADMIN_SECRET: 'admin-secret-of-the-tests',
          KEY_HMAC_SECRET: 'key-secret-of-the-tests',
          NODE_TOKEN_SECRET: 'token-secret-of-the-tests',
          ROUTER_SIGNING_KEY: `0x${'11'.repeat(32)}`,
          UPSTASH_REDIS_REST_URL: 'http://presence.test',
          UPSTASH_REDIS_REST_TOKEN: 'token-of-the-tests',
          CHAIN_ID: '31337',
          VERIFYING_CONTRACT: '0x0000000000000000000000000000000000000001',
        },
      },
    }),
  ],
  test: {
    name: 'workerd',
    include: ['*.test.ts'],
    maxWorkers: 5,
    sequence: { groupOrder: 1 },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
  },
});
