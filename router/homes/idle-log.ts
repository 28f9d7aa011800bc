// Why a hub's nodes had no job, minute by minute for the last hour and hour by hour for the last day: what they stood in, and what became of the calls that they could have had.
// It holds no timers and asks for no writes of its own: minutes in which nothing happened are worked out at reading, so an idle hub may sleep.
import type { PassedOver } from '../../schema/placement.ts';
import type { PauseReason } from '../../schema/frames-to-hub.ts';
import { foldHours, joinHours, packHours, unpackHours } from './idle-day.ts';
import type { IdleHour, PackedHours } from './idle-day.ts';
import { addOffered, trimOffered } from './offered-models.ts';
import type { Offered, OfferedSince } from './offered-models.ts';
import { AWAY, COLUMN, readMinute, UNSEEN, ZEROS } from './read-minute.ts';
import type { IdleMinute, MinuteFacts, Span, Standing } from './read-minute.ts';

export const MINUTE_MS = 60_000;
/** How far back minutes are kept. */
export const KEPT_MS = 60 * MINUTE_MS;
/** A node that is gone is remembered this long, so that its owner can be told since when. */
const GONE_KEPT_MS = 7 * 24 * 3_600_000;
const MAX_NODES = 2000;
/** Changes of state kept per node: a node that flickers more often tells its newest. */
const MAX_CHANGES = 240;
const SAVE_EVERY_MS = 30_000;

interface NodeLog extends MinuteFacts {
  /** Hours that are over, the oldest first. */
  hours: readonly IdleHour[];
  /** The row of `counts` that was begun last. */
  latest?: { readonly minute: number; readonly row: number[] };
}

/** One node's log as JSON, for the hub that it moves to and for the hub's storage. */
export interface SavedLog {
  /** at, connected (2: not known), pause reason, cooling until, cooling reason. */
  readonly c: readonly (readonly [number, 0 | 1 | 2, PauseReason | null, number | null, string | null])[];
  /** From, to. */
  readonly j: readonly (readonly [number, number])[];
  /** Minute number, then pairs of COLUMN and count. */
  readonly a: readonly (readonly number[])[];
  /** Absent in logs of before version 0.5. */
  readonly o?: readonly OfferedSince[];
  /** Absent in logs of before version 0.7. */
  readonly h?: readonly PackedHours[];
}

/** When a hub wakes, and when it was awake before that at least; ms since epoch. */
export interface WakeTime {
  readonly watchedAt: number;
  readonly now: number;
}

export class IdleLog {
  readonly #nodes = new Map<string, NodeLog>();
  #isChanged = false;
  #savedAt = -Infinity;
  /** Until when an earlier life of the hub is known to have watched. */
  #watchedAt = -Infinity;
  /** Logs of nodes that were not found as the hub woke, as they were: the platform may tell only then that one hangs up. */
  readonly #lost = new Map<string, { readonly at: number; readonly before: SavedLog }>();

  /** A call came that this node could have taken, and another got it (or none did). Cheap: once for every home of every call. */
  noteAsk(nodeId: string, why: PassedOver, now: number): void {
    this.#count(nodeId, COLUMN[why], now);
  }

  /** A job began (`toAt` null) or ended; an end names the same `fromAt` as its beginning, which may be unknown here. */
  noteJob(nodeId: string, fromAt: number, toAt: number | null): void {
    const log = this.#open(nodeId);
    fold(log, toAt ?? fromAt);
    this.#isChanged = true;
    const index = toAt === null ? -1 : log.running.indexOf(fromAt);
    if (index === -1) this.#count(nodeId, COLUMN.jobs, fromAt);
    else log.running.splice(index, 1);
    if (toAt === null) return void log.running.push(fromAt);
    log.spans = joinSpans([...log.spans, { fromAt, toAt: Math.max(fromAt, toAt) }], toAt);
  }

