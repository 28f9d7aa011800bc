// How an area's homes are shared out among hubs: ranges of a geohash curve, cut where a hub grew too big and joined where one is too small. Pure.
// A hub keeps its range from one plan to the next, so only homes of a range that was cut or joined ever move.

/** A home as its area knows it. `slots` may be an expectation (0.67 of those it has when it is online two hours of three). */
export interface PlannedNode {
  readonly nodeId: string;
  readonly lat: number;
  readonly lon: number;
  readonly slots: number;
  /** Where it is connected now; null for one that is only about to dial. */
  readonly hub: string | null;
}

/** One hub's stretch of the curve: from this key (bits, '' for the very start) to where the next one begins. */
export interface HubRange {
  readonly hub: string;
  readonly from: string;
}

export interface HubSizes {
  /** A hub with fewer slots joins a neighbour on the curve. */
  readonly minSlots: number;
  /** A hub with more is cut in two. */
  readonly maxSlots: number;
}

export const HUB_SIZES: HubSizes = { minSlots: 15, maxSlots: 200 };

/** A home and the hubs it goes between. */
export interface HubMove {
  readonly nodeId: string;
  readonly from: string;
  readonly to: string;
}

export interface HubPlan {
  /** In the order of the curve; the first begins at ''. At least one. */
  readonly ranges: readonly HubRange[];
  /** Homes that are connected elsewhere than where they belong now. */
  readonly moves: readonly HubMove[];
  /** Number for the next hub that is made: numbers are not used twice. */
  readonly nextNumber: number;
}

export interface HubsNow {
  readonly nodes: readonly PlannedNode[];
  /** What the last plan said; empty for an area that has none yet. */
  readonly current: readonly HubRange[];
  readonly nextNumber: number;
  readonly nameHub: (number: number) => string;
  readonly sizes?: HubSizes;
}

/** Bits of the curve that say where: cells of 0.09° by 0.04°, so that homes of one rounded place (0.1°) stand together. */
const PLACE_BITS = 24;
/** Bits after those, taken from the home's id: they tell homes of one place apart when a single town fills more than one hub. */
const NODE_BITS = 16;
/** A cut leaves at least this share on its lighter side, where the curve allows it. */
const LIGHT_SHARE = 0.3;
/** Neighbours are joined only if together they stay below this share of `maxSlots`, so that the next home does not cause a new cut. */
const JOINED_SHARE = 0.75;

/** Where a home stands on the curve: 24 bits of geohash (longitude first), then 16 of its id. */
export function curveKey(node: Pick<PlannedNode, 'nodeId' | 'lat' | 'lon'>): string {
  let key = '';
  let [west, east, south, north] = [-180, 180, -90, 90];
  for (let bit = 0; bit < PLACE_BITS; bit++) {
    const isLon = bit % 2 === 0;
    const middle = isLon ? (west + east) / 2 : (south + north) / 2;
    const isUpper = (isLon ? node.lon : node.lat) >= middle;
    if (isLon) [west, east] = isUpper ? [middle, east] : [west, middle];
    else [south, north] = isUpper ? [middle, north] : [south, middle];
    key += isUpper ? '1' : '0';
  }
  return key + (hashOf(node.nodeId) & 0xff_ff).toString(2).padStart(NODE_BITS, '0');
}

/** The hub that a home belongs to under a plan; null only when there are no ranges. */
export function hubFor(ranges: readonly HubRange[], node: Pick<PlannedNode, 'nodeId' | 'lat' | 'lon'>): string | null {
  const key = curveKey(node);
  let hub = ranges[0]?.hub ?? null;
  for (const range of ranges) if (range.from <= key) hub = range.hub;
  return hub;
}

/**
 * The plan for now: the current ranges, those above `maxSlots` cut and those below `minSlots` joined with a neighbour.
 * The heavier part keeps its hub's name. Planning again with the same homes changes nothing.
 */
export function planHubs(now: HubsNow): HubPlan {
  const sizes = now.sizes ?? HUB_SIZES;
  let nextNumber = now.nextNumber;
  const name = (): string => now.nameHub(nextNumber++);
  const stretches = fill(now.current.length > 0 ? now.current : [{ hub: name(), from: '' }], now.nodes);
  const cut = stretches.flatMap((stretch) => cutStretch(stretch, { sizes, name }));
  const joined = joinSmall(cut, sizes);
  const moves = joined.flatMap(({ hub, homes }) =>
    homes.flatMap(({ node }) =>
      node.hub !== null && node.hub !== hub ? [{ nodeId: node.nodeId, from: node.hub, to: hub }] : [],
    ),
  );
  return { ranges: joined.map(({ hub, from }) => ({ hub, from })), moves, nextNumber };
}

interface Home {
  readonly node: PlannedNode;
  readonly key: string;
}

/** A range with the homes in it, in the order of the curve. */
interface Stretch extends HubRange {
  readonly homes: readonly Home[];
  readonly slots: number;
}

