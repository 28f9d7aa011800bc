// What one isolate remembers of presence, read anew where it is due, so that a warm edge asks Redis nothing before the first token. Never writes.
// Requests share values here, never promises: on Workers one request may not wait for another request's I/O.
import { BoundedMap } from '../../schema/bounded-map.ts';
import type { PresenceRow } from '../../schema/presence.ts';
import type { Result } from '../../schema/result.ts';
import { err, ok } from '../../schema/result.ts';
import { makeLog } from '../log.ts';
import type { Presence, PresenceAnswer } from './presence.ts';
import { makePresenceMemory } from './presence-memory.ts';
import type { CapacityNote, FreedNote, KnownHubs, PresenceMemory, RememberedHub } from './presence-memory.ts';

const log = makeLog('placement');

/** After a failure Redis is left alone this long, so that not every request waits for the same timeout. */
const AWAY_PAUSE_MS = 1_000;
/** What was chosen does for so long: summaries are read anew far less often, and what hubs say meanwhile ends it at once. */
const CHOSEN_MS = 200;
const MAX_CHOSEN = 1_000;

/** One look: which areas are near, and how the hubs worth asking follow from their summaries. */
export interface PresenceLook {
  readonly modelKey: string;
  readonly areas: readonly string[];
  /** Pure: the hubs whose rows are wanted (the nearest six with capacity), nearest first. */
  readonly chooseHubs: (known: KnownHubs) => readonly string[];
  /** Looks with the same key choose alike: for a moment what one has chosen does for all, unless something was learnt. Absent where each chooses for itself. */
  readonly key?: string;
  /** Hubs to read along when nothing is known of an area yet, so that a cold edge of a small network needs one round trip. */
  readonly guessHubs?: (area: string) => readonly string[];
}

/** What is known now. `isDegraded` when Redis did not answer and older copies stand in. */
export interface PresenceView {
  /** The chosen hubs with their rows, in the order chosen. */
  readonly hubs: readonly RememberedHub[];
  /** The same rows in one list. */
  readonly rows: readonly PresenceRow[];
  readonly isDegraded: boolean;
  /** Redis round trips this look made: 0 when warm, 1 usually, 2 on a cold edge whose hubs could not be guessed. */
  readonly trips: number;
}

/** The cache of one isolate. */
export interface PresenceCache {
  /** Error `presence-away` only when Redis is away and nothing at all is remembered: then the Area objects are to be asked. */
  look(presence: Presence, look: PresenceLook): Promise<Result<PresenceView, 'presence-away'>>;
  /** Stores an answer that came by another way than this cache (such as from an Area), as if it had just been read from Redis. */
  remember(modelKey: string, answer: PresenceAnswer): void;
  /** The next look for this model reads Redis anew, however fresh what is remembered is. */
  doubt(modelKey: string): void;
  /** Stores the free slots that a hub sent with a grant or a busy; the next reading of its summary replaces them. */
  noteCapacity(note: CapacityNote): void;
  /** A job of this edge has ended: its slot is free again, as far as this edge knows. */
  noteFreed(note: FreedNote): void;
  /** True from a failed read until the next one that succeeds. */
  isDegraded(): boolean;
  clear(): void;
}

interface Store {
  readonly clock: () => number;
  readonly memory: PresenceMemory;
  /** What was chosen lately, by key. */
  readonly chosen: BoundedMap<string, Chosen>;
  awayUntilAt: number;
  isAway: boolean;
}

interface Chosen {
  readonly hubs: readonly string[];
  readonly version: number;
  readonly untilAt: number;
}

/** An empty cache; `clock` gives ms since epoch. One per isolate, at module level. */
export function makePresenceCache(clock: () => number): PresenceCache {
  const store: Store = {
    clock,
    memory: makePresenceMemory(),
    chosen: new BoundedMap(MAX_CHOSEN),
    awayUntilAt: 0,
    isAway: false,
  };
  return {
    look: async (presence, look) => lookUp({ store, presence, look }),
    remember: (modelKey, answer) => store.memory.keep(modelKey, answer, clock()),
    doubt: (modelKey) => store.memory.doubt(modelKey),
    noteCapacity: (note) => store.memory.noteCapacity(note),
    noteFreed: (note) => store.memory.noteFreed(note),
    isDegraded: () => store.isAway,
    clear: () => {
      store.memory.clear();
      store.chosen.clear();
      store.awayUntilAt = 0;
      store.isAway = false;
    },
  };
}

interface Looking {
  readonly store: Store;
  readonly presence: Presence;
  readonly look: PresenceLook;
}

async function lookUp(looking: Looking): Promise<Result<PresenceView, 'presence-away'>> {
  const { store, look } = looking;
  const { memory } = store;
  const { modelKey, areas } = look;
  const choose = (): readonly string[] => chooseOnce(store, look);
  const unknown = areas.filter((area) => !memory.knowsArea(modelKey, area));
  const guessed = unknown.flatMap((area) => look.guessHubs?.(area) ?? []);
  const before = choose();
  const first = await readDue(looking, { areas, hubs: [...new Set([...before, ...guessed])] });
  memory.forgetEmpty(modelKey, guessed);
  // Where nothing was read the same hubs are chosen, and as fresh as a moment ago.
  const hubs = first === 'fresh' ? before : choose();
  const second = first === 'read' ? await readDue(looking, { areas: [], hubs }) : first;
  const isAway = first === 'away' || second === 'away';
  if (isAway && !areas.some((area) => memory.knowsArea(modelKey, area))) return err('presence-away');
  const nowAt = store.clock();
  const views = memory.view({ modelKey, areas, hubs }, nowAt);
  return ok({
    hubs: views,
    rows: views.flatMap(({ rows }) => rows),
    isDegraded: isAway,
    trips: [first, second].filter((step) => step === 'read').length,
  });
}

function chooseOnce(
  { memory, chosen, clock }: Store,
  { modelKey, areas, key, chooseHubs }: PresenceLook,
): readonly string[] {
  const nowAt = clock();
  const version = memory.version(modelKey);
  const known = key === undefined ? undefined : chosen.get(key);
  if (known && known.version === version && nowAt < known.untilAt) return known.hubs;
  const hubs = chooseHubs(memory.known(modelKey, areas, nowAt));
  if (key !== undefined) chosen.set(key, { hubs, version, untilAt: nowAt + CHOSEN_MS });
  return hubs;
}

/** Reads in one trip what is not fresh. Nothing is sent when all is, or while Redis is being left alone. */
async function readDue(
  { store, presence, look: { modelKey } }: Looking,
  asked: { areas: readonly string[]; hubs: readonly string[] },
): Promise<'fresh' | 'read' | 'away'> {
  const nowAt = store.clock();
  const due = store.memory.due({ modelKey, ...asked }, nowAt);
  if (due.areas.length + due.hubs.length === 0) return 'fresh';
  if (nowAt < store.awayUntilAt) return 'away';
  store.memory.markRefreshing({ modelKey, ...due }, nowAt);
  const answer = await presence.read({ modelKey, ...due }, nowAt);
  // Each isolate says so once, not at every look.
  if (store.isAway === answer.ok) log[answer.ok ? 'info' : 'warn'](answer.ok ? 'presence-back' : 'presence-away');
  store.isAway = !answer.ok;
  if (!answer.ok) {
    store.awayUntilAt = store.clock() + AWAY_PAUSE_MS;
    return 'away';
  }
  store.awayUntilAt = 0;
  store.memory.keep(modelKey, answer.value, store.clock());
  return 'read';
}
