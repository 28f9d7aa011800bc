// What the accounts of callers and of nodes take from their environment.
import { findNode, standingOf } from '../auth/nodes.ts';
import type { AccountDoors } from '../billing/account.ts';
import { makeLedger } from '../billing/ledger.ts';
import type { NodeAccountDoors } from '../billing/node-account.ts';
import type { Env } from '../env.ts';
import { openSigner } from './signer.ts';

export function makeAccountDoors(env: Env): AccountDoors {
  return { ledger: makeLedger(env.DB) };
}

export function makeNodeAccountDoors(env: Env): NodeAccountDoors {
  return {
    ...openSigner(env),
    ledger: makeLedger(env.DB),
    readStanding: async (nodeId) => standingOf(await findNode(env.DB, nodeId)),
  };
}
