// Simulated homes in the project's own words: their states at a hub, their rows and summaries in the presence table.
import { speedClassOf } from '../../schema/placement.ts';
import type { Capacity, HomeState } from '../../schema/placement.ts';
import { tellGreens } from '../placement/expect-grams.ts';
import { distanceKm, roundPlace } from '../../schema/places.ts';
import type { PresenceRow, PresenceSummary } from '../../schema/presence.ts';
import { currentRun } from './sim-run.ts';
import type { SimLedger, SimNode } from './sim-types.ts';

/** Weights of every simulated model, GB, and what loading costs besides reading them, s. */
const MODEL_GB = 5;
const LOAD_BASE_S = 0.8;

/** A hub of the simulated world; the event loop reads `i`, `area`, `nodes`, `rtt`, `pub`, `id` and place. */
export interface SimHub {
  readonly id: number;
  readonly i: number;
  readonly name: string;
  readonly area: string;
  readonly nodes: readonly SimNode[];
  /** Where it runs. */
  readonly lat: number;
  readonly lon: number;
  /** The middle of its homes and how far they reach. */
  readonly centre: { readonly lat: number; readonly lon: number };
  readonly radiusKm: number;
  /** To every edge, s. */
  rtt: number[];
  /** To its nodes as it measured them, ms. */
  readonly homeRttMs: ReadonlyMap<number, number>;
  readonly pub: Map<number, PresenceSummary & { t: number }>;
  readonly crossedAt: Map<number, number>;
}

/** The homes of a hub that have a model on disk, as exactly as the hub knows them. */
export function homeStates(
  hub: SimHub,
  asked: { model: number; ledger: SimLedger; nowS: number; rttMs: (node: SimNode) => number },
): HomeState[] {
  const { model, ledger, nowS, rttMs } = asked;
  const { watch } = currentRun();
  return hub.nodes.flatMap((node) => {
    if (!ledger.present(node) || !node.disk.has(model) || watch.isCooling(node, nowS)) return [];
    const { used, pending, hot } = ledger.view(node);
    const isWarm = hot.includes(model);
    // A home that is at work on another model cannot change models until it is done.
    if (!isWarm && used > 0) return [];
    return [
      {
        ...factsOf(node),
        active: used + watch.owed(node, nowS).length,
        pendingPromptTokens: pending,
        ...watch.speeds(node, model),
        loadMs: isWarm ? 0 : loadMsOf(node),
        rttMs: rttMs(node),
        failureShare: watch.failureShare(node, nowS),
        earnedPerHour: ledger.earned(node) * 3600,
        cachedTokens: 0,
        workW: watch.workW(node, model),
      },
    ];
  });
}

/** Rows of the homes that have a model in memory, as their hub writes them. */
export function rowsOf(hub: SimHub, model: number, ledger: SimLedger): PresenceRow[] {
  return hub.nodes.flatMap((node) => {
    if (!ledger.present(node) || !ledger.hot(node).includes(model)) return [];
    const { nodeId, ownerAccountId, place, ...facts } = factsOf(node);
    return [
      {
        ...facts,
        node: nodeId,
        hub: hub.name,
        lat: place.lat,
        lon: place.lon,
        country: place.country,
        owner: ownerAccountId,
        rttMs: hub.homeRttMs.get(node.id) ?? 0,
        loadMs: 0,
        ...currentRun().watch.speeds(node, model),
        workW: currentRun().watch.workW(node, model),
        serves: [],
        contexts: [],
        cans: [],
        untilAt: Infinity,
      },
    ];
  });
}

/** Free and all slots of a model in memory here, by speed class. */
export function capacityOf(hub: SimHub, model: number, ledger: SimLedger): Capacity {
  const { watch } = currentRun();
  const classes: Record<string, readonly [number, number]> = {};
  let free = 0;
  let slots = 0;
  for (const node of hub.nodes) {
    if (!ledger.present(node)) continue;
    const { used, hot } = ledger.view(node);
    if (!node.disk.has(model) || !hot.includes(model)) continue;
    const name = speedClassOf({ slots: node.cls.slots, ...watch.speeds(node, model) });
    const [classFree, classSlots] = classes[name] ?? [0, 0];
    const nodeFree = Math.max(0, node.cls.slots - used);
    classes[name] = [classFree + nodeFree, classSlots + node.cls.slots];
    free += nodeFree;
    slots += node.cls.slots;
  }
  return { free, slots, classes };
}

export function summaryOf(hub: SimHub, capacity: Capacity, rows: readonly PresenceRow[]): PresenceSummary {
  return {
    hub: hub.name,
    ...hub.centre,
    radiusKm: hub.radiusKm,
    ...capacity,
    greens: tellGreens(rows),
    untilAt: Infinity,
  };
}

/** The closest home of some hubs with the model in memory and a free slot, km; infinite where there is none. */
export function nearestWarmKm(
  nodes: readonly SimNode[],
  asked: { place: { lat: number; lon: number }; model: number; ledger: SimLedger },
): number {
  let least = Infinity;
  for (const node of nodes) {
    if (!node.disk.has(asked.model) || !asked.ledger.present(node)) continue;
    if (Math.abs(node.lat - asked.place.lat) * 111 > least) continue;
    const { used, hot } = asked.ledger.view(node);
    if (used < node.cls.slots && hot.includes(asked.model)) least = Math.min(least, distanceKm(node, asked.place));
  }
  return least;
}

type Facts = Pick<
  HomeState,
  | 'nodeId'
  | 'ownerAccountId'
  | 'pools'
  | 'place'
  | 'quantisation'
  | 'digest'
  | 'contextTokens'
  | 'can'
  | 'samplers'
  | 'priceIn'
  | 'priceOut'
  | 'slots'
>;

const facts = new WeakMap<SimNode, Facts>();

function factsOf(node: SimNode): Facts {
  const known = facts.get(node);
  if (known) return known;
  const made: Facts = {
    nodeId: String(node.id),
    ownerAccountId: 'acct_owner',
    pools: ['public'],
    place: roundPlace({ ...node.seen, country: node.cc }),
    quantisation: 'q4',
    digest: 'weights',
    contextTokens: 32_768,
    can: [],
    samplers: null,
    priceIn: 1,
    priceOut: 1,
    slots: node.cls.slots,
  };
  facts.set(node, made);
  return made;
}

function loadMsOf({ cls }: SimNode): number {
  return 1000 * (LOAD_BASE_S + MODEL_GB / cls.disk);
}