  /** Sets the state that a node is in from now on; setting the same state again changes nothing. */
  noteState(nodeId: string, standing: Standing, now: number): void {
    const last = this.#nodes.get(nodeId)?.changes.at(-1);
    // A node that is gone and was never here, or has moved on, leaves nothing to tell.
    if (last ? isSame(last, standing) : !standing.isConnected) return;
    const log = this.#open(nodeId);
    const { paused, isConnected, coolingUntilAt, coolingReason, isUnseen = false } = standing;
    const at = Math.max(now, last?.at ?? 0);
    fold(log, at);
    log.changes.push({ at, paused, isConnected, coolingUntilAt, coolingReason, ...(isUnseen && { isUnseen }) });
    // A node that is gone has no job that runs.
    if (!isConnected) for (const fromAt of log.running.splice(0)) this.noteJob(nodeId, fromAt, at);
    trimChanges(log, now);
    this.#isChanged = true;
  }

  /** What a node offers from now on; the same again changes nothing. */
  noteOffered(nodeId: string, offered: Offered, now: number): void {
    const log = this.#open(nodeId);
    const list = addOffered(log.offered, offered, now);
    if (list === log.offered) return;
    log.offered = list;
    this.#isChanged = true;
  }

  /** Nodes that are connected. */
  connected(): string[] {
    return [...this.#nodes].flatMap(([nodeId, { changes }]) => (changes.at(-1)?.isConnected ? [nodeId] : []));
  }

  /**
   * The hub woke: every node that was connected and is not among these is gone, and nobody knows how it stood since the hub last watched, which the log
   * itself may know better.
   */
  closeOthers(connected: ReadonlySet<string>, { watchedAt, now }: WakeTime): void {
    for (const [nodeId, log] of this.#nodes) {
      if (!log.changes.at(-1)?.isConnected || connected.has(nodeId)) continue;
      this.#lost.set(nodeId, { at: now, before: packLog(log, -Infinity) });
      this.noteState(nodeId, UNSEEN, Math.min(now, Math.max(watchedAt, this.#watchedAt)));
      this.noteState(nodeId, AWAY, now);
    }
  }

  /** The connection of a node that was believed lost as the hub woke had held until then: what it stood in before holds. False for any other node. */
  noteHeld(nodeId: string): boolean {
    const lost = this.#lost.get(nodeId);
    const log = this.#nodes.get(nodeId);
    if (!lost || !log) return false;
    this.#lost.delete(nodeId);
    const changes = log.changes.filter(({ at, isUnseen }) => at >= lost.at && !isUnseen);
    this.#nodes.set(nodeId, { ...newLog(), changes, running: log.running });
    this.put(nodeId, lost.before);
    return true;
  }

  /** What a node stood in last and since when; null for one that was never here. */
  standing(nodeId: string): (Standing & { readonly sinceAt: number }) | null {
    const last = this.#nodes.get(nodeId)?.changes.at(-1);
    if (!last) return null;
    const { at, ...standing } = last;
    return { ...standing, sinceAt: at };
  }

  /** Every minute that begins within [fromAt, toAt), oldest first. A minute that has not ended tells of itself so far. */
  read(nodeId: string, fromAt: number, toAt: number): IdleMinute[] {
    return listMinutes(this.#nodes.get(nodeId) ?? newLog(), Math.max(fromAt, toAt - KEPT_MS), toAt);
  }

  /** The hours of the last day that are over, oldest first, and what there is of this one. */
  readDay(nodeId: string, now: number): readonly IdleHour[] {
    const log = this.#nodes.get(nodeId);
    if (!log) return [];
    fold(log, now);
    return joinHours(log.hours, now, (fromAt, toAt) => listKnown(log, fromAt, toAt));
  }

  /** A node's log for the hub that it moves to; forgotten here. Null when there is none. */
  take(nodeId: string, now: number): SavedLog | null {
    const log = this.#nodes.get(nodeId);
    if (!log) return null;
    fold(log, now);
    this.#nodes.delete(nodeId);
    this.#isChanged = true;
    return packLog(log, now);
  }

  /** Takes over a node's log from another hub: what happened there stands before what happened here. */
  put(nodeId: string, saved: SavedLog): void {
    const here = this.#nodes.get(nodeId);
    const log = unpackLog(saved);
    if (here) {
      const firstAt = here.changes[0]?.at ?? Infinity;
      log.changes = [...log.changes.filter((change) => change.at < firstAt), ...here.changes];
      log.spans = joinSpans([...log.spans, ...here.spans], Infinity);
      log.running = here.running;
      const known = new Set(log.hours.map((hour) => hour.at));
      log.hours = [...log.hours, ...here.hours.filter((hour) => !known.has(hour.at))].toSorted((a, b) => a.at - b.at);
      log.offered = [...log.offered.filter((one) => one.at < (here.offered[0]?.at ?? Infinity)), ...here.offered];
      for (const [minute, row] of here.counts)
        log.counts.set(
          minute,
          row.map((count, index) => count + (log.counts.get(minute)?.[index] ?? 0)),
        );
    }
    this.#nodes.set(nodeId, log);
    this.#isChanged = true;
  }

  /** The whole log as JSON, when something changed and 30 s have passed since the last time (or `isLast`: the hub falls idle); else null. */
  save(now: number, isLast = false): string | null {
    if (!this.#isChanged || (!isLast && now - this.#savedAt < SAVE_EVERY_MS)) return null;
    this.#prune(now);
    this.#isChanged = false;
    this.#savedAt = now;
    const nodes = [...this.#nodes].map(([nodeId, log]) => [nodeId, packLog(log, now)] as const);
    return JSON.stringify({ v: 1, at: now, nodes });
  }

  /** Reads a log that this hub saved before it restarted; jobs that ran then count up to that save. Unreadable JSON gives an empty log, never an error. */
  load(text: string): void {
    try {
      const saved = JSON.parse(text) as { v: number; at?: number; nodes: [string, SavedLog][] };
      if (saved.v !== 1) return;
      for (const [nodeId, log] of saved.nodes) this.put(nodeId, log);
      // Logs of before version 0.9 do not say.
      this.#watchedAt = saved.at ?? -Infinity;
      this.#isChanged = false;
    } catch {
      // What is lost is an explanation of the past hour, nothing that anybody is owed.
    }
  }

  #count(nodeId: string, index: number, at: number): void {
    const log = this.#open(nodeId);
    const { counts } = log;
    const minute = Math.floor(at / MINUTE_MS);
    let row = log.latest?.minute === minute ? log.latest.row : counts.get(minute);
    if (!row) {
      fold(log, at);
      row = ZEROS.slice();
      counts.set(minute, row);
      const oldest = minute - KEPT_MS / MINUTE_MS;
      for (const known of counts.keys()) if (known < oldest) counts.delete(known);
      log.latest = { minute, row };
    }
    row[index] = (row[index] ?? 0) + 1;
    this.#isChanged = true;
  }

  #open(nodeId: string): NodeLog {
    const known = this.#nodes.get(nodeId);
    if (known) return known;
    const log = newLog();
    this.#nodes.set(nodeId, log);
    return log;
  }

  #prune(now: number): void {
    for (const [nodeId, { at }] of this.#lost) if (at < now - MINUTE_MS) this.#lost.delete(nodeId);
    const goneAt = (log: NodeLog): number => {
      const last = log.changes.at(-1);
      return last?.isConnected ? Infinity : (last?.at ?? 0);
    };
    for (const [nodeId, log] of this.#nodes) {
      fold(log, now);
      trimChanges(log, now);
      log.spans = joinSpans(log.spans, now);
      log.offered = trimOffered(log.offered, now - KEPT_MS - MINUTE_MS);
      for (const minute of log.counts.keys())
        if (minute * MINUTE_MS < now - KEPT_MS - MINUTE_MS) log.counts.delete(minute);
      if (goneAt(log) < now - GONE_KEPT_MS && log.counts.size === 0) this.#nodes.delete(nodeId);
    }
    if (this.#nodes.size <= MAX_NODES) return;
    const oldest = [...this.#nodes].toSorted(([, a], [, b]) => goneAt(a) - goneAt(b));
    for (const [nodeId] of oldest.slice(0, this.#nodes.size - MAX_NODES)) this.#nodes.delete(nodeId);
  }
}

function newLog(): NodeLog {
  return { changes: [], spans: [], running: [], counts: new Map(), offered: [], hours: [] };
}

/** Before anything of an hour that is over is dropped. */
function fold(log: NodeLog, now: number): void {
  const firstAt = log.changes[0]?.at ?? null;
  log.hours = foldHours(log.hours, { firstAt, now }, (fromAt, toAt) => listKnown(log, fromAt, toAt));
}

/** Of a node that came a while ago nothing is told of before. */
function listKnown(log: NodeLog, fromAt: number, toAt: number): IdleMinute[] {
  const firstAt = Math.floor((log.changes[0]?.at ?? toAt) / MINUTE_MS) * MINUTE_MS;
  return listMinutes(log, Math.max(fromAt, firstAt), toAt);
}

function listMinutes(log: NodeLog, fromAt: number, toAt: number): IdleMinute[] {
  const minutes: IdleMinute[] = [];
  for (let at = Math.ceil(fromAt / MINUTE_MS) * MINUTE_MS; at < toAt; at += MINUTE_MS)
    minutes.push(readMinute(log, { fromAt: at, toAt: Math.min(at + MINUTE_MS, toAt) }));
  return minutes;
}

function isSame(a: Standing, b: Standing): boolean {
  return (
    a.paused === b.paused &&
    a.isConnected === b.isConnected &&
    (a.isUnseen ?? false) === (b.isUnseen ?? false) &&
    a.coolingUntilAt === b.coolingUntilAt &&
    a.coolingReason === b.coolingReason
  );
}

/** Drops changes that are older than every kept minute, except the newest of them: it says what the node was in when the first minute began. */
function trimChanges(log: NodeLog, now: number): void {
  const keptFrom = now - KEPT_MS - MINUTE_MS;
  const first = log.changes.findLastIndex((change) => change.at <= keptFrom);
  const from = Math.max(first, log.changes.length - MAX_CHANGES, 0);
  if (from > 0) log.changes = log.changes.slice(from);
}

/** Spans in order, joined where no whole minute lies between them: a minute with any work in it is one of work. */
function joinSpans(spans: readonly Span[], now: number): Span[] {
  const keptFrom = Number.isFinite(now) ? now - KEPT_MS - MINUTE_MS : -Infinity;
  const joined: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.fromAt - b.fromAt)) {
    if (span.toAt < keptFrom) continue;
    const last = joined.at(-1);
    if (last && !skipsMinute(last.toAt, span.fromAt))
      joined[joined.length - 1] = { fromAt: last.fromAt, toAt: Math.max(last.toAt, span.toAt) };
    else joined.push(span);
  }
  return joined;
}

/** True when a whole minute lies between two moments. */
function skipsMinute(fromAt: number, toAt: number): boolean {
  return Math.floor(toAt / MINUTE_MS) - Math.floor(fromAt / MINUTE_MS) > 1;
}

function packLog(log: NodeLog, now: number): SavedLog {
  const running = log.running.map((fromAt) => ({ fromAt, toAt: now }));
  return {
    c: log.changes.map(({ at, isConnected, isUnseen, paused, coolingUntilAt, coolingReason }) => [
      at,
      isConnected ? 1 : isUnseen ? 2 : 0,
      paused,
      coolingUntilAt,
      coolingReason,
    ]),
    j: joinSpans([...log.spans, ...running], now).map(({ fromAt, toAt }) => [fromAt, toAt]),
    a: [...log.counts].map(([minute, row]) => [
      minute,
      ...row.flatMap((count, index) => (count > 0 ? [index, count] : [])),
    ]),
    o: log.offered,
    h: packHours(log.hours),
  };
}

function unpackLog(saved: SavedLog): NodeLog {
  const counts = new Map<number, number[]>();
  for (const [minute, ...pairs] of saved.a) {
    const row = ZEROS.slice();
    for (let i = 0; i + 1 < pairs.length; i += 2) row[pairs[i] ?? 0] = pairs[i + 1] ?? 0;
    counts.set(minute ?? 0, row);
  }
  return {
    changes: saved.c.map(([at, isConnected, paused, coolingUntilAt, coolingReason]) => ({
      at,
      isConnected: isConnected === 1,
      ...(isConnected === 2 && { isUnseen: true }),
      paused,
      coolingUntilAt,
      coolingReason,
    })),
    spans: saved.j.map(([fromAt, toAt]) => ({ fromAt, toAt })),
    running: [],
    counts,
    offered: saved.o ?? [],
    hours: unpackHours(saved.h ?? []),
  };
}
