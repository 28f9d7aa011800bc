// GET and POST /node/v1/claim: what a home can claim on the chain, and that the router claims it, with gas that the router pays. The tokens go to the home's
// wallet whoever sends the claim, so this needs the home's own proof and no key of a wallet.
import { Hono } from 'hono';
import type { Context } from 'hono';
import type { Hex } from '../../schema/bytes.ts';
import type { NodeRow } from '../auth/nodes.ts';
import type { ClaimTold } from '../chain/claim-sponsor.ts';
import { ApiError } from '../errors.ts';
import { makeLog } from '../log.ts';
import type { AppEnv } from './app-env.ts';
import { requireHome, requireHomeSaying } from './asked-nodes.ts';
import { tellClaim } from './tell-claim.ts';

const log = makeLog('edge');

export const nodeClaim = new Hono<AppEnv>();

nodeClaim.get('/node/v1/claim', async (c) => {
  const node = await requireHome(c);
  return c.json(tellClaim(node, await findClaim(c, node, false), Date.now()));
});

nodeClaim.post('/node/v1/claim', async (c) => {
  const node = await requireHomeSaying(c);
  return c.json(tellClaim(node, await findClaim(c, node, true), Date.now()));
});

/** Throws ApiError 404, 409 or 503. */
async function findClaim(c: Context<AppEnv>, { address }: NodeRow, isAsking: boolean): Promise<ClaimTold> {
  let told: ClaimTold | null;
  try {
    told = await c
      .get('services')
      .settler()
      .claim(address as Hex, isAsking);
  } catch (error) {
    log.warn('claim-not-told', { error });
    throw new ApiError('store_away', 'The chain, or what was published of it, cannot be asked now. Ask again later.');
  }
  if (told) return told;
  throw new ApiError('conflict', 'This router pays the gas of no claims. Claim with test coins of your own.');
}
