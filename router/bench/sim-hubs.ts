// Stands in for the simulator's hubs.mjs: same exports, and behind each of them the project's own rules. Glue only, no rule of its own.
import { sortAreas } from '../../schema/places.ts';
import { NO_WISH } from '../../schema/placement.ts';
import type { Capacity, Mode, Wish } from '../../schema/placement.ts';
import { decideGrant } from '../placement/decide-grant.ts';
import { HubRtts } from '../placement/hub-rtts.ts';
import { makePresenceMemory } from '../placement/presence-memory.ts';
import type { PresenceMemory } from '../placement/presence-memory.ts';
import { chooseHubs } from '../placement/choose-hubs.ts';
import { isBroken, splitAreas } from '../placement/choose-areas.ts';
import { MAX_ASKS, isFarWorth, planAsk } from '../placement/plan-ask.ts';
import type { Quote } from '../placement/plan-ask.ts';
import { rankHubs } from '../placement/rank-hubs.ts';
import type { HubRanking, RankedHub } from '../placement/rank-hubs.ts';
import { FREE_PACE, judgeFreeWrite } from '../homes/judge-free-write.ts';
import { makeSimHubs } from './make-sim-hubs.ts';
import { capacityOf, homeStates, nearestWarmKm, rowsOf, summaryOf } from './sim-homes.ts';
import type { SimHub } from './sim-homes.ts';
import { currentRun } from './sim-run.ts';
import type { SimEdge, SimLedger, SimNode, SimRequest, SimWorld } from './sim-types.ts';

/** Tokens of an answer that a router expects of this trace. */
const MEAN_OUT = 200;
const ACCOUNT = 'acct_caller';

/** Options of the event loop and of the world behind this adapter, as in the simulator. */
export interface HubOptions {
  readonly mode: Mode;
  /** Slots that a hub has at most. */
  readonly S: number;
  readonly ask: number;
  readonly max: number;
  readonly forward: boolean;
  readonly sibling: string;
  readonly refuse: string;
  readonly piggyback: boolean;
  /** True: grant and prompt travel together through the hub, as the project's do. */
  readonly relay: boolean;
  readonly write: number;
  readonly cross: number;
  /** Promise: first token, s, and tokens a second. */
  readonly ttft: number;
  readonly tps: number;
}

export const HUB_DEFAULTS: HubOptions = {
  mode: 'closest',
  S: 50,
  ask: 1,
  max: MAX_ASKS,
  forward: false,
  sibling: 'edge',
  refuse: 'promise',
  piggyback: true,
  relay: true,
  write: FREE_PACE.leastMs / 1000,
  cross: FREE_PACE.crossingMs / 1000,
  ttft: NO_WISH.maxTtftMs / 1000,
  tps: NO_WISH.minTokensPerS,
};

/** What one edge remembers. */
interface EdgeMind {
  readonly memory: PresenceMemory;
  readonly rtts: HubRtts;
  /** Areas with hubs, nearest first. */
  readonly sorted: readonly string[];
}

/** Whether the ask that is on its way has to be granted. */
const forced = new WeakMap<SimRequest, boolean>();
const minds = new WeakMap<SimEdge, EdgeMind>();
/** When the request that is being placed was last looked at by its edge, s. */
let edgeNowS = 0;

export function buildHubs(world: SimWorld, o: HubOptions): SimHub[] {
  const hubs = makeSimHubs(world, o.S);

  const { watch } = currentRun();
  const hubOf = new Map(hubs.flatMap((hub) => hub.nodes.map((node) => [node.id, hub] as const)));
  const toHomeMs = (hub: SimHub, node: SimNode): number => world.path(hub, node) + node.lastMile;
  for (const node of world.nodes) {
    const hub = hubOf.get(node.id);
    const errorMs = hub ? (hub.homeRttMs.get(node.id) ?? 0) - toHomeMs(hub, node) : 0;
    watch.rttErrorS.set(node.id, errorMs / 1000);
  }
  watch.backS = (req, node) => {
    const hub = hubOf.get(node.id);
    return hub ? toHomeMs(hub, node) / 2000 + (hub.rtt[req.edge.i] ?? 0) / 2 : 0;
  };
  const settled = new Set(hubs.map(({ area }) => area));
  world.edges.forEach((edge, i) => {
    edge.i = i;
    const areas = sortAreas(edge).filter((area) => settled.has(area));
    const mind: EdgeMind = {
      memory: makePresenceMemory(),
      rtts: new HubRtts(),
      sorted: areas,
    };
    minds.set(edge, mind);
    const note = (model: number, hub: number, capacity: unknown): void => {
      const { name, area } = hubs[hub] ?? { name: '', area: '' };
      mind.memory.noteCapacity({ modelKey: String(model), area, hub: name, capacity: capacity as Capacity });
    };
    edge.index = {
      get: (model) => ({ byHub: { get: () => null, set: (hub, capacity) => note(model, hub, capacity) } }),
    };
  });
  return hubs;
}

