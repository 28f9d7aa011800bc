// GET /audit/chain: where this network pays, for anyone: the chain, the contracts, the newest final root. What an agent needs to claim once the router is gone.
import { Hono } from 'hono';
import { ApiError } from '../errors.ts';
import type { ToldChain } from '../services/network-chain.ts';
import type { AppEnv } from './app-env.ts';

export const auditChain = new Hono<AppEnv>();

/** Wherever an amount of tokens is told. */
export const TOKEN_NOTICE = 'test tokens, no value';

auditChain.get('/audit/chain', async (c) => {
  const told = await c.get('services').tellChain(Date.now());
  if (told === null) throw new ApiError('not_found', 'This network pays on no chain.');
  c.header('cache-control', 'public, max-age=2');
  return c.json(toChainJson(told));
});

function toChainJson({ chainId, places, lastFinal, ...told }: ToldChain): object {
  return {
    object: 'chain',
    notice: TOKEN_NOTICE,
    chain_id: chainId,
    name: told.name,
    /** Blocks under which nothing is expected to change any more. */
    depth: told.depth,
    rpc_url: told.rpcUrl,
    payouts: told.payouts,
    token: places?.token ?? null,
    rules: places?.rules ?? null,
    bonds: places?.bonds ?? null,
    credits: places?.credits ?? null,
    timelock: places?.timelock ?? null,
    governor: told.governor,
    last_final: lastFinal && { epoch: lastFinal.epoch, root: lastFinal.root, total_micro: String(lastFinal.total) },
    /** False while the router cannot ask the chain: then what it knew before is told. */
    reachable: told.isReachable,
  };
}
