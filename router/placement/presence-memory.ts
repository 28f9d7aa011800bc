// What one edge remembers of presence and how long it believes it. Asks nobody: it says what is due and keeps what it is told.
import { BoundedMap } from '../../schema/bounded-map.ts';
import { speedClassOf } from '../../schema/placement.ts';
import type { Capacity } from '../../schema/placement.ts';
import type { PresenceRow, PresenceSummary } from '../../schema/presence.ts';
import { NearHubs } from './near-hubs.ts';
import type { AreaHubs, NearHub } from './near-hubs.ts';
import type { PresenceAnswer } from './presence.ts';

const SUMMARY_FRESH_MS = 10_000;
const ROW_FRESH_MS = 1_500;
/** An area without a home is read again along with the rows, which costs no trip of its own: a home that joins there is soon seen. */
const EMPTY_FRESH_MS = ROW_FRESH_MS;
/** "Nobody serves this model" is believed for a shorter time, so that its first home is found soon. */
const NOBODY_FRESH_MS = 500;
/** While one request refreshes an entry, others go on with the old value this long instead of asking too. */
const REFRESH_GRACE_MS = 600;
const MAX_ENTRIES = 5_000;
const MAX_MODELS = 500;
const MAX_NAMES = 500;

/** Summaries of areas and rows of hubs, for one model. */
export interface PresencePlaces {
  readonly modelKey: string;
  readonly areas: readonly string[];
  readonly hubs: readonly string[];
}

/** A hub's slots for one model, as it said with a grant or a busy. */
export interface CapacityNote {
  readonly modelKey: string;
  readonly area: string;
  readonly hub: string;
  readonly capacity: Capacity;
}

/** A slot of a hub that is free again: a job of this edge has ended at a home of this speed class. */
export interface FreedNote {
  readonly modelKey: string;
  readonly area: string;
  readonly hub: string;
  readonly speedClass: string;
}

/** One hub as remembered: null for a hub that no summary names. */
export interface RememberedHub {
  readonly hub: string;
  readonly summary: PresenceSummary | null;
  readonly rows: readonly PresenceRow[];
}

/** Summaries to choose among: all of them, or the nearest first, of which only as many are looked at as are taken. */
export interface KnownHubs {
  all(): readonly PresenceSummary[];
  near(place: { readonly lat: number; readonly lon: number }): Iterable<NearHub>;
}

/** The memory of one edge. Times are ms since epoch, given by the caller. */
export interface PresenceMemory {
  /** Which of these have to be read again. After `markRefreshing` they are not due for another 0.6 s. */
  due(places: PresencePlaces, nowAt: number): { readonly areas: readonly string[]; readonly hubs: readonly string[] };
  markRefreshing(places: PresencePlaces, nowAt: number): void;
  /** Stores what was just read. */
  keep(modelKey: string, answer: PresenceAnswer, nowAt: number): void;
  /** All that is remembered of a model is due from now on; it stands until it is read. */
  doubt(modelKey: string): void;
  /** Stores the free slots that a hub sent with a grant or a busy; the next reading of its summary replaces them. */
  noteCapacity(note: CapacityNote): void;
  /** Adds one free slot to what was last heard, up to all there are. */
  noteFreed(note: FreedNote): void;
  /** What is known of these areas that has not run out. */
  known(modelKey: string, areas: readonly string[], nowAt: number): KnownHubs;
  /** These hubs in this order, with their rows that have not run out. */
  view(places: PresencePlaces, nowAt: number): readonly RememberedHub[];
  /** True when anything is known of the area, even that it has no homes. */
  knowsArea(modelKey: string, area: string): boolean;
  /** Changes whenever other hubs may be worth looking at for a model: what was read, or a hub or one of its speed classes that is full now, or no more. */
  version(modelKey: string): number;
  /** Forgets hubs that had no rows: they may not have existed yet. */
  forgetEmpty(modelKey: string, hubs: readonly string[]): void;
  clear(): void;
}

interface Entry<T> {
  readonly value: T;
  readonly freshUntilAt: number;
  refreshingUntilAt: number;
}

interface Store {
  /** Hubs by name; each area's map stands until the area is read anew. */
  readonly summaries: BoundedMap<string, Entry<Map<string, PresenceSummary>>>;
  readonly rows: BoundedMap<string, Entry<readonly PresenceRow[]>>;
  readonly near: NearHubs;
  readonly versions: BoundedMap<string, number>;
  /** By model, then by area or hub: the names of the entries, so that none is put together at each look. */
  readonly keys: BoundedMap<string, BoundedMap<string, string>>;
}

