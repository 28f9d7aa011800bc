// GET /v1/credit/chain: what an account is called on the chain, for who burns tokens for its API credit.
import { Hono } from 'hono';
import { ApiError } from '../errors.ts';
import type { AppEnv } from './app-env.ts';
import { TOKEN_NOTICE } from './audit-chain.ts';
import { requireCaller } from './refuse.ts';

/** A token, in units. */
const UNITS_A_TOKEN = 1_000_000;

export const creditChain = new Hono<AppEnv>();

creditChain.get('/v1/credit/chain', async (c) => {
  const { accountId } = await requireCaller(c);
  const { tellChain, chainCodes } = c.get('services');
  const now = Date.now();
  const told = await tellChain(now);
  if (told === null) throw new ApiError('not_found', 'This network pays on no chain.');
  return c.json({
    object: 'credit.chain',
    notice: TOKEN_NOTICE,
    /** Says nothing to anybody else: what `claimToCredit` and `buy` take as the account. */
    account_code: await chainCodes.codeOf(accountId, now),
    chain_id: told.chainId,
    payouts: told.payouts,
    token: told.places?.token ?? null,
    credits: told.places?.credits ?? null,
    micro_credits_a_token: UNITS_A_TOKEN,
    /** Credit is there once so many blocks lie over its transaction. */
    depth: told.depth,
  });
});
