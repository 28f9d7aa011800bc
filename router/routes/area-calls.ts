// What doings of the operator's and of owners mean for areas and their hubs: each area is told, since a node may sit in any, and so may a model's homes.
import { AREAS } from '../../schema/places.ts';
import type { FindRevoked } from './admin-restore.ts';
import type { TellHubs } from './model-desk.ts';
import type { KickNode, TellNode } from './node-desk.ts';
import { tellStanding } from './tell-standing.ts';

export interface AreaCalls {
  readonly kickNode: KickNode;
  readonly tellNode: TellNode;
  readonly tellHubs: TellHubs;
  readonly findRevoked: FindRevoked;
}

export const ALL_AREAS: AreaCalls = {
  kickNode: async (services, nodeId, reason) => {
    await Promise.all(AREAS.map((area) => services.area(area).revoke(nodeId, reason)));
  },
  tellNode: tellStanding,
  tellHubs: async (services, change) => {
    await Promise.all(AREAS.map((area) => services.area(area).refresh(change)));
  },
  findRevoked: async (services, nodeIds) => {
    const found = await Promise.all(AREAS.map((area) => services.area(area).revokedOf([...nodeIds])));
    return [...new Set(found.flat())];
  },
};