/** An empty memory, bounded to 5,000 areas and as many hubs. */
export function makePresenceMemory(): PresenceMemory {
  const store: Store = {
    summaries: new BoundedMap(MAX_ENTRIES),
    rows: new BoundedMap(MAX_ENTRIES),
    near: new NearHubs(),
    versions: new BoundedMap(MAX_ENTRIES),
    keys: new BoundedMap(MAX_MODELS),
  };
  return {
    due: (places, nowAt) => findDue(store, places, nowAt),
    markRefreshing: (places, nowAt) => markRefreshing(store, places, nowAt),
    keep: (modelKey, answer, nowAt) => keep(store, { modelKey, answer, nowAt }),
    doubt: (modelKey) => doubt(store, modelKey),
    noteCapacity: (note) => noteCapacity(store, note),
    noteFreed: (note) => noteFreed(store, note),
    known: (modelKey, areas, nowAt) => knownOf(store, { modelKey, areas }, nowAt),
    view: (places, nowAt) => viewOf(store, places, nowAt),
    knowsArea: (modelKey, area) => store.summaries.has(keyOf(store, modelKey, area)),
    version: (modelKey) => store.versions.get(modelKey) ?? 0,
    forgetEmpty: (modelKey, hubs) => {
      for (const hub of hubs) {
        const key = keyOf(store, modelKey, hub);
        if (store.rows.get(key)?.value.length === 0) store.rows.delete(key);
      }
    },
    clear: () => {
      store.summaries.clear();
      store.rows.clear();
      store.near.clear();
      // Listed first: what is touched is put last, and would be met again.
      const known = [...store.versions.keys()];
      for (const modelKey of known) touch(store, modelKey);
    },
  };
}

function findDue(store: Store, places: PresencePlaces, nowAt: number): { areas: string[]; hubs: string[] } {
  const { modelKey, areas, hubs } = places;
  const isNobody = !hasSummary(store, places, nowAt);
  const areasAt = nowAt + (isNobody ? EMPTY_FRESH_MS - NOBODY_FRESH_MS : 0);
  return {
    areas: areas.filter((area) => isDue(store.summaries.get(keyOf(store, modelKey, area)), areasAt)),
    hubs: hubs.filter((hub) => isDue(store.rows.get(keyOf(store, modelKey, hub)), nowAt)),
  };
}

function markRefreshing(store: Store, { modelKey, areas, hubs }: PresencePlaces, nowAt: number): void {
  const entries = [
    ...areas.map((area) => store.summaries.get(keyOf(store, modelKey, area))),
    ...hubs.map((hub) => store.rows.get(keyOf(store, modelKey, hub))),
  ];
  for (const entry of entries) if (entry) entry.refreshingUntilAt = nowAt + REFRESH_GRACE_MS;
}

function keep(store: Store, kept: { modelKey: string; answer: PresenceAnswer; nowAt: number }): void {
  const { modelKey, answer, nowAt } = kept;
  for (const [area, value] of answer.summaries)
    put(store.summaries, {
      key: keyOf(store, modelKey, area),
      value: replaceHubs(store.summaries.get(keyOf(store, modelKey, area))?.value, value),
      freshUntilAt: nowAt + (value.length === 0 ? EMPTY_FRESH_MS : SUMMARY_FRESH_MS),
    });
  for (const [hub, value] of answer.rows)
    put(store.rows, {
      key: keyOf(store, modelKey, hub),
      value: value.map((row) => ({ ...row, speedClass: speedClassOf(row) })),
      freshUntilAt: nowAt + ROW_FRESH_MS,
    });
  // Rows alone change nothing of which hubs are chosen.
  if (answer.summaries.size > 0) touch(store, modelKey);
}

function doubt({ keys, summaries, rows }: Store, modelKey: string): void {
  for (const key of keys.get(modelKey)?.values() ?? [])
    for (const entries of [summaries, rows] as BoundedMap<string, Entry<unknown>>[]) {
      const entry = entries.get(key);
      if (entry) put(entries, { key, value: entry.value, freshUntilAt: 0 });
    }
}

function touch(store: Store, modelKey: string): void {
  store.versions.set(modelKey, (store.versions.get(modelKey) ?? 0) + 1);
}

