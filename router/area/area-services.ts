// What an area needs of the rooms around it: router/services/area.ts opens the doors behind it.
import type { Hub } from '../hub/hub.ts';
import type { HubSizes } from './plan-hubs.ts';

export interface AreaServices {
  readonly hub: (hub: string) => Pick<DurableObjectStub<Hub>, 'kick' | 'moveNodes' | 'offer' | 'refresh'>;
  /** Slots of a hub: below the first it may be joined with its neighbour, above the second it is cut. */
  readonly sizes: HubSizes;
  /** Homes that left so recently still count where they sat, so that a moment's absence of many joins no hubs. */
  readonly lingerMs: number;
  /** What a home tells of its slots counts once it has told it for so long. */
  readonly heldMs: number;
  /** Plans are made at most this often. */
  readonly planEveryMs: number;
}
