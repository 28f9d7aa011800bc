// API keys: minted once, listed without their text, revoked at once where credit is held and within a minute everywhere.
import { Hono } from 'hono';
import * as z from 'zod';
import type { KeyLimits } from '../../schema/key-limits.ts';
import { keepLimits, keyLimitsSchema, tellKeyLimits } from '../../schema/key-limits.ts';
import { keyDefaultsSchema } from '../../schema/provider.ts';
import type { AppEnv } from './app-env.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services/edge.ts';
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
const limitsField = keyLimitsSchema.nullable();
const newKey = z.strictObject({
  name: shownText.default('key'),
  expires_in_s: z.number().int().min(1).max(TEN_YEARS_S).nullish(),
  defaults: defaultsField.default(null),
  limits: limitsField.default(null),
});
const keyChange = z.strictObject({ defaults: defaultsField.optional(), limits: limitsField.optional() });

/** POST and GET /accounts/:id/keys, PATCH and DELETE /keys/:id. */
export function makeAdminKeyRoutes(): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  routes.post('/accounts/:id/keys', async (c) => {
    const { name, expires_in_s: lifeS, defaults, limits: said } = await readInput(c, newKey);
    const limits = keepLimits(said);
    const now = Date.now();
    const expiresAt = lifeS === null || lifeS === undefined ? null : now + lifeS * 1000;
    const asked = { accountId: c.req.param('id'), name, expiresAt, defaults, limits };
    const services = c.get('services');
    const minted = await services.keys.mint(asked, now);
    if (!minted.ok) throw notFound('account', 'id');
    const { id, key } = minted.value;
    // Before anybody has the key: what limits it binds from its first call on.
    if (limits) await services.account(asked.accountId).setKeyLimits(id, limits);
    return c.json({ id, key, name, expires_at: expiresAt, defaults, limits: tellKeyLimits(limits) }, 201);
  });
  routes.get('/accounts/:id/keys', async (c) => {
    const services = c.get('services');
    const accountId = c.req.param('id');
    if (!(await services.accounts.find(accountId))) throw notFound('account', 'id');
    const keys = await services.keys.list(accountId);
    return c.json({
      data: keys.map(({ id, name, createdAt, expiresAt, revokedAt, defaults, limits }) => {
        const said = { defaults, limits: tellKeyLimits(limits) };
        return { id, name, created_at: createdAt, expires_at: expiresAt, revoked_at: revokedAt, ...said };
      }),
    });
  });
  routes.patch('/keys/:id', async (c) => {
    const { defaults, limits } = await readInput(c, keyChange);
    const keyId = c.req.param('id');
    if (defaults === undefined && limits === undefined)
      throw new ApiError('invalid_value', "Say what is to change: 'defaults', 'limits', or both.", {
        param: 'defaults',
      });
    if (defaults !== undefined) await changeDefaults(c.get('services'), keyId, defaults);
    const told = limits === undefined ? {} : { limits: await changeLimits(c.get('services'), keyId, limits) };
    return c.json({ id: keyId, ...(defaults !== undefined && { defaults }), ...told });
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

async function changeDefaults(services: Services, keyId: string, defaults: object | null): Promise<void> {
  const changed = await services.keys.setDefaults(keyId, defaults);
  if (!changed.ok) throw notFound('key', 'id');
}

/** Written first, then decided by: where the object cannot be told the same call again tells it. */
async function changeLimits(services: Services, keyId: string, said: KeyLimits | null): Promise<object | null> {
  const limits = keepLimits(said);
  const changed = await services.keys.setLimits(keyId, limits);
  if (!changed.ok) throw notFound('key', 'id');
  await services.account(changed.value.accountId).setKeyLimits(keyId, limits);
  return tellKeyLimits(limits);
}
