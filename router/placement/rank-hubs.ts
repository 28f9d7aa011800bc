// Which hubs to ask for a home, in order, from what an edge remembers of presence. Pure; a hub's exact counts have the last word.
// Loads are guessed from each hub's free slots by speed class, and near equals are drawn at random, so that edges with one view do not all ask one hub.
import { distanceKm } from '../../schema/places.ts';
import { speedClassOf } from '../../schema/placement.ts';
import type { HomeState, JobSize, Wish, WishField } from '../../schema/placement.ts';
import { canOf, contextOf, isServing } from '../../schema/presence.ts';
import type { PresenceRow, PresenceSummary } from '../../schema/presence.ts';
import { EQUAL_KM } from './decide-grant.ts';
import { expectFirstToken } from './expect-first-token.ts';
import { expectGrams } from './expect-grams.ts';
import { findEmptying, makeFit } from './fit-wish.ts';
import { keepsPromise, scoreHome } from './score-home.ts';

/** Hubs whose best scores differ by less are equals, ms. */
const EQUAL_MS = 50;
/** A hub that seems full still gets a chance. */
const LEAST_WEIGHT = 0.5;
/** How much more an idle home weighs in `fairest`. With 4, six hubs share simulated work as evenly as ten do with 0. */
const IDLE_POWER = 4;
/**
 * How much likelier, in `greenest`, a free slot is drawn the less CO2e an answer gives off there: by this power. Always asking the greenest would have
 * every edge ask the same hub, which is full by then.
 */
const GREEN_POWER = 8;
/** No answer gives off less, g; so that nothing is divided by 0. */
const LEAST_GRAMS = 1e-9;
/** Hubs that may refuse before only room counts, so that the first token does not come late for grams. */
const GREEN_ASKS = 2;
/** In `greenest` a hub is asked where a first token that takes this much longer than expected would keep the promise: edges do not see queues, and a refusal from afar costs the more. */
const GREEN_MARGIN = 1.4;
/** A home whose context may be too short comes behind those that the caller wishes as much. */
const TIGHT_CONTEXT = 0.5;
/** Behind every tier that a wish can make. */
const OTHER_WEIGHTS = 1000;
/** Behind those, too: an owner whose other home has turned the job down. */
const AVOIDED = 10_000;
/** The share of jobs that an edge assumes any home to break; only a home's hub knows better. */
const FAILURE_SHARE = 0.01;

/** One hub as an edge remembers it. */
export interface HubView {
  readonly hub: string;
  readonly lat: number;
  readonly lon: number;
  /** Edge to hub and back, as measured or guessed. */
  readonly edgeRttMs: number;
  /** Null where only rows are known: every slot is then thought free. */
  readonly summary: Pick<PresenceSummary, 'free' | 'slots' | 'classes'> | null;
  readonly rows: readonly PresenceRow[];
}

export interface RankAsk {
  readonly wish: Wish;
  readonly place: { readonly lat: number; readonly lon: number };
  readonly accountId: string;
  /** Name to match against `serves` where the rows are an owner's own; null for a catalogue model. */
  readonly ownName: string | null;
  readonly size: JobSize;
  readonly excludeNodeIds: readonly string[];
  readonly excludeHubs: readonly string[];
  /** Their homes come after everybody else's. */
  readonly avoidOwners?: readonly string[];
  /** A continued answer goes to other weights only where nobody has those that began it. */
  readonly preferDigest?: string | null;
  /** What is remembered is old: a random half of the homes is looked at, or every edge would herd to one. */
  readonly isDegraded: boolean;
}

export interface RankedHub {
  readonly hub: string;
  /** The home there that the mode would pick; the hub is asked for it "or its equal". */
  readonly preferNodeId: string | null;
  readonly km: number;
  readonly edgeRttMs: number;
  /** Score of its best home, ms. */
  readonly scoreMs: number;
  /** True where a home there should keep the promise. */
  readonly keeps: boolean;
}

export interface HubRanking {
  /** Best first; hubs without a home that fits are left out. */
  readonly ranked: readonly RankedHub[];
  /** The wish that left nobody of those that have the model. */
  readonly emptiedBy: WishField | null;
  /** The longest context among homes that would do but for the prompt's length; null where one would do, or none has the model. */
  readonly contextTokens: number | null;
  /** False where no row serves the model at all. */
  readonly hasModel: boolean;
  /** By hub, asked or not: homes that would do by their rows, free or full. */
  readonly fitting: ReadonlyMap<string, readonly string[]>;
}

