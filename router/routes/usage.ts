// GET /v1/usage: the caller's balance and totals, from the account object that decides them.
import { Hono } from 'hono';
import type { AppEnv } from './app-env.ts';
import { requireCaller } from './refuse.ts';

export const usage = new Hono<AppEnv>();

usage.get('/v1/usage', async (c) => {
  const caller = await requireCaller(c);
  const { balance, held, totals, kinds, ending } = await c.get('services').account(caller.accountId).usage();
  return c.json({
    object: 'usage',
    account: caller.accountId,
    unit: 'micro-credits (1,000,000 = 1 credit)',
    balance_micro: balance,
    held_micro: held,
    available_micro: balance - held,
    /** Spent in this order, but for what ends: that goes first. */
    granted_micro: kinds.granted,
    earned_micro: kinds.earned,
    bought_micro: kinds.bought,
    expiring: ending.map(({ kind, left, expiresAt, purpose, sponsor }) => ({
      kind,
      amount_micro: left,
      expires_at: expiresAt,
      purpose: purpose ?? null,
      sponsor: sponsor ?? null,
    })),
    totals: {
      jobs: totals.jobs,
      prompt_tokens: totals.promptTokens,
      completion_tokens: totals.outputTokens,
      charged_micro: totals.charged,
    },
  });
});
