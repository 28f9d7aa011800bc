// Stubs of the Durable Objects by their names, each made where it belongs.
import { readHubName } from '../../schema/ids.ts';
import type { Area } from '../area/area.ts';
import type { Account } from '../billing/account.ts';
import type { NodeAccount } from '../billing/node-account.ts';
import type { Env } from '../env.ts';
import type { Hub } from '../hub/hub.ts';
import { delayHub, parseHubDelays } from './delayed-hub.ts';

export interface Stubs {
  readonly account: (accountId: string) => DurableObjectStub<Account>;
  readonly nodeAccount: (nodeId: string) => DurableObjectStub<NodeAccount>;
  readonly area: (area: string) => DurableObjectStub<Area>;
  readonly hub: (hub: string) => DurableObjectStub<Hub>;
}

export function openStubs(env: Env): Stubs {
  const delays = env.LOCAL_PLACES === '1' ? parseHubDelays(env.LOCAL_HUB_DELAYS) : null;
  return {
    account: (accountId) => env.ACCOUNT.get(env.ACCOUNT.idFromName(accountId)),
    nodeAccount: (nodeId) => env.NODE_ACCOUNT.get(env.NODE_ACCOUNT.idFromName(nodeId)),
    area: (area) => env.AREA.get(env.AREA.idFromName(area), { locationHint: area as DurableObjectLocationHint }),
    // A hub is made where its area is: near the homes that dial it.
    hub: (hub) => {
      const { area } = readHubName(hub);
      const stub = env.HUB.get(env.HUB.idFromName(hub), { locationHint: area as DurableObjectLocationHint });
      const rttMs = delays?.[area] ?? 0;
      return rttMs > 0 ? delayHub(stub, rttMs) : stub;
    },
  };
}
