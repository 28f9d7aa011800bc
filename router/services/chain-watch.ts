// What happens on the chain comes into the books, out of the environment: claims to the objects of homes, bought credit to those of accounts.
import type { Hex } from '../../schema/bytes.ts';
import { nodeIdOf } from '../../schema/ids.ts';
import { makeChainCodes } from '../auth/chain-codes.ts';
import { findNode } from '../auth/nodes.ts';
import type { ChainStep, KeptPlace } from '../billing/settler-chain.ts';
import { MEMOS } from '../billing/tell-memo.ts';
import { ChainWatch } from '../chain/chain-watch.ts';
import { makeEventsChain } from '../chain/events-chain.ts';
import type { DatedEvent } from '../chain/events-chain.ts';
import { WatchLog } from '../chain/watch-log.ts';
import type { Env } from '../env.ts';
import { makeLog } from '../log.ts';
import { openStubs } from './stubs.ts';

const log = makeLog('services');

/** Of the chain that CHAIN_ID names, by the node at `url`. */
export function openChainWatch(env: Env, url: string, { storage }: Pick<KeptPlace, 'storage'>): ChainStep {
  const chainId = Number(env.CHAIN_ID);
  const chain = makeEventsChain({ url, chainId, contract: env.VERIFYING_CONTRACT as Hex });
  const book = openBooking(env);
  const watch = new ChainWatch(new WatchLog(storage), { chainId, chain, book, now: () => Date.now() });
  return () => watch.tick();
}

/** What nobody here can have is told and let go of: it will be nobody's tomorrow too. */
function openBooking(env: Env): (id: string, event: DatedEvent) => Promise<void> {
  const stubs = openStubs(env);
  const codes = makeChainCodes({ db: env.DB, random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)) });
  return async (id, event) => {
    if (event.kind === 'bought') {
      const accountId = await codes.findAccount(event.account);
      if (accountId === null) return log.error('credit-for-nobody', { count: event.units });
      const memo = MEMOS.burned(event.tx);
      const grant = {
        eventId: `chain:${id}`,
        accountId,
        amount: event.units,
        memo,
        kind: 'earned',
        from: 'chain',
      } as const;
      const { isTooMuch } = await stubs.account(accountId).grant(grant);
      if (isTooMuch) throw new Error('the account has no room for it now');
      return;
    }
    const nodeId = nodeIdOf(event.node);
    const row = await findNode(env.DB, nodeId);
    if (!row) return log.error('claim-of-unknown-home', { nodeId, count: event.units });
    const { units, wallet, tx, at, sender, gasWei, shares, isCredited } = event;
    const share = String(BigInt(gasWei) / BigInt(shares));
    const claim = { id, accountId: row.accountId, units, wallet, tx, at, sender, gasWei: share, isCredited };
    await stubs.nodeAccount(nodeId).noteClaim(claim);
  };
}
