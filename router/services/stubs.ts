// Stubs of the Durable Objects by their names, each made where it belongs.
import { BoundedMap } from '../../schema/bounded-map.ts';
import { readHubName } from '../../schema/ids.ts';
import type { Area } from '../area/area.ts';
import type { Account } from '../billing/account.ts';
import type { NodeAccount } from '../billing/node-account.ts';
import { SETTLER } from '../billing/settler-name.ts';
import type { Settler } from '../billing/settler.ts';
import type { Env } from '../env.ts';
import type { Payment } from '../payments/payment.ts';
import type { Hub } from '../hub/hub.ts';
import { delayHub, parseHubDelays } from './delayed-hub.ts';

export interface Stubs {
  readonly account: (accountId: string) => DurableObjectStub<Account>;
  /** By the one-time account that it opens. */
  readonly payment: (accountId: string) => DurableObjectStub<Payment>;
  readonly nodeAccount: (nodeId: string) => DurableObjectStub<NodeAccount>;
  readonly area: (area: string) => DurableObjectStub<Area>;
  readonly hub: (hub: string) => DurableObjectStub<Hub>;
  readonly settler: () => DurableObjectStub<Settler>;
}

/** An id is made of its name by hashing, each time anew: those of so many names are kept. */
const MOST_IDS = 5_000;

export function openStubs(env: Env): Stubs {
  const delays = env.LOCAL_PLACES === '1' ? parseHubDelays(env.LOCAL_HUB_DELAYS) : null;
  const accountId = keep((name) => env.ACCOUNT.idFromName(name));
  const nodeAccountId = keep((name) => env.NODE_ACCOUNT.idFromName(name));
  // A hub is made where its area is: near the homes that dial it.
  const hubPlace = keep((name) => ({ id: env.HUB.idFromName(name), area: readHubName(name).area }));
  return {
    account: (id) => env.ACCOUNT.get(accountId(id)),
    payment: (id) => env.PAYMENT.get(env.PAYMENT.idFromName(id)),
    nodeAccount: (id) => env.NODE_ACCOUNT.get(nodeAccountId(id)),
    area: (area) => env.AREA.get(env.AREA.idFromName(area), { locationHint: area as DurableObjectLocationHint }),
    settler: () => env.SETTLER.getByName(SETTLER),
    hub: (hub) => {
      const { id, area } = hubPlace(hub);
      const stub = env.HUB.get(id, { locationHint: area as DurableObjectLocationHint });
      const rttMs = delays?.[area] ?? 0;
      return rttMs > 0 ? delayHub(stub, rttMs) : stub;
    },
  };
}

/** The same for the same name, made once while it is among the last so many. */
function keep<T>(make: (name: string) => T): (name: string) => T {
  const kept = new BoundedMap<string, T>(MOST_IDS);
  return (name) => {
    const known = kept.get(name);
    if (known !== undefined) return known;
    const made = make(name);
    kept.set(name, made);
    return made;
  };
}
