// What a hub takes from its environment; made once per isolate.
import { makeNodeTokens } from '../auth/node-tokens.ts';
import { completeAll } from '../billing/answer-receipt.ts';
import type { Env } from '../env.ts';
import type { HubServices } from '../hub/hub-services.ts';
import { toHandoverJson } from '../../schema/handover.ts';
import { makeMessageSigner } from '../../schema/receipt.ts';
import { HANDSHAKE_DOMAIN } from '../../schema/typed-data.ts';
import { pickEpochSeconds, pickTimings } from './pick-local.ts';
import { openCatalogue, openPresenceTable } from './shared.ts';
import { openSigner } from './signer.ts';
import { openStubs } from './stubs.ts';

const made = new WeakMap<Env, HubServices>();

export function makeHubServices(env: Env): HubServices {
  const known = made.get(env);
  if (known) return known;
  const services = openHubServices(env);
  made.set(env, services);
  return services;
}

function openHubServices(env: Env): HubServices {
  const { domain, signer, routerKey, routerAddress, handovers } = openSigner(env);
  const presence = openPresenceTable(env);
  const nodeTokens = makeNodeTokens(env.NODE_TOKEN_SECRET, env.NODE_TOKEN_SECRET_PREVIOUS);
  const catalogue = openCatalogue(env);
  const stubs = openStubs(env);
  return {
    timings: pickTimings(env),
    epochSeconds: pickEpochSeconds(env),
    signer,
    handshake: makeMessageSigner(HANDSHAKE_DOMAIN),
    domain,
    routerAddress,
    handovers: handovers.map(toHandoverJson),
    mayAbort: env.LOCAL_PLACES === '1',
    handHistory: (hub, nodeId, json) => stubs.hub(hub).takeHistory(nodeId, json),
    sealTickets: (facts, digests) => signer.seal(facts, digests, routerKey),
    showNode: async (nodeId, hub, instance) => stubs.nodeAccount(nodeId).show(hub, instance),
    issueNodeToken: ({ nodeId, address, ownerAccountId }, now) =>
      nodeTokens.issue({ nodeId, address, accountId: ownerAccountId }, now),
    catalogue: () => catalogue.list(Date.now()),
    forgetCatalogue: () => catalogue.forget(),
    writePresence: (changes) => presence.write(changes),
    acceptSettlements: async (nodeId, batch) =>
      completeAll(batch.settlements, await stubs.nodeAccount(nodeId).acceptAll(batch)),
    settleCaller: async (accountId, batch) => stubs.account(accountId).settleAll(batch),
    renewHolds: async (accountId, jobIds) => stubs.account(accountId).renew([...jobIds]),
    acceptLate: async (nodeId, late, hub) => stubs.nodeAccount(nodeId).acceptLate(late, hub),
    findUnsigned: async (nodeId) => stubs.nodeAccount(nodeId).unsigned(),
    reportToArea: async (area, report) => stubs.area(area).report(report),
  };
}
