// What one isolate remembers of presence, so that a warm edge asks Redis nothing before the first token. Holds copies only and never writes.
// Requests share values here, never promises: on Workers one request may not wait for another request's I/O.
import type { PresenceRow, PresenceSummary } from '../../schema/presence.ts';
import type { Result } from '../../schema/result.ts';
import { err, ok } from '../../schema/result.ts';
import type { Presence, PresenceAnswer } from './presence.ts';

const SUMMARY_FRESH_MS = 10_000;
const ROW_FRESH_MS = 1_500;
/** An area without a home is read again along with the rows, which costs no trip of its own: a home that joins there is soon seen. */
const EMPTY_FRESH_MS = ROW_FRESH_MS;
/** That nobody at all serves a model is believed for less, so that its first home is found at once. */
const NOBODY_FRESH_MS = 500;
/** While one request refreshes an entry, others go on with the old value this long instead of asking too. */
const REFRESH_GRACE_MS = 600;
/** After a failure Redis is left alone this long, so that not every request waits for the same timeout. */
const AWAY_PAUSE_MS = 1_000;
const MAX_ENTRIES = 5_000;

/** One look: which areas are near, and how the hubs worth asking follow from their summaries. */
export interface PresenceLook {
  readonly modelKey: string;
  readonly areas: readonly string[];
  /** Pure: the hubs whose rows are wanted (the nearest six with capacity), nearest first. */
  readonly chooseHubs: (summaries: readonly PresenceSummary[]) => readonly string[];
  /** Hubs to read along when nothing is known of an area yet, so that a cold edge of a small network needs one round trip. */
  readonly guessHubs?: (area: string) => readonly string[];
}

/** What is known now. `isDegraded` when Redis did not answer and older copies stand in. */
export interface PresenceView {
  readonly summaries: readonly PresenceSummary[];
  /** Rows of the chosen hubs, hub by hub in the order chosen. */
  readonly rows: readonly PresenceRow[];
  readonly isDegraded: boolean;
  /** Redis round trips this look made: 0 when warm, 1 usually, 2 on a cold edge whose hubs could not be guessed. */
  readonly trips: number;
}

/** A hub's free slots for one model, as it said with a grant or a busy. */
export interface FreeNote {
  readonly modelKey: string;
  readonly area: string;
  readonly hub: string;
  readonly free: number;
}

/** The cache of one isolate. */
export interface PresenceCache {
  /** Error `presence-away` only when Redis is away and nothing at all is remembered: then the Area objects are to be asked. */
  look(presence: Presence, look: PresenceLook): Promise<Result<PresenceView, 'presence-away'>>;
  /** Takes what an Area or a pipeline elsewhere told, as if read now. */
  remember(modelKey: string, answer: PresenceAnswer): void;
  /** Takes the free count that a hub sent with a grant or a busy, until its summary is read again. */
  noteFree(note: FreeNote): void;
  /** True from a failed read until the next one that succeeds. */
  isDegraded(): boolean;
  clear(): void;
}

interface Entry<T> {
  readonly value: readonly T[];
  readonly freshUntilAt: number;
  refreshingUntilAt: number;
}

interface Store {
  readonly clock: () => number;
  readonly summaries: Map<string, Entry<PresenceSummary>>;
  readonly rows: Map<string, Entry<PresenceRow>>;
  awayUntilAt: number;
  isAway: boolean;
}