/** The hubs' slow writer, once a second: a summary when free capacity crossed zero or changed by half, or homes came or went. */
export function publish(
  hubs: readonly SimHub[],
  models: readonly { readonly id: number }[],
  ledger: SimLedger,
  t: number,
  o: HubOptions,
  stats: { writes: number },
): void {
  for (const hub of hubs) {
    for (const { id } of models) {
      const capacity = capacityOf(hub, id, ledger);
      const old = hub.pub.get(id);
      const write = (): unknown => hub.pub.set(id, { ...summaryOf(hub, capacity, rowsOf(hub, id, ledger)), t });
      if (!old) {
        write();
        continue;
      }
      const last = { free: old.free, at: 1000 * old.t, crossedAt: hub.crossedAt.get(id) ?? null };
      const pace = { leastMs: 1000 * o.write, crossingMs: 1000 * o.cross };
      const { isDue, crossedAt } = judgeFreeWrite(last, { free: capacity.free, now: 1000 * t }, pace);
      if (crossedAt === null) hub.crossedAt.delete(id);
      else hub.crossedAt.set(id, crossedAt);
      // Homes that come or go are written at once.
      if (!isDue && capacity.slots === old.slots) continue;
      write();
      hub.crossedAt.delete(id);
      stats.writes += 1;
    }
  }
}

/** The hub that the edge asks next; none where nobody is left. */
export function edgeChoice(
  req: SimRequest,
  hubs: readonly SimHub[],
  ledger: SimLedger,
  t: number,
  o: HubOptions,
  st: { readonly asked: ReadonlySet<number>; readonly n: number; readonly quotes: Map<SimHub, number> },
): { h: SimHub; score: number; near: number }[] {
  const mind = minds.get(req.edge);
  if (!mind) return [];
  edgeNowS = t;
  const ranking = { req, hubs, ledger, t, o, asked: st.asked };
  const quotes = [...st.quotes].map(([{ name, rtt }, quoteS]) => ({
    hub: name,
    scoreMs: 1000 * quoteS,
    edgeRttMs: 1000 * (rtt[req.edge.i] ?? 0),
  }));
  const plan = planAsk(findBest(mind, quotes, ranking), quotes, { asks: st.n - 1, hasFallbacks: true });
  const h = plan ? hubs.find(({ name }) => name === plan.hub) : undefined;
  if (!plan || !h) return [];
  forced.set(req, plan.isForced);
  st.quotes.delete(h);
  // The event loop takes what is ranked first when it costs less than every quote.
  return [{ h, score: -Infinity, near: 0 }];
}

/** The hub to ask next, near or far, as the product's search finds it; null when nobody is left that is better than what was quoted. */
function findBest({ memory, rtts, sorted }: EdgeMind, quotes: readonly Quote[], ranking: Ranking): RankedHub | null {
  const mind = { memory, rtts };
  const { near, far } = splitAreas(sorted, wishOf(ranking.o));
  const first = rankIn(mind, near, ranking);
  const wide = far.length > 0 && isBroken(first) ? rankIn(mind, sorted, ranking) : first;
  const best = (wide.ranked.some(({ keeps }) => keeps) ? wide : first).ranked[0];
  if (best || far.length === 0 || !isFarWorth(quotes)) return best ?? null;
  return rankIn(mind, far, ranking).ranked[0] ?? null;
}

interface Ranking {
  readonly req: SimRequest;
  readonly hubs: readonly SimHub[];
  readonly ledger: SimLedger;
  readonly t: number;
  readonly o: HubOptions;
  readonly asked: ReadonlySet<number>;
}

