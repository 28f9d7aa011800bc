// The one door to Redis: where homes are, by model, as their hubs last wrote it. An index only; whether a home is there and free its hub decides.
// Commands used: HSET, HGETALL, HDEL, DEL, EXPIRE. Upstash bills each command of a pipeline, so every function says what it sends.
import { Redis } from '@upstash/redis/cloudflare';
import type { PresenceRow, PresenceSummary } from '../../schema/presence.ts';
import { BoundedMap } from '../../schema/bounded-map.ts';
import {
  PRESENCE_TTL_MS,
  packRow,
  packSummary,
  parseRow,
  parseSummary,
  rowKey,
  summaryKey,
} from '../../schema/presence.ts';
import { err, ok } from '../../schema/result.ts';
import type { Result } from '../../schema/result.ts';

const TIMEOUT_MS = 500;
const TTL_S = PRESENCE_TTL_MS / 1000;
/** Rows and summaries of some thirty hubs. */
const MAX_PARSED = 2000;
/** Fields of hubs that died stay in a shared summary key; their neighbours remove them this long after `untilAt`. */
const STALE_AFTER_MS = 3_600_000;

/** Redis could not be asked within 500 ms, or refused. The text says why, for logs only. */
export interface PresenceAway {
  readonly code: 'presence-away';
  readonly detail: string;
}

/** What changed at one hub for one model. */
export interface PresenceChange {
  readonly modelKey: string;
  readonly area: string;
  readonly hub: string;
  /** Rows to write (homes that joined or changed). */
  readonly rows: readonly PresenceRow[];
  /** Ids of homes that no longer serve the model here. */
  readonly goneNodes: readonly string[];
  /** The hub's offer now; null when it no longer serves the model, which removes its rows too. */
  readonly summary: PresenceSummary | null;
}

/** What to read in one round trip: summaries of whole areas and rows of single hubs. */
export interface PresenceQuestion {
  readonly modelKey: string;
  readonly areas: readonly string[];
  readonly hubs: readonly string[];
}

/** Answers by area and by hub; every asked name has an entry, an empty list where nothing is there. */
export interface PresenceAnswer {
  readonly summaries: ReadonlyMap<string, readonly PresenceSummary[]>;
  readonly rows: ReadonlyMap<string, readonly PresenceRow[]>;
}

/** The presence table. */
export interface Presence {
  /** Writes changes of one hub. Commands per change: up to 2 for rows, 1 for gone homes, 2 for the summary (2 in all to leave a model). */
  write(changes: readonly PresenceChange[]): Promise<Result<null, PresenceAway>>;
  /** One HGETALL for each area and hub, in one round trip. Rows past `untilAt` and fields that cannot be read are left out. */
  read(question: PresenceQuestion, nowAt: number): Promise<Result<PresenceAnswer, PresenceAway>>;
  /** Summaries of the areas, hubs of all of them together: `read` without rows. */
  readNear(
    question: { modelKey: string; areas: readonly string[] },
    nowAt: number,
  ): Promise<Result<readonly PresenceSummary[], PresenceAway>>;
  /** Rows of the hubs: `read` without summaries. */
  readHubs(
    question: { modelKey: string; hubs: readonly string[] },
    nowAt: number,
  ): Promise<Result<readonly PresenceRow[], PresenceAway>>;
  /** Removes what hubs that died left in an area's summaries. One HGETALL and at most one HDEL; for the 6 h refresh, not for requests. */
  sweep(place: { modelKey: string; area: string }, nowAt: number): Promise<Result<number, PresenceAway>>;
  /** Whether Redis answers at all; one PING, which is not billed. */
  ping(): Promise<boolean>;
}

interface PresenceAccess {
  readonly url: string;
  readonly token: string;
  readonly timeoutMs?: number;
}

/** Opens the door. Nothing is sent before the first call; the client holds no connection. `timeoutMs`: how long each call may take. */
export function openPresence({ timeoutMs = TIMEOUT_MS, ...access }: PresenceAccess): Presence {
  const redis = new Redis({
    url: access.url,
    token: access.token,
    enableTelemetry: false,
    automaticDeserialization: false,
    responseEncoding: false,
    readYourWrites: false,
    retry: { retries: 0 },
    signal: () => AbortSignal.timeout(timeoutMs),
  });
  const parse = { row: parseOnce(parseRow), summary: parseOnce(parseSummary) };
  const read: Presence['read'] = async (question, nowAt) => readTable(redis, { question, nowAt, parse });
  return {
    write: async (changes) => writeChanges(redis, changes),
    read,
    readNear: async ({ modelKey, areas }, nowAt) => {
      const answer = await read({ modelKey, areas, hubs: [] }, nowAt);
      return answer.ok ? ok([...answer.value.summaries.values()].flat()) : answer;
    },
    readHubs: async ({ modelKey, hubs }, nowAt) => {
      const answer = await read({ modelKey, areas: [], hubs }, nowAt);
      return answer.ok ? ok([...answer.value.rows.values()].flat()) : answer;
    },
    sweep: async (place, nowAt) => sweepArea(redis, { ...place, nowAt }),
    ping: async () => (await guard(async () => redis.ping())).ok,
  };
}