/** An empty cache; `clock` gives ms since epoch. One per isolate, at module level. */
export function makePresenceCache(clock: () => number): PresenceCache {
  const store: Store = { clock, summaries: new Map(), rows: new Map(), awayUntilAt: 0, isAway: false };
  return {
    look: async (presence, look) => lookUp({ store, presence, look }),
    remember: (modelKey, answer) => keep(store, { modelKey, answer }),
    noteFree: (note) => noteFree(store, note),
    isDegraded: () => store.isAway,
    clear: () => {
      store.summaries.clear();
      store.rows.clear();
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
  const isNobody = knownSummaries(looking).length === 0;
  const dueAt = store.clock() + (isNobody ? EMPTY_FRESH_MS - NOBODY_FRESH_MS : 0);
  const areas = look.areas.filter((area) => isDue(store.summaries.get(keyOf(look.modelKey, area)), dueAt));
  const unknown = look.areas.filter((area) => !store.summaries.has(keyOf(look.modelKey, area)));
  const guessed = unknown.flatMap((area) => look.guessHubs?.(area) ?? []);
  const wanted = [...new Set([...look.chooseHubs(knownSummaries(looking)), ...guessed])];
  const first = await readDue(looking, { areas, hubs: wanted });
  forgetEmpty(looking, guessed);
  const chosen = look.chooseHubs(knownSummaries(looking));
  const second = first === 'away' ? 'away' : await readDue(looking, { areas: [], hubs: chosen });
  const isAway = first === 'away' || second === 'away';
  const hasNothing = look.areas.every((area) => !store.summaries.has(keyOf(look.modelKey, area)));
  if (isAway && hasNothing) return err('presence-away');
  const nowAt = store.clock();
  const rows = chosen.flatMap((hub) => store.rows.get(keyOf(look.modelKey, hub))?.value ?? []);
  const trips = [first, second].filter((step) => step === 'read').length;
  return ok({
    summaries: knownSummaries(looking),
    rows: rows.filter((row) => row.untilAt > nowAt),
    isDegraded: isAway,
    trips,
  });
}

/** A guessed hub without rows may not exist yet: its emptiness is not to hide the rows that its summary will announce. */
function forgetEmpty({ store, look }: Looking, guessed: readonly string[]): void {
  for (const hub of guessed) {
    const key = keyOf(look.modelKey, hub);
    if (store.rows.get(key)?.value.length === 0) store.rows.delete(key);
  }
}

/** Reads in one trip what is not fresh. Nothing is sent when all is, or while Redis is being left alone. */
async function readDue(
  looking: Looking,
  asked: { areas: readonly string[]; hubs: readonly string[] },
): Promise<'fresh' | 'read' | 'away'> {
  const { store, presence, look } = looking;
  const nowAt = store.clock();
  const hubs = asked.hubs.filter((hub) => isDue(store.rows.get(keyOf(look.modelKey, hub)), nowAt));
  if (asked.areas.length + hubs.length === 0) return 'fresh';
  if (nowAt < store.awayUntilAt) return 'away';
  for (const area of asked.areas) markRefreshing(store.summaries.get(keyOf(look.modelKey, area)), nowAt);
  for (const hub of hubs) markRefreshing(store.rows.get(keyOf(look.modelKey, hub)), nowAt);
  const answer = await presence.read({ modelKey: look.modelKey, areas: asked.areas, hubs }, nowAt);
  store.isAway = !answer.ok;
  if (!answer.ok) {
    store.awayUntilAt = store.clock() + AWAY_PAUSE_MS;
    return 'away';
  }
  store.awayUntilAt = 0;
  keep(store, { modelKey: look.modelKey, answer: answer.value });
  return 'read';
}

function keep(store: Store, kept: { modelKey: string; answer: PresenceAnswer }): void {
  const nowAt = store.clock();
  for (const [area, value] of kept.answer.summaries)
    put(store.summaries, {
      key: keyOf(kept.modelKey, area),
      value,
      freshUntilAt: nowAt + (value.length === 0 ? EMPTY_FRESH_MS : SUMMARY_FRESH_MS),
    });
  for (const [hub, value] of kept.answer.rows)
    put(store.rows, { key: keyOf(kept.modelKey, hub), value, freshUntilAt: nowAt + ROW_FRESH_MS });
}

function put<T>(
  entries: Map<string, Entry<T>>,
  entry: { key: string; value: readonly T[]; freshUntilAt: number },
): void {
  entries.delete(entry.key);
  entries.set(entry.key, { value: entry.value, freshUntilAt: entry.freshUntilAt, refreshingUntilAt: 0 });
  if (entries.size <= MAX_ENTRIES) return;
  const oldest = entries.keys().next();
  if (!oldest.done) entries.delete(oldest.value);
}

function noteFree(store: Store, note: FreeNote): void {
  const key = keyOf(note.modelKey, note.area);
  const entry = store.summaries.get(key);
  if (!entry) return;
  const value = entry.value.map((summary) => (summary.hub === note.hub ? { ...summary, free: note.free } : summary));
  store.summaries.set(key, { ...entry, value });
}

function knownSummaries(looking: Looking): readonly PresenceSummary[] {
  const nowAt = looking.store.clock();
  const known = looking.look.areas.flatMap(
    (area) => looking.store.summaries.get(keyOf(looking.look.modelKey, area))?.value ?? [],
  );
  return known.filter((summary) => summary.untilAt > nowAt);
}

function isDue(entry: Entry<unknown> | undefined, nowAt: number): boolean {
  return entry === undefined || (nowAt >= entry.freshUntilAt && nowAt >= entry.refreshingUntilAt);
}

function markRefreshing(entry: Entry<unknown> | undefined, nowAt: number): void {
  if (entry) entry.refreshingUntilAt = nowAt + REFRESH_GRACE_MS;
}

function keyOf(modelKey: string, name: string): string {
  return `${modelKey}\n${name}`;
}
