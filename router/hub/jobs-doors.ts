// What the jobs of a hub need of its homes, its books and its alarm: types only.
import type { AsideHomes } from '../homes/aside-homes.ts';
import type { HubGrants } from '../homes/grants.ts';
import type { NodeLoads } from '../homes/node-loads.ts';
import type { NodeWatch } from '../homes/node-watch.ts';
import type { HubServices } from './hub-services.ts';
import type { JobReceipts } from './job-receipts.ts';
import type { Journal } from './journal.ts';
import type { HubSettlement, OpenedPart } from './settlement.ts';
import type { HubSockets } from './sockets.ts';

export interface HubJobsDoors {
  readonly hub: string;
  readonly services: HubServices;
  readonly sockets: HubSockets;
  readonly grants: HubGrants;
  readonly aside: AsideHomes;
  readonly loads: NodeLoads;
  readonly watch: NodeWatch;
  readonly rows: Journal;
  readonly receipts: JobReceipts<OpenedPart>;
  /** Of ticket seals; never given twice. */
  readonly nextNumber: () => number;
  readonly settlement: HubSettlement;
  readonly wakeBy: (at: number) => void;
  /** No home here has the model: what stands in the presence table may be wrong. */
  readonly onNone: () => void;
  /** Called a few times a second while parts run, `isLast` when none runs any more. */
  readonly onTick: (now: number, isLast: boolean) => void;
}
