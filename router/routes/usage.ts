// GET /v1/usage: the caller's balance and totals, from the account object that decides them.
import { Hono } from 'hono';
import { onlyKeySeen } from '../auth/judge-rights.ts';
import type { AppEnv } from './app-env.ts';
import { requireCaller } from './refuse.ts';

const UNIT = 'micro-credits (1,000,000 = 1 credit)';

export const usage = new Hono<AppEnv>();

usage.get('/v1/usage', async (c) => {
  const caller = await requireCaller(c);
  const only = onlyKeySeen(caller);
  if (only !== null) return c.json({ object: 'usage', account: caller.accountId, key: only, unit: UNIT });
  const { balance, held, totals } = await c.get('services').account(caller.accountId).usage();
  return c.json({
    object: 'usage',
    account: caller.accountId,
    unit: UNIT,
    balance_micro: balance,
    held_micro: held,
    available_micro: balance - held,
    totals: {
      jobs: totals.jobs,
      prompt_tokens: totals.promptTokens,
      completion_tokens: totals.outputTokens,
      charged_micro: totals.charged,
    },
  });
});
