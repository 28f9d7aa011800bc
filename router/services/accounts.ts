// What the accounts of callers and of nodes take from their environment.
import { findNode, standingOf } from '../auth/nodes.ts';
import type { AccountDoors } from '../billing/account-doors.ts';
import type { NodeAccountDoors } from '../billing/node-account.ts';
import type { Env } from '../env.ts';
import { allowsLocalWebhooks, pickCrowdLimits, pickEpochSeconds, pickTimings } from './pick-local.ts';
import { openLedger } from './shared.ts';
import { openSigner } from './signer.ts';
import { openStubs } from './stubs.ts';
import { makeWebhookDoor } from './webhook-door.ts';

/** A job is told of with the second telling of its hub at the latest, which begins with those that are half as old; and a little for the way. */
const TELLINGS = 1.6;

export function makeAccountDoors(env: Env): AccountDoors {
  const {
    holdLeaseMs: leaseMs,
    holdGraceMs: graceMs,
    holdRenewMs,
    bookMs,
    rateWindowMs,
    alertRetryMs,
  } = pickTimings(env);
  const terms = { leaseMs, graceMs, toldMs: Math.ceil(TELLINGS * holdRenewMs) };
  const { account } = openStubs(env);
  const sendTransfer: AccountDoors['sendTransfer'] = (transfer) => account(transfer.to).receive(transfer);
  const webhooks = { post: makeWebhookDoor(allowsLocalWebhooks(env)), retryMs: alertRetryMs };
  return { ledger: openLedger(env), terms, crowd: pickCrowdLimits(env), bookMs, rateWindowMs, webhooks, sendTransfer };
}

export function makeNodeAccountDoors(env: Env): NodeAccountDoors {
  const stubs = openStubs(env);
  return {
    ...openSigner(env),
    ledger: openLedger(env),
    traceWaitMs: pickTimings(env).traceWaitMs,
    sendTransfer: (transfer) => stubs.account(transfer.to).receive(transfer),
    findFlushes: async (accountId, jobId) => stubs.account(accountId).flushesOf(jobId),
    epochSeconds: pickEpochSeconds(env),
    hasChain: env.CHAIN_RPC_URL !== undefined,
    holdsOther: async (hub, nodeId, instance) => stubs.hub(hub).holdsOther(nodeId, instance),
    readStanding: async (nodeId) => standingOf(await findNode(env.DB, nodeId)),
  };
}
