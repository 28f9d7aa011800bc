// API keys: minted once, listed without their text, revoked at once where credit is held and within a minute everywhere.
import { Hono } from 'hono';
import * as z from 'zod';
import { keyDefaultsSchema } from '../../schema/provider.ts';
import type { AppEnv } from './app-env.ts';
import { notFound, readInput, shownText } from './admin-input.ts';

const TEN_YEARS_S = 315_360_000;
/** Checked as it will be read, and kept as it was written. */
const defaultsField = z
  .record(z.string(), z.unknown())
  .superRefine((defaults, context) => {
    const parsed = keyDefaultsSchema.safeParse(defaults);
    for (const issue of parsed.error?.issues ?? []) context.addIssue({ ...issue, input: defaults } as never);
  })
  .nullable();
const newKey = z.strictObject({
  name: shownText.default('key'),
  expires_in_s: z.number().int().min(1).max(TEN_YEARS_S).nullish(),
  defaults: defaultsField.default(null),
});
const keyChange = z.strictObject({ defaults: defaultsField });

/** POST and GET /accounts/:id/keys, PATCH and DELETE /keys/:id. */
export function makeAdminKeyRoutes(): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  routes.post('/accounts/:id/keys', async (c) => {
    const { name, expires_in_s: lifeS, defaults } = await readInput(c, newKey);
    const now = Date.now();
    const expiresAt = lifeS === null || lifeS === undefined ? null : now + lifeS * 1000;
    const asked = { accountId: c.req.param('id'), name, expiresAt, defaults };
    const minted = await c.get('services').keys.mint(asked, now);
    if (!minted.ok) throw notFound('account', 'id');
    return c.json({ id: minted.value.id, key: minted.value.key, name, expires_at: expiresAt, defaults }, 201);
  });
  routes.get('/accounts/:id/keys', async (c) => {
    const services = c.get('services');
    const accountId = c.req.param('id');
    if (!(await services.accounts.find(accountId))) throw notFound('account', 'id');
    const keys = await services.keys.list(accountId);
    return c.json({
      data: keys.map(({ id, name, createdAt, expiresAt, revokedAt, defaults }) => {
        return { id, name, created_at: createdAt, expires_at: expiresAt, revoked_at: revokedAt, defaults };
      }),
    });
  });
  routes.patch('/keys/:id', async (c) => {
    const { defaults } = await readInput(c, keyChange);
    const keyId = c.req.param('id');
    const changed = await c.get('services').keys.setDefaults(keyId, defaults);
    if (!changed.ok) throw notFound('key', 'id');
    return c.json({ id: keyId, defaults });
  });
  routes.delete('/keys/:id', async (c) => {
    const services = c.get('services');
    const keyId = c.req.param('id');
    const revoked = await services.keys.revoke(keyId, Date.now());
    if (!revoked.ok) throw notFound('key', 'id');
    await services.account(revoked.value.accountId).revokeKey(keyId);
    return c.json({ id: keyId, revoked: true });
  });
  return routes;
}
