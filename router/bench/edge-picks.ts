// An edge's pick, timed in Node: the real presence door over HTTP to the embedded store, whose commands and round trips are counted.
import { NO_WISH } from '../../schema/placement.ts';
import { PRESENCE_TTL_MS } from '../../schema/presence.ts';
import type { PresenceRow, PresenceSummary } from '../../schema/presence.ts';
import { quantile } from '../../schema/quantile.ts';
import { startRedisBridge } from '../local/redis-bridge.ts';
import { embeddedExecutor } from '../local/redis-executor.ts';
import type { RedisExecutor } from '../local/redis-executor.ts';
import { makeHomeFinder } from '../placement/home-finder.ts';
import { HubRtts } from '../placement/hub-rtts.ts';
import { openPresence } from '../placement/presence.ts';
import type { Presence, PresenceChange } from '../placement/presence.ts';
import { makePresenceCache } from '../placement/presence-cache.ts';
import { countCapacity } from '../homes/make-homes.ts';

const MODEL = 'llama-3.1-8b';
const HOMES_A_HUB = 32;
/** Code that has run so often is compiled; a cold pick costs a hundred times as much, and is repeated less often. */
const WARM_UP = { cold: 50, warm: 3000 };
const PICKS = { cold: 200, warm: 3000 };
const PARIS = { lat: 48.9, lon: 2.4 };
/** Where hubs stand, in the order in which a network grows: the first of each near area, then more in the nearest. */
const CENTRES = [
  ['weur', 48.9, 2.4],
  ['eeur', 52.2, 21],
  ['me', 31.8, 35.2],
  ['enam', 43.7, -79.4],
] as const;

/** What one kind of pick came to, the median of many. */
export interface EdgeRow {
  readonly hubs: number;
  readonly coldCommands: number;
  readonly coldTrips: number;
  readonly coldUs: number;
  readonly warmCommands: number;
  readonly warmUs: number;
}

/** Counts what reaches the store, whoever asks. */
export class CountingExecutor implements RedisExecutor {
  commands = 0;
  trips = 0;
  readonly #inner: RedisExecutor;

  constructor(inner: RedisExecutor) {
    this.#inner = inner;
  }

  run(...[commands, options]: Parameters<RedisExecutor['run']>): ReturnType<RedisExecutor['run']> {
    this.commands += commands.length;
    this.trips += 1;
    return this.#inner.run(commands, options);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

/** Cold and warm picks of a caller in Paris in a network of so many hubs. Throws when a pick finds nobody. */
export async function measureEdge(hubs: number): Promise<EdgeRow> {
  const executor = new CountingExecutor(embeddedExecutor());
  const bridge = await startRedisBridge({ executor, token: 'bench' });
  try {
    const presence = openPresence({ url: bridge.url, token: bridge.token });
    const written = await presence.write(makeChanges(hubs, Date.now()));
    if (!written.ok) throw new Error(written.error.detail);
    const cold = await repeat(executor, 'cold', async () => pickWith(presence));
    const finder = openFinder(presence);
    await finder();
    const warm = await repeat(executor, 'warm', finder);
    return {
      hubs,
      coldCommands: cold.commands,
      coldTrips: cold.trips,
      coldUs: cold.us,
      warmCommands: warm.commands,
      warmUs: warm.us,
    };
  } finally {
    await bridge.stop();
  }
}

async function pickWith(presence: Presence): Promise<void> {
  await openFinder(presence)();
}

/** Picks of one edge that begins with an empty memory. The clock stands still: how long memory holds is no part of the figure. */
function openFinder(presence: Presence): () => Promise<void> {
  const now = Date.now();
  const finder = makeHomeFinder({
    presence,
    cache: makePresenceCache(() => now),
    rtts: new HubRtts(),
    random: () => Math.random(),
    askArea: () => Promise.reject(new Error('the store answers')),
  });
  return async () => {
    const size = { promptTokens: 600, outputTokens: 250 };
    const wish = { modelKey: MODEL, ownName: null, accountId: 'acct_caller', place: PARIS, wish: NO_WISH, size };
    if (!(await finder.openSearch(wish).next())) throw new Error('nobody was found');
  };
}

async function repeat(
  counter: Pick<CountingExecutor, 'commands' | 'trips'>,
  kind: keyof typeof PICKS,
  pick: () => Promise<void>,
): Promise<{ commands: number; trips: number; us: number }> {
  for (let i = 0; i < WARM_UP[kind]; i++) await pick();
  const before = { commands: counter.commands, trips: counter.trips };
  const took: number[] = [];
  for (let i = 0; i < PICKS[kind]; i++) {
    const startedAt = performance.now();
    await pick();
    took.push((performance.now() - startedAt) * 1000);
  }
  return {
    commands: (counter.commands - before.commands) / PICKS[kind],
    trips: (counter.trips - before.trips) / PICKS[kind],
    us: quantile(took, 0.5),
  };
}

/** What so many hubs write of one model, each with 32 homes around it. */
export function makeChanges(hubs: number, now: number): PresenceChange[] {
  return Array.from({ length: hubs }, (_, i) => {
    const [area, lat, lon] = CENTRES[i] ?? CENTRES[0];
    const far = i < CENTRES.length ? 0 : i - CENTRES.length + 1;
    const hub = `hub:${area}:${far}`;
    const centre = { lat: lat + 0.8 * (far % 5), lon: lon + 1.1 * Math.floor(far / 5) };
    const rows = Array.from({ length: HOMES_A_HUB }, (_, home) => makeRow({ hub, home, now, centre }));
    return { modelKey: MODEL, area, hub, rows, goneNodes: [], summary: summarise(hub, centre, rows) };
  });
}

interface Seat {
  readonly hub: string;
  readonly home: number;
  readonly now: number;
  readonly centre: { readonly lat: number; readonly lon: number };
}

function makeRow({ hub, home, now, centre }: Seat): PresenceRow {
  return {
    node: `node_${hub}_${home}`,
    hub,
    lat: centre.lat + Math.sin(home),
    lon: centre.lon + Math.cos(home),
    country: 'FR',
    owner: `acct_${home}`,
    pools: ['public'],
    slots: 1 + (home % 4),
    rttMs: 15 + (home % 20),
    loadMs: 0,
    promptTokensPerS: 1000 * (1 + (home % 6)),
    decodeTokensPerS: 40 + 20 * (home % 6),
    contextTokens: 8192,
    digest: 'a'.repeat(64),
    quantisation: 'q4_k_m',
    priceIn: 1,
    priceOut: 2,
    serves: [],
    contexts: [],
    cans: [],
    untilAt: now + PRESENCE_TTL_MS,
  };
}

function summarise(hub: string, centre: Seat['centre'], rows: readonly PresenceRow[]): PresenceSummary {
  const capacity = countCapacity(rows.map((row) => ({ ...row, active: 0 })));
  return { hub, ...centre, radiusKm: 130, ...capacity, untilAt: rows[0]?.untilAt ?? 0 };
}