async function writeChanges(redis: Redis, changes: readonly PresenceChange[]): Promise<Result<null, PresenceAway>> {
  const pipeline = redis.pipeline();
  for (const change of changes) {
    const { modelKey, area, hub, rows, goneNodes, summary } = change;
    const [rowsAt, summariesAt] = [rowKey(modelKey, hub), summaryKey(modelKey, area)];
    if (summary === null) {
      pipeline.del(rowsAt).hdel(summariesAt, hub);
      continue;
    }
    if (goneNodes.length > 0) pipeline.hdel(rowsAt, ...goneNodes);
    if (rows.length > 0) {
      pipeline.hset(rowsAt, Object.fromEntries(rows.map((row) => [row.node, packRow(row)])));
      pipeline.expire(rowsAt, TTL_S);
    }
    pipeline.hset(summariesAt, { [hub]: packSummary(summary) }).expire(summariesAt, TTL_S);
  }
  if (pipeline.length() === 0) return ok(null);
  const done = await guard(async () => pipeline.exec());
  return done.ok ? ok(null) : done;
}

async function readTable(
  redis: Redis,
  ask: { question: PresenceQuestion; nowAt: number; parse: Parsers },
): Promise<Result<PresenceAnswer, PresenceAway>> {
  const { modelKey, areas, hubs } = ask.question;
  const { nowAt, parse } = ask;
  const summaries = new Map<string, readonly PresenceSummary[]>();
  const rows = new Map<string, readonly PresenceRow[]>();
  if (areas.length + hubs.length === 0) return ok({ summaries, rows });
  const pipeline = redis.pipeline();
  for (const area of areas) pipeline.hgetall(summaryKey(modelKey, area));
  for (const hub of hubs) pipeline.hgetall(rowKey(modelKey, hub));
  const replies = await guard(async () => pipeline.exec<unknown[]>());
  if (!replies.ok) return replies;
  for (const [at, area] of areas.entries())
    summaries.set(area, parseLive({ reply: replies.value[at], parse: parse.summary, nowAt }));
  for (const [at, hub] of hubs.entries())
    rows.set(hub, parseLive({ reply: replies.value[areas.length + at], parse: parse.row, nowAt }));
  return ok({ summaries, rows });
}

async function sweepArea(
  redis: Redis,
  place: { modelKey: string; area: string; nowAt: number },
): Promise<Result<number, PresenceAway>> {
  const key = summaryKey(place.modelKey, place.area);
  const reply = await guard(async () => redis.hgetall(key) as Promise<unknown>);
  if (!reply.ok) return reply;
  const dead = listFields(reply.value).flatMap(([field, text]) => {
    const summary = parseSummary(text);
    return summary.ok && summary.value.untilAt + STALE_AFTER_MS > place.nowAt ? [] : [field];
  });
  if (dead.length === 0) return ok(0);
  const removed = await guard(async () => redis.hdel(key, ...dead));
  return removed.ok ? ok(dead.length) : removed;
}

interface Parsers {
  readonly row: (text: unknown) => ReturnType<typeof parseRow>;
  readonly summary: (text: unknown) => ReturnType<typeof parseSummary>;
}

/** What is read every second or so is seldom another text: each is parsed once, and the last few thousand are remembered. */
function parseOnce<T>(parse: (text: unknown) => T): (text: unknown) => T {
  const parsed = new BoundedMap<string, T>(MAX_PARSED);
  return (text) => {
    if (typeof text !== 'string') return parse(text);
    const known = parsed.get(text);
    if (known !== undefined) return known;
    const fresh = parse(text);
    parsed.set(text, fresh);
    return fresh;
  };
}

function parseLive<T extends { readonly untilAt: number }>(hash: {
  reply: unknown;
  parse: (text: unknown) => Result<T, unknown>;
  nowAt: number;
}): readonly T[] {
  return listFields(hash.reply).flatMap(([, text]) => {
    const parsed = hash.parse(text);
    return parsed.ok && parsed.value.untilAt > hash.nowAt ? [parsed.value] : [];
  });
}

/** HGETALL's flat reply (field, value, field, value …) as pairs; anything else has none. */
function listFields(reply: unknown): readonly (readonly [string, unknown])[] {
  if (!Array.isArray(reply)) return [];
  const pairs: [string, unknown][] = [];
  for (let at = 0; at + 1 < reply.length; at += 2) pairs.push([String(reply[at]), reply[at + 1]]);
  return pairs;
}

async function guard<T>(ask: () => Promise<T>): Promise<Result<T, PresenceAway>> {
  try {
    return ok(await ask());
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message.slice(0, 200) : 'unknown';
    return err({ code: 'presence-away', detail });
  }
}