/** Hubs in the order in which to ask them. `random` gives uniform numbers in [0, 1). */
export function rankHubs(views: readonly HubView[], ask: RankAsk, random: () => number): HubRanking {
  const fits: (WishField | null)[] = [];
  const hubs: RatedHub[] = [];
  const tooShort: number[] = [];
  const fit = makeFit(ask.wish);
  const fitting = new Map<string, readonly string[]>();
  for (const view of views) {
    const homes: RatedHome[] = [];
    const wisher = { accountId: ask.accountId, edgeRttMs: view.edgeRttMs };
    for (const row of view.rows) {
      if (!isServing(row, ask.ownName)) continue;
      const home = guessHome(row, view.summary, ask.ownName);
      const field = fit(home, wisher);
      fits.push(field);
      if (field !== null || ask.excludeNodeIds.includes(row.node)) continue;
      if (home.contextTokens > (ask.size.leastPromptTokens ?? 0)) homes.push(rateHome(home, view, ask));
      else tooShort.push(home.contextTokens);
    }
    if (homes.length > 0)
      fitting.set(
        view.hub,
        homes.map(({ nodeId }) => nodeId),
      );
    if (!ask.excludeHubs.includes(view.hub)) hubs.push(...rateHub(view, homes, { ask, random }));
  }
  const ranked = order(hubs, ask.wish.mode, random);
  const isLone = !ask.wish.allowFallbacks && ask.wish.order.length === 0;
  return {
    ranked: (isLone ? ranked.slice(0, 1) : ranked).map(({ hub, edgeRttMs, best, scoreMs, nearKm, keeps }) => ({
      hub,
      preferNodeId: best.nodeId,
      km: Number.isFinite(nearKm) ? nearKm : best.km,
      edgeRttMs,
      scoreMs,
      keeps,
    })),
    emptiedBy: findEmptying(fits),
    contextTokens: fitting.size === 0 && tooShort.length > 0 ? Math.max(...tooShort) : null,
    hasModel: fits.length > 0,
    fitting,
  };
}

/** A home as an edge sees it: its row, with as large a share of its slots taken as of its speed class at that hub. */
function guessHome(row: PresenceRow, summary: HubView['summary'], ownName: string | null): HomeState {
  const [free, slots] = summary?.classes[row.speedClass ?? speedClassOf(row)] ?? [
    summary?.free ?? 1,
    summary?.slots ?? 1,
  ];
  const taken = slots > 0 ? Math.min(1, Math.max(0, 1 - free / slots)) : 1;
  return {
    nodeId: row.node,
    ownerAccountId: row.owner,
    pools: row.pools,
    place: row,
    quantisation: row.quantisation,
    digest: row.digest,
    contextTokens: contextOf(row, ownName),
    can: canOf(row, ownName),
    samplers: null,
    priceIn: row.priceIn,
    priceOut: row.priceOut,
    slots: row.slots,
    active: row.loadMs > 0 ? 0 : taken * row.slots,
    pendingPromptTokens: 0,
    promptTokensPerS: row.promptTokensPerS,
    decodeTokensPerS: row.decodeTokensPerS,
    loadMs: row.loadMs,
    rttMs: row.rttMs,
    failureShare: FAILURE_SHARE,
    earnedPerHour: 0,
    cachedTokens: 0,
    workW: row.workW ?? null,
  };
}

/** A home with what a ranking asks of it. */
interface RatedHome {
  readonly nodeId: string;
  readonly scoreMs: number;
  readonly keeps: boolean;
  readonly km: number;
  readonly price: number;
  /** Grams of CO2e that the answer is expected to give off there; 0 where the caller does not go by it. */
  readonly grams: number;
  readonly slots: number;
  /** Slots thought free. */
  readonly free: number;
  /** 0 upwards by place in the caller's `order`, then the caller's own, then everyone. */
  readonly tier: number;
}

interface RatedHub {
  readonly hub: string;
  readonly edgeRttMs: number;
  readonly best: RatedHome;
  readonly scoreMs: number;
  readonly keeps: boolean;
  /** The closest home there that keeps the promise; infinite where none does. */
  readonly nearKm: number;
  readonly price: number;
  readonly free: number;
  /** How likely it is drawn among equals, beside the others. */
  readonly weight: number;
  readonly tier: number;
}

function rateHome(home: HomeState, view: HubView, ask: RankAsk): RatedHome {
  const { wish, size, accountId } = ask;
  const forecast = expectFirstToken(home, size, view.edgeRttMs);
  const free = home.slots - home.active;
  const isGreen = wish.mode === 'greenest';
  const isOwn = home.ownerAccountId === accountId;
  const isOwnFirst = isOwn && wish.pool.kind === 'mine-first' && free > 0;
  const at = wish.order.indexOf(home.nodeId);
  const isTight = home.contextTokens <= size.promptTokens;
  const isOther = ask.preferDigest ? home.digest !== ask.preferDigest : false;
  return {
    nodeId: home.nodeId,
    scoreMs: scoreHome(forecast, home.failureShare),
    keeps: keepsPromise(isGreen ? { ...forecast, ttftMs: GREEN_MARGIN * forecast.ttftMs } : forecast, wish),
    km: distanceKm(home.place, ask.place),
    price: isOwn ? 0 : home.priceIn * size.promptTokens + home.priceOut * size.outputTokens,
    grams: isGreen ? expectGrams(home, size) : 0,
    slots: home.slots,
    free,
    tier:
      (at >= 0 ? at : wish.order.length + (isOwnFirst ? 0 : 1)) +
      (isTight ? TIGHT_CONTEXT : 0) +
      (isOther ? OTHER_WEIGHTS : 0) +
      (ask.avoidOwners?.includes(home.ownerAccountId) ? AVOIDED : 0),
  };
}

