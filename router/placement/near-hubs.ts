// Hubs in order of distance from a place, remembered for as long as an area's summaries are not read anew: a pick walks the nearest, however many there are.
import { BoundedMap } from '../../schema/bounded-map.ts';
import { distanceKm } from '../../schema/places.ts';
import type { PresenceSummary } from '../../schema/presence.ts';

/** Places, to a degree, whose orders are remembered; the least lately used is forgotten first. */
const MAX_CELLS = 100;
/** Areas of models remembered for a place, at most. */
const MAX_ORDERS = 50;

type Place = { readonly lat: number; readonly lon: number };

/** The hubs of one area as last read; what hubs say since then is put in their places, and no hub is added or taken. */
export type AreaHubs = ReadonlyMap<string, PresenceSummary>;

/** A hub, and a lower bound in km for how far the near edge of its circle is. Hubs that follow in the order are not nearer than that. */
export interface NearHub {
  readonly summary: PresenceSummary;
  readonly leastKm: number;
}

interface Ordered {
  readonly hub: string;
  readonly km: number;
}

interface Order {
  readonly of: AreaHubs;
  readonly hubs: readonly Ordered[];
}

export class NearHubs {
  /** By place to a degree, the most lately used last; then by area. */
  readonly #cells = new BoundedMap<number, BoundedMap<string, Order>>(MAX_CELLS);

  /** Hubs of these areas (by a name that is theirs alone) that have not run out, nearest first to within the rounding of the place. */
  *walk(
    areas: ReadonlyMap<string, AreaHubs>,
    place: Place,
    nowAt: number = -Infinity,
  ): Generator<NearHub, void, undefined> {
    const cell = { lat: Math.round(place.lat), lon: Math.round(place.lon) };
    // The order is by distance from the middle of the rounded cell: from the place itself a hub may be nearer by as much as the two are apart.
    const slackKm = distanceKm(cell, place);
    const orders = this.#ordersAt(cell);
    const heads: { readonly of: AreaHubs; readonly hubs: readonly Ordered[]; at: number }[] = [];
    for (const [name, of] of areas)
      if (of.size > 0) heads.push({ of, hubs: orderOf(orders, { name, of, cell }), at: 0 });
    for (;;) {
      let nearest: (typeof heads)[number] | null = null;
      let nearestKm = Infinity;
      for (const head of heads) {
        const km = head.hubs[head.at]?.km ?? Infinity;
        if (km < nearestKm) [nearest, nearestKm] = [head, km];
      }
      if (!nearest) return;
      const summary = nearest.of.get(nearest.hubs[nearest.at]?.hub ?? '');
      nearest.at += 1;
      if (summary && summary.untilAt > nowAt) yield { summary, leastKm: nearestKm - slackKm };
    }
  }

  clear(): void {
    this.#cells.clear();
  }

  #ordersAt({ lat, lon }: Place): BoundedMap<string, Order> {
    const key = lat * 1000 + lon;
    const orders = this.#cells.get(key) ?? new BoundedMap<string, Order>(MAX_ORDERS);
    this.#cells.set(key, orders);
    return orders;
  }
}

function orderOf(
  orders: BoundedMap<string, Order>,
  { name, of, cell }: { name: string; of: AreaHubs; cell: Place },
): readonly Ordered[] {
  const known = orders.get(name);
  if (known?.of === of) return known.hubs;
  const hubs = sortHubs(of, cell);
  orders.set(name, { of, hubs });
  return hubs;
}

/** The near edge of a hub's circle is this far away; 0 and less within it. */
function sortHubs(of: AreaHubs, from: Place): readonly Ordered[] {
  const hubs = [...of.values()].map((one) => ({ hub: one.hub, km: distanceKm(one, from) - one.radiusKm }));
  return hubs.toSorted((a, b) => a.km - b.km);
}
