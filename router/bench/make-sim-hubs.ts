// The simulated world's hubs, shared out by the project's own plan: areas by place, hubs by slots.
import { AREAS, centreOf, distanceKm, sortAreas } from '../../schema/places.ts';
import { curveKey, hubFor, planHubs } from '../area/plan-hubs.ts';
import type { PlannedNode } from '../area/plan-hubs.ts';
import type { SimHub } from './sim-homes.ts';
import type { SimNode, SimWorld } from './sim-types.ts';

/** Below this share of the most slots a hub joins its neighbour. */
const LEAST_SHARE = 0.3;
const FIRST_ID = 800_000;

/** Hubs of at most `maxSlots` slots that are expected online, each at the edge nearest to its homes. */
export function makeSimHubs(world: SimWorld, maxSlots: number): SimHub[] {
  const { onMean = 1, offMean = 0 } = world.cfg;
  const onlineShare = onMean / (onMean + offMean);
  const byArea = Map.groupBy(world.nodes, ({ seen }) => sortAreas(seen)[0]);
  const hubs: SimHub[] = [];
  for (const area of AREAS) {
    const nodes = byArea.get(area) ?? [];
    const planned = new Map<SimNode, PlannedNode>(
      nodes.map((node) => [
        node,
        { nodeId: String(node.id), ...node.seen, slots: node.cls.slots * onlineShare, hub: null },
      ]),
    );
    const plan = planHubs({
      nodes: [...planned.values()],
      current: [],
      nextNumber: 0,
      nameHub: (number) => `hub:${area}:${number}`,
      sizes: { minSlots: LEAST_SHARE * maxSlots, maxSlots },
    });
    const members = Map.groupBy(nodes, (node) => hubFor(plan.ranges, planned.get(node) ?? missing()));
    for (const { hub } of plan.ranges) {
      const homes = members.get(hub) ?? [];
      if (homes.length > 0) hubs.push(makeHub(world, { i: hubs.length, name: hub, area, homes }));
    }
  }
  return hubs;
}

function makeHub(
  world: SimWorld,
  { i, name, area, homes }: { i: number; name: string; area: string; homes: readonly SimNode[] },
): SimHub {
  const centre = centreOf(homes.map(({ seen }) => seen));
  const at = world.edges.reduce((best, edge) => (distanceKm(edge, centre) < distanceKm(best, centre) ? edge : best));
  const place = { id: FIRST_ID + i, lat: at.lat, lon: at.lon };
  const noise = world.cfg['rttNoise'] ?? 0;
  return {
    ...place,
    i,
    name,
    area,
    nodes: homes,
    centre,
    radiusKm: Math.max(...homes.map(({ seen }) => distanceKm(seen, centre))),
    rtt: world.edges.map((edge) => world.path(edge, place) / 1000),
    homeRttMs: new Map(
      homes.map((node) => [node.id, (world.path(place, node) + node.lastMile) * (1 + noise * spreadOf(node))]),
    ),
    pub: new Map(),
    crossedAt: new Map(),
  };
}

/** A node's fixed draw of about a standard normal, from its id: how wrong its round trip was measured. */
function spreadOf(node: SimNode): number {
  const bits = curveKey({ nodeId: `rtt ${node.id}`, lat: 0, lon: 0 }).slice(-16);
  return (Number.parseInt(bits, 2) / 2 ** 16 - 0.5) * Math.sqrt(12);
}

function missing(): never {
  throw new Error('a node was not planned for');
}
