// Tests of Durable Objects and D1 doors in real workerd, without the rest of the router.
import { resolve } from 'node:path';
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

const migrations = await readD1Migrations(resolve(import.meta.dirname, '../../../migrations'));

/** A presence table that takes every command and keeps nothing: the objects here have no placement behind them. */
async function answerPresence(request: { json: () => Promise<unknown> }): Promise<Response> {
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
        outboundService: answerPresence,
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
    maxWorkers: 3,
    sequence: { groupOrder: 1 },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