/** True where a hub, or a speed class of it, has a slot now and had none, or the other way round. */
function isTurned(last: Capacity, now: Capacity): boolean {
  if (last.free > 0 !== now.free > 0) return true;
  const hasFree = ({ classes }: Capacity, name: string): boolean => (classes[name]?.[0] ?? 0) > 0;
  for (const name of Object.keys({ ...last.classes, ...now.classes }))
    if (hasFree(last, name) !== hasFree(now, name)) return true;
  return false;
}

/** Puts new summaries into the same map if its hubs have not moved, since orders by distance that were worked out from it still hold; else a new map. */
function replaceHubs(
  known: Map<string, PresenceSummary> | undefined,
  summaries: readonly PresenceSummary[],
): Map<string, PresenceSummary> {
  const read = new Map(summaries.map((summary) => [summary.hub, summary]));
  if (known?.size !== read.size) return read;
  for (const { hub, lat, lon, radiusKm } of read.values()) {
    const stood = known.get(hub);
    if (stood?.lat !== lat || stood.lon !== lon || stood.radiusKm !== radiusKm) return read;
  }
  for (const [hub, summary] of read) known.set(hub, summary);
  return known;
}

function put<T>(entries: BoundedMap<string, Entry<T>>, entry: { key: string; value: T; freshUntilAt: number }): void {
  entries.set(entry.key, { value: entry.value, freshUntilAt: entry.freshUntilAt, refreshingUntilAt: 0 });
}

function noteCapacity(store: Store, { modelKey, area, hub, capacity }: CapacityNote): void {
  const hubs = store.summaries.get(keyOf(store, modelKey, area))?.value;
  const summary = hubs?.get(hub);
  if (!summary) return;
  hubs?.set(hub, { ...summary, ...capacity });
  if (isTurned(summary, capacity)) touch(store, modelKey);
}

function noteFreed(store: Store, { modelKey, area, hub, speedClass }: FreedNote): void {
  const summary = store.summaries.get(keyOf(store, modelKey, area))?.value.get(hub);
  if (!summary) return;
  const { free, slots, classes } = summary;
  const [classFree, classSlots] = classes[speedClass] ?? [0, 0];
  const capacity = {
    free: Math.min(slots, free + 1),
    slots,
    classes: {
      ...classes,
      ...(classSlots > 0 && { [speedClass]: [Math.min(classSlots, classFree + 1), classSlots] as const }),
    },
  };
  noteCapacity(store, { modelKey, area, hub, capacity });
}

type Areas = Pick<PresencePlaces, 'modelKey' | 'areas'>;

function areasOf(store: Store, { modelKey, areas }: Areas): ReadonlyMap<string, AreaHubs> {
  const found = new Map<string, AreaHubs>();
  for (const area of areas) {
    const key = keyOf(store, modelKey, area);
    const entry = store.summaries.get(key);
    if (entry) found.set(key, entry.value);
  }
  return found;
}

function hasSummary(store: Store, places: Areas, nowAt: number): boolean {
  for (const hubs of areasOf(store, places).values())
    for (const summary of hubs.values()) if (summary.untilAt > nowAt) return true;
  return false;
}

function knownOf(store: Store, places: Areas, nowAt: number): KnownHubs {
  const areas = areasOf(store, places);
  return {
    all: () => [...areas.values()].flatMap((hubs) => [...hubs.values()].filter(({ untilAt }) => untilAt > nowAt)),
    near: (place) => store.near.walk(areas, place, nowAt),
  };
}

function viewOf(store: Store, places: PresencePlaces, nowAt: number): readonly RememberedHub[] {
  const { modelKey, hubs } = places;
  const areas = [...areasOf(store, places).values()];
  return hubs.map((hub) => {
    const summary = areas.map((known) => known.get(hub)).find((known) => known !== undefined && known.untilAt > nowAt);
    const rows = (store.rows.get(keyOf(store, modelKey, hub))?.value ?? []).filter((row) => row.untilAt > nowAt);
    return { hub, summary: summary ?? null, rows };
  });
}

function isDue(entry: Entry<unknown> | undefined, nowAt: number): boolean {
  return entry === undefined || (nowAt >= entry.freshUntilAt && nowAt >= entry.refreshingUntilAt);
}

function keyOf({ keys }: Store, modelKey: string, name: string): string {
  let ofModel = keys.get(modelKey);
  if (!ofModel) keys.set(modelKey, (ofModel = new BoundedMap(MAX_NAMES)));
  let key = ofModel.get(name);
  if (key === undefined) ofModel.set(name, (key = `${modelKey}\n${name}`));
  return key;
}