function rateHub(
  view: HubView,
  all: readonly RatedHome[],
  how: { readonly ask: RankAsk; readonly random: () => number },
): RatedHub[] {
  const { ask, random } = how;
  const half = ask.isDegraded ? all.filter(() => random() < 0.5) : all;
  const homes = half.length > 0 ? half : all;
  const [first] = homes;
  if (!first) return [];
  const tier = Math.min(...homes.map((home) => home.tier));
  const keepers = homes.filter((home) => home.keeps);
  const ofTier = (list: readonly RatedHome[]): readonly RatedHome[] => list.filter((home) => home.tier === tier);
  const pool = [ofTier(keepers), ofTier(homes)].find((list) => list.length > 0) ?? homes;
  const cost = (home: RatedHome): number => {
    if (keepers.length === 0 || ask.wish.mode === 'fastest' || ask.wish.mode === 'fairest') return home.scoreMs;
    if (ask.wish.mode === 'greenest') return home.grams;
    return ask.wish.mode === 'cheapest' ? home.price : home.km;
  };
  return [
    {
      hub: view.hub,
      edgeRttMs: view.edgeRttMs,
      best: pool.reduce((a, b) => (cost(b) < cost(a) ? b : a), pool[0] ?? first),
      scoreMs: Math.min(...homes.map((home) => home.scoreMs)),
      keeps: keepers.length > 0,
      nearKm: Math.min(...keepers.map((home) => home.km)),
      price: Math.min(...keepers.map((home) => home.price)),
      weight: weighHub(keepers.length > 0 ? keepers : homes, ask),
      free: view.summary?.free ?? homes.reduce((sum, home) => sum + home.free, 0),
      tier,
    },
  ];
}

/** Tier by tier; within one, hubs that keep the promise and have room first, near equals drawn in proportion to their free slots. */
function order(hubs: readonly RatedHub[], mode: Wish['mode'], random: () => number): RatedHub[] {
  const ranked: RatedHub[] = [];
  const tiers = [...new Set(hubs.map(({ tier }) => tier))].toSorted((a, b) => a - b);
  for (const tier of tiers) {
    const inTier = hubs.filter((hub) => hub.tier === tier);
    const withRoom = inTier.filter(({ free }) => free > 0);
    const keeping = withRoom.filter(({ keeps }) => keeps);
    ranked.push(...orderEquals(mode === 'fastest' ? withRoom : keeping, mode, random));
    if (mode !== 'fastest')
      ranked.push(
        ...orderEquals(
          withRoom.filter(({ keeps }) => !keeps),
          'fastest',
          random,
        ),
      );
    ranked.push(...inTier.filter(({ free }) => free <= 0).toSorted((a, b) => a.scoreMs - b.scoreMs));
  }
  return ranked;
}

function orderEquals(hubs: readonly RatedHub[], mode: Wish['mode'], random: () => number): RatedHub[] {
  const { cost, tolerance } = COSTS[mode];
  const sorted = hubs.toSorted((a, b) => cost(a) - cost(b));
  const least = sorted[0] ? cost(sorted[0]) : 0;
  const isEqual = (hub: RatedHub): boolean => cost(hub) <= least + tolerance;
  return [...drawByWeight(sorted.filter(isEqual), random), ...sorted.filter((hub) => !isEqual(hub))];
}

const COSTS: Readonly<Record<Wish['mode'], { cost: (hub: RatedHub) => number; tolerance: number }>> = {
  fastest: { cost: ({ scoreMs }) => scoreMs, tolerance: EQUAL_MS },
  closest: { cost: ({ nearKm }) => nearKm, tolerance: EQUAL_KM },
  fairest: { cost: () => 0, tolerance: 0 },
  cheapest: { cost: ({ price }) => price, tolerance: 0 },
  greenest: { cost: () => 0, tolerance: 0 },
};

/** A hub's weight in the draw: free slots at homes that will do. In `fairest`, slots of idle homes weigh more; in `greenest`, slots of green ones. */
function weighHub(homes: readonly RatedHome[], { wish: { mode }, excludeHubs }: RankAsk): number {
  if (mode === 'greenest' && excludeHubs.length < GREEN_ASKS)
    return homes.reduce((total, { free, grams }) => total + free * Math.max(LEAST_GRAMS, grams) ** -GREEN_POWER, 0);
  const power = mode === 'fairest' ? IDLE_POWER : 0;
  const sum = homes.reduce((total, { free, slots }) => total + free * (free / Math.max(1, slots)) ** power, 0);
  return Math.max(LEAST_WEIGHT, sum);
}

function drawByWeight(hubs: readonly RatedHub[], random: () => number): RatedHub[] {
  const left = [...hubs];
  const drawn: RatedHub[] = [];
  while (left.length > 0) {
    let at = random() * left.reduce((sum, { weight }) => sum + weight, 0);
    const found = left.findIndex(({ weight }) => (at -= weight) < 0);
    drawn.push(...left.splice(found >= 0 ? found : left.length - 1, 1));
  }
  return drawn;
}