function fill(ranges: readonly HubRange[], nodes: readonly PlannedNode[]): Stretch[] {
  const sorted = ranges.toSorted((a, b) => compare(a.from, b.from));
  const homes = nodes.map((node) => ({ node, key: curveKey(node) })).toSorted((a, b) => compare(a.key, b.key));
  let next = 0;
  return sorted.map(({ hub, from }, i) => {
    const until = sorted[i + 1]?.from;
    const first = next;
    while (next < homes.length && (until === undefined || (homes[next]?.key ?? '') < until)) next += 1;
    // Whatever lies before the first range is the first one's.
    return makeStretch(hub, i === 0 ? '' : from, homes.slice(first, next));
  });
}

function makeStretch(hub: string, from: string, homes: readonly Home[]): Stretch {
  return { hub, from, homes, slots: slotsOf(homes) };
}

function cutStretch(stretch: Stretch, how: { sizes: HubSizes; name: () => string }): Stretch[] {
  if (stretch.slots <= how.sizes.maxSlots) return [stretch];
  const cut = chooseCut(stretch, how.sizes);
  if (!cut) return [stretch];
  const left = stretch.homes.slice(0, cut.index);
  const right = stretch.homes.slice(cut.index);
  const isLeftHeavier = slotsOf(left) >= slotsOf(right);
  const fresh = how.name();
  const parts = [
    makeStretch(isLeftHeavier ? stretch.hub : fresh, stretch.from, left),
    makeStretch(isLeftHeavier ? fresh : stretch.hub, cut.from, right),
  ];
  return parts.flatMap((part) => cutStretch(part, how));
}

interface Cut {
  /** Homes before it. */
  readonly index: number;
  /** Key at which the right side begins. */
  readonly from: string;
  readonly lighter: number;
}

/** The cut by the shortest prefix whose sides are about even; between homes of one place only when nothing else will do. */
function chooseCut({ homes, slots }: Stretch, sizes: HubSizes): Cut | null {
  const cuts: Cut[] = [];
  let before = 0;
  for (const [i, home] of homes.entries()) {
    const last = homes[i - 1];
    if (last && last.key !== home.key) {
      const from = home.key.slice(0, sharedBits(last.key, home.key) + 1);
      cuts.push({ index: i, from, lighter: Math.min(before, slots - before) });
    }
    before += home.node.slots;
  }
  const places = cuts.filter(({ from }) => from.length <= PLACE_BITS);
  const even = places.filter(({ lighter }) => lighter >= LIGHT_SHARE * slots);
  const fair = places.filter(({ lighter }) => lighter >= sizes.minSlots);
  const byPrefix = (a: Cut, b: Cut): number => a.from.length - b.from.length || b.lighter - a.lighter;
  const byWeight = (a: Cut, b: Cut): number => b.lighter - a.lighter;
  return even.toSorted(byPrefix)[0] ?? fair.toSorted(byWeight)[0] ?? cuts.toSorted(byWeight)[0] ?? null;
}

function joinSmall(stretches: readonly Stretch[], sizes: HubSizes): Stretch[] {
  const list = [...stretches];
  for (let i = 0; i < list.length;) {
    const small = list[i];
    if (!small || small.slots >= sizes.minSlots) {
      i += 1;
      continue;
    }
    const fits = [i - 1, i + 1].flatMap((at) => {
      const other = list[at];
      const isFit = other && other.slots + small.slots <= JOINED_SHARE * sizes.maxSlots;
      return isFit ? [{ at, shared: sharedBetween(small, other), slots: other.slots }] : [];
    });
    const best = fits.toSorted((a, b) => b.shared - a.shared || a.slots - b.slots)[0];
    if (!best) {
      i += 1;
      continue;
    }
    const first = Math.min(i, best.at);
    const [a, b] = [list[first], list[first + 1]];
    if (!a || !b) break;
    const hub = a.slots >= b.slots ? a.hub : b.hub;
    list.splice(first, 2, makeStretch(hub, a.from, [...a.homes, ...b.homes]));
    i = Math.max(0, first - 1);
  }
  return list;
}

/** The number of leading bits that two neighbours on the curve share: the more, the nearer they are to one another. */
function sharedBetween(a: Stretch, b: Stretch): number {
  const [left, right] = a.from < b.from ? [a, b] : [b, a];
  const last = left.homes.at(-1)?.key ?? left.from;
  return sharedBits(last, right.homes[0]?.key ?? right.from);
}

function sharedBits(a: string, b: string): number {
  let bits = 0;
  while (bits < a.length && bits < b.length && a[bits] === b[bits]) bits += 1;
  return bits;
}

function slotsOf(homes: readonly Home[]): number {
  return homes.reduce((sum, { node }) => sum + node.slots, 0);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** FNV-1a, 32 bits: spreads the homes of one place, nothing more. */
function hashOf(text: string): number {
  let hash = 0x81_1c_9d_c5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01_00_01_93);
  return (hash ^ (hash >>> 16)) >>> 0;
}