function rankIn(
  { memory, rtts }: Pick<EdgeMind, 'memory' | 'rtts'>,
  areas: readonly string[],
  { req, hubs, ledger, t, o, asked }: Ranking,
): HubRanking {
  const modelKey = String(req.model);
  const nowAt = t * 1000;
  const byName = new Map(hubs.map((hub) => [hub.name, hub]));
  const excludeHubs = [...asked].map((i) => hubs[i]?.name ?? '');
  const read = (due: { areas: readonly string[]; hubs: readonly string[] }): void => {
    if (due.areas.length + due.hubs.length === 0) return;
    const summaries = due.areas.map((area) => [
      area,
      hubs.flatMap((hub) => {
        const summary = hub.area === area ? hub.pub.get(req.model) : undefined;
        return summary && summary.slots > 0 ? [summary] : [];
      }),
    ]) as [string, never[]][];
    const rows = due.hubs.flatMap((name) => {
      const hub = byName.get(name);
      return hub ? [[name, rowsOf(hub, req.model, ledger)] as const] : [];
    });
    memory.keep(modelKey, { summaries: new Map(summaries), rows: new Map(rows) }, nowAt);
  };
  read({ areas: memory.due({ modelKey, areas, hubs: [] }, nowAt).areas, hubs: [] });
  const startedAt = performance.now();
  const wish = wishOf(o);
  const size = { promptTokens: req.in, outputTokens: MEAN_OUT };
  const chosen = chooseHubs(memory.known(modelKey, areas, nowAt).near(req.edge), req.edge, excludeHubs, { size, wish });
  const chosenAt = performance.now();
  read({ areas: [], hubs: memory.due({ modelKey, areas, hubs: chosen }, nowAt).hubs });
  const rankedFrom = performance.now();
  const views = memory.view({ modelKey, areas, hubs: chosen }, nowAt).map(({ hub, summary, rows }) => {
    const place = summary ?? { lat: 0, lon: 0 };
    return { hub, lat: place.lat, lon: place.lon, summary, rows, edgeRttMs: edgeRtt(rtts, byName.get(hub), req.edge) };
  });
  const ranking = rankHubs(
    views,
    {
      wish,
      place: req.edge,
      accountId: ACCOUNT,
      ownName: null,
      size,
      excludeNodeIds: [...req.tried].map(String),
      excludeHubs,
      isDegraded: false,
    },
    ledger.r,
  );
  const { cost } = currentRun();
  cost.rankUs.push(1000 * (performance.now() - rankedFrom + chosenAt - startedAt));
  return ranking;
}

/** One home by exact counts; null when none can be had here at all. */
export function hubPick(
  h: SimHub,
  req: SimRequest,
  ledger: SimLedger,
  o: HubOptions,
): { n: { id: number } } | { busy: true; quote: number } | null {
  const { cost, watch, world, warmKm } = currentRun();
  const force = forced.get(req) ?? false;
  const mind = minds.get(req.edge);
  const edgeRttMs = mind ? edgeRtt(mind.rtts, h, req.edge) : 0;
  // What the edge measures when the answer is back.
  mind?.rtts.note(h.name, 1000 * (h.rtt[req.edge.i] ?? 0));
  const rttMs = (node: { id: number }): number =>
    o.relay ? (h.homeRttMs.get(node.id) ?? 0) : 1000 * (req.edge.measured[node.id] ?? 0);
  const nowS = edgeNowS + (h.rtt[req.edge.i] ?? 0) / 2;
  const homes = homeStates(h, { model: req.model, ledger, nowS, rttMs });
  const startedAt = performance.now();
  const grant = decideGrant(homes, {
    wish: wishOf(o),
    place: req.edge,
    accountId: ACCOUNT,
    size: { promptTokens: req.in, outputTokens: MEAN_OUT },
    edgeRttMs,
    preferNodeId: null,
    excludeNodeIds: [...req.tried].map(String),
    preferDigest: null,
    isForced: force,
  });
  cost.grantUs.push(1000 * (performance.now() - startedAt));
  if (grant.kind === 'none') return null;
  if (grant.kind === 'busy') return grant.quoteMs === null ? null : { busy: true, quote: grant.quoteMs / 1000 };
  const node = h.nodes.find(({ id }) => String(id) === grant.nodeId);
  if (!node) return null;
  warmKm.push(nearestWarmKm(world.nodes, { place: req.edge, model: req.model, ledger }));
  watch.predicted(req, { node, ttftMs: grant.decision.ttftMs, askedAtS: edgeNowS });
  return { n: node };
}

/** What a hub says of itself with every answer. */
export function fresh(h: SimHub, model: number, ledger: SimLedger): Capacity {
  return capacityOf(h, model, ledger);
}

/** Of several hubs asked at once: the project asks one at a time, so the first answer stands. */
export function better(): boolean {
  return false;
}

function wishOf(o: HubOptions): Wish {
  return {
    ...NO_WISH,
    mode: o.mode,
    pool: { kind: 'public' },
    maxTtftMs: 1000 * o.ttft,
    minTokensPerS: o.tps,
  };
}

function edgeRtt(rtts: HubRtts, hub: SimHub | undefined, edge: SimEdge): number {
  return hub ? rtts.expectMs(hub.name, currentRun().distance(hub, edge)) : 0;
}
