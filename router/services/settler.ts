// What closes epochs takes from its environment, and who calls it.
import type { Hex } from '../../schema/bytes.ts';
import { makeNodes } from '../auth/nodes.ts';
import type { TickResult } from '../billing/epoch-closing.ts';
import { makeNewcomerBonus } from '../billing/newcomer-bonus.ts';
import type { RulesDoor } from '../billing/rule-book.ts';
import { makeAskChain } from '../chain/json-rpc.ts';
import { readRules } from '../chain/rules-chain.ts';
import type { SettlerDoors } from '../billing/settler.ts';
import { makeMessageSigner } from '../../schema/receipt.ts';
import { HANDSHAKE_DOMAIN } from '../../schema/typed-data.ts';
import type { Env } from '../env.ts';
import { openEpochShelf } from './epoch-shelf.ts';
import { pickEpochSeconds, pickLeftOut } from './pick-local.ts';
import { openChainSteps, openSponsor } from './settler-chain.ts';
import { openLedger } from './shared.ts';
import { openSigner } from './signer.ts';
import { openStubs } from './stubs.ts';

export function makeSettlerDoors(env: Env): SettlerDoors {
  const stubs = openStubs(env);
  const ledger = openLedger(env);
  const shelf = openEpochShelf(env);
  const random = (bytes: number): Uint8Array => crypto.getRandomValues(new Uint8Array(bytes));
  const nodes = makeNodes({ db: env.DB, signer: makeMessageSigner(HANDSHAKE_DOMAIN), random });
  return {
    seconds: pickEpochSeconds(env),
    domain: openSigner(env).domain,
    hasChain: env.CHAIN_RPC_URL !== undefined,
    listNodes: async (after, limit) =>
      (await nodes.list(after, limit)).map(({ id, address, wallet }) => ({
        id,
        address: address as Hex,
        wallet: wallet as Hex | null,
      })),
    freeze: async (nodeId, epoch) => stubs.nodeAccount(nodeId).freeze(epoch),
    holdAgainst: async (nodeId, booked) => stubs.nodeAccount(nodeId).holdAgainst(booked),
    earnedBy: (nodeId) => ledger.earnedBy(nodeId),
    shelf,
    now: () => Date.now(),
    readRules: openRules(env),
    leftOut: pickLeftOut(env),
    payBonuses: env.CHAIN_RPC_URL === undefined ? null : makeNewcomerBonus(env.DB, ledger),
    openChain: (place) => openChainSteps(env, place, shelf),
    openSponsor: (place) => openSponsor(env, place, shelf),
  };
}

function openRules({ CHAIN_RPC_URL, VERIFYING_CONTRACT }: Env): RulesDoor {
  if (CHAIN_RPC_URL === undefined) return null;
  const ask = makeAskChain(CHAIN_RPC_URL);
  return () => readRules(ask, VERIFYING_CONTRACT as Hex);
}

/** The platform's clock calls: epochs that are over are closed. Only the local network may be told another time than it is. */
export async function closeEpochs(env: Env, at: number): Promise<TickResult> {
  const now = env.LOCAL_PLACES === '1' ? at : Math.min(at, Date.now());
  return openStubs(env).settler().tick(now);
}
