// GET /v1/key: what the key that asks has used, what is left to it and when that begins anew; of the account and its other keys nothing.
import { Hono } from 'hono';
import { tellKeyLimits } from '../../schema/key-limits.ts';
import type { KeyUsage } from '../billing/account-book.ts';
import type { AppEnv } from './app-env.ts';
import { requireCaller } from './refuse.ts';
import { tellTime } from './tell-left.ts';

export const key = new Hono<AppEnv>();

key.get('/v1/key', async (c) => {
  const { accountId, keyId } = await requireCaller(c);
  const used = await c.get('services').account(accountId).keyUsage(keyId);
  return c.json({ object: 'key', id: keyId, unit: 'micro-credits (1,000,000 = 1 credit)', ...toJson(used) });
});

function toJson({ limits, spent, held, running, left }: KeyUsage): object {
  const spend = (of: 'day' | 'month' | 'total'): object => {
    const limit = left.spend.find((one) => one.of === of);
    const more = limit && {
      limit_micro: limit.limit,
      left_micro: limit.left,
      resets_at: limit.resetAt === null ? null : tellTime(limit.resetAt),
    };
    return { spent_micro: spent[of], ...more };
  };
  const rate = (of: 'requests' | 'tokens'): object | null => {
    const told = left[of];
    return told ? { limit: told.limit, left: told.left, resets_in_ms: told.resetMs } : null;
  };
  return {
    limits: tellKeyLimits(limits),
    spend: { day: spend('day'), month: spend('month'), total: spend('total') },
    held_micro: held,
    running_jobs: running,
    requests_per_minute: rate('requests'),
    tokens_per_minute: rate('tokens'),
  };
}
