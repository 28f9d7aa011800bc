// What a hub has seen of its homes: speeds by model, round trips, failures, what they earned and how long they were there. Kept in the hub's
// SQLite, one row a node, written seldom (a few seconds apart, while jobs end anyway): what a crash loses is a few jobs' learning, no money.
import type { NodeModel } from '../../schema/frames-to-hub.ts';
import { parseJson } from '../../schema/json.ts';
import { TIMINGS } from '../../schema/timings.ts';
import { makeLog } from '../log.ts';
import { coolNode } from './cool-node.ts';
import type { Cooling } from './cool-node.ts';
import { expectSpeeds, learnSpeeds, makeSpeedPrior, NO_SPEEDS } from '../placement/learn-speed.ts';
import type { LearnedSpeeds, Speeds, SpeedSample } from '../placement/learn-speed.ts';
import { expectFailures, learnFailure, NO_FAILURES } from '../placement/learn-failures.ts';
import type { FailureRecord } from '../placement/learn-failures.ts';
import { learnRtt, startRtt } from '../placement/learn-rtt.ts';
import type { RttRecord } from '../placement/learn-rtt.ts';
import { benchmarkOf, MAX_MODELS_KEPT, ToldSpeeds } from './told-speeds.ts';
import type { LastTold } from './told-speeds.ts';
import { FIRST_TRUSTED, narrow, widen } from './trust-slots.ts';
import type { Breakage } from './cool-node.ts';

const log = makeLog('homes');

const SAVE_EVERY_MS = 5000;
const HOUR_MS = 3_600_000;
/** Half-life of what a home earned and of the time it was present: homes share the work of these days, not of years. */
const EARNED_HALF_LIFE_MS = 24 * HOUR_MS;
/**
 * Earnings are divided by at least this much time. Otherwise a home that connected a second ago would have an extreme rate and jump to one end of
 * the order in which homes share work.
 */
const LEAST_PRESENT_MS = HOUR_MS;
/** Nodes that were not seen for so long are forgotten. */
const KEPT_MS = 30 * 24 * HOUR_MS;
/** A home's distance from its hub, for the guess of its round trip until the first one was measured. */
const GUESSED_KM = 50;
const FIRST_RTT = startRtt(GUESSED_KM);
/** Failures of a home that was given more than it can do. */
const TOO_SLOW: ReadonlySet<Breakage> = new Set(['first-token-timeout', 'token-timeout', 'slow', 'no-head']);

interface ModelRecord {
  readonly learned: LearnedSpeeds;
  /** The benchmark that samples were compared with. A later one of the node does not replace it, so what was measured keeps its meaning. */
  readonly prior: Speeds;
}

/** All that is kept of one node; plain JSON, and what travels with it to another hub. */
interface NodeRecord {
  rtt: RttRecord;
  failures: FailureRecord;
  cooling: Cooling | null;
  earnedTokens: number;
  presentMs: number;
  /** Until when its presence is counted. */
  seenAt: number;
  models: Record<string, ModelRecord>;
  /** Slots that it is believed to have, at most; absent where nothing was seen. */
  trusted?: number;
}

/** What is asked of every home at every offer. */
export interface KnownNode extends Speeds {
  readonly rttMs: number;
  readonly failureShare: number;
  readonly earnedPerHour: number;
  readonly isCooling: boolean;
}

/** A belief as worked out last: the same until a job teaches another. */
interface Believed {
  readonly of: ModelRecord;
  readonly speeds: Speeds;
}

export class NodeHistory {
  readonly #sql: SqlStorage;
  readonly #firstPauseMs: number;
  readonly #nodes = new Map<string, NodeRecord>();
  readonly #changed = new Set<string>();
  readonly #told = new ToldSpeeds();
  /** By node: the model that was asked for last. */
  readonly #believed = new Map<string, Believed>();
  readonly #shares = new WeakMap<FailureRecord, { readonly hour: number; readonly share: number }>();
  #savedAt = 0;

  /** `firstPauseMs`: how long a home that failed is left alone at first. */
  constructor(sql: SqlStorage, now: number, firstPauseMs = TIMINGS.coolingMs) {
    this.#sql = sql;
    this.#firstPauseMs = firstPauseMs;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS history (node TEXT PRIMARY KEY, seen_at INTEGER NOT NULL, record TEXT NOT NULL) WITHOUT ROWID',
    );
    sql.exec('DELETE FROM history WHERE seen_at < ?', now - KEPT_MS);
    for (const row of sql.exec<{ node: string; record: string }>('SELECT node, record FROM history')) {
      const record = parseJson(row.record) as NodeRecord | undefined;
      // One that cannot be read is learned anew, and keeps no hub from waking.
      if (record?.models) this.#nodes.set(row.node, record);
    }
  }

  /** The speeds believed of a node's model: its benchmark, moved by what its jobs showed. */
  speedsOf(nodeId: string, model: NodeModel): Speeds {
    const known = this.#nodes.get(nodeId)?.models[model.digest];
    if (!known) return makeSpeedPrior(benchmarkOf(model), null);
    return expectSpeeds(known.learned, known.prior);
  }

  /** True where jobs have shown the speed of a node's model: what is believed of any other is its own word. */
  isMeasured(nodeId: string, { digest }: NodeModel): boolean {
    const learned = this.#nodes.get(nodeId)?.models[digest]?.learned;
    return learned !== undefined && learned.prompt.weight + learned.decode.weight > 0;
  }

  /** All that a choice asks of a node with this model. */
  know(nodeId: string, model: NodeModel, now: number): KnownNode {
    const record = this.#nodes.get(nodeId);
    const speeds = this.#believe(nodeId, record, model);
    return {
      promptTokensPerS: speeds.promptTokensPerS,
      decodeTokensPerS: speeds.decodeTokensPerS,
      rttMs: (record?.rtt ?? FIRST_RTT).meanMs,
      failureShare: this.#shareOf(record, now),
      earnedPerHour: record ? earnedPerHour(record, now) : 0,
      isCooling: (record?.cooling?.untilAt ?? 0) > now,
    };
  }

  #believe(nodeId: string, record: NodeRecord | undefined, model: NodeModel): Speeds {
    const of = record?.models[model.digest];
    if (!of) return makeSpeedPrior(benchmarkOf(model), null);
    const known = this.#believed.get(nodeId);
    if (known?.of === of) return known.speeds;
    const speeds = expectSpeeds(of.learned, of.prior);
    this.#believed.set(nodeId, { of, speeds });
    return speeds;
  }

  rttMs(nodeId: string): number {
    return (this.#nodes.get(nodeId)?.rtt ?? FIRST_RTT).meanMs;
  }

  failureShare(nodeId: string, now: number): number {
    return this.#shareOf(this.#nodes.get(nodeId), now);
  }

  #shareOf(record: NodeRecord | undefined, now: number): number {
    const failures = record?.failures ?? NO_FAILURES;
    // Asked for every home at every offer, and the same for a whole hour unless a job ends.
    const hour = Math.floor(now / HOUR_MS);
    const known = this.#shares.get(failures);
    if (known?.hour === hour) return known.share;
    const share = expectFailures(failures, now);
    this.#shares.set(failures, { hour, share });
    return share;
  }

  /** Output tokens an hour present, of about the last day. */
  earnedPerHour(nodeId: string, now: number): number {
    const record = this.#nodes.get(nodeId);
    return record ? earnedPerHour(record, now) : 0;
  }

  /** How many of the slots that a node tells are given jobs, at most. */
  trustedSlots(nodeId: string): number {
    return this.#nodes.get(nodeId)?.trusted ?? FIRST_TRUSTED;
  }

  /** So many streams of a node run at once and have their first words. True where more slots are believed of it than before. */
  noteStreams(nodeId: string, streams: number, now: number): boolean {
    const trusted = this.trustedSlots(nodeId);
    const wider = widen(trusted, streams);
    if (wider === trusted) return false;
    this.#open(nodeId, now).trusted = wider;
    this.#changed.add(nodeId);
    return true;
  }

  /** Why and until when a node is left alone; also when that is over, until a job ends well there. */
  cooling(nodeId: string): Cooling | null {
    return this.#nodes.get(nodeId)?.cooling ?? null;
  }

  isCooling(nodeId: string, now: number): boolean {
    return (this.cooling(nodeId)?.untilAt ?? 0) > now;
  }

  /** A node has just connected: the time since it was last seen does not count as present. */
  notePresent(nodeId: string, now: number): void {
    this.#open(nodeId, now).seenAt = now;
    this.#changed.add(nodeId);
  }

  /** Counts the time until now as present: while it is connected, and once more as it leaves. */
  noteStillPresent(nodeId: string, now: number): void {
    const record = this.#open(nodeId, now);
    const passedMs = Math.max(0, now - record.seenAt);
    const keep = 2 ** (-passedMs / EARNED_HALF_LIFE_MS);
    record.earnedTokens *= keep;
    record.presentMs = record.presentMs * keep + passedMs;
    record.seenAt = Math.max(record.seenAt, now);
    this.#changed.add(nodeId);
  }

  noteRtt(nodeId: string, measuredMs: number, now: number): void {
    const record = this.#open(nodeId, now);
    record.rtt = learnRtt(record.rtt, measuredMs);
    this.#changed.add(nodeId);
  }

  /** A turn was the home's and came to nothing: so many tokens count as had, so that others come first. */
  noteMissed(nodeId: string, tokens: number, now: number): void {
    this.noteStillPresent(nodeId, now);
    this.#open(nodeId, now).earnedTokens += tokens;
  }

  /** A job broke by the home's doing. True when this begins a pause. */
  noteFailure(nodeId: string, failure: { reason: Breakage; startedAt: number; now: number }): boolean {
    const { reason, startedAt, now } = failure;
    const record = this.#open(nodeId, now);
    const last = record.cooling;
    record.failures = learnFailure(record.failures, { at: startedAt, isBroken: true });
    record.cooling = coolNode(last, { reason, now, firstPauseMs: this.#firstPauseMs });
    const isNew = record.cooling !== last;
    if (isNew && TOO_SLOW.has(reason)) record.trusted = narrow(this.trustedSlots(nodeId));
    this.#changed.add(nodeId);
    return isNew;
  }

  /** The failure that began the last pause was no fault of the home: it ends. False where it rests for another reason, or not at all. */
  pardon(nodeId: string): boolean {
    const record = this.#nodes.get(nodeId);
    if (record?.cooling?.reason !== 'fault') return false;
    record.cooling = null;
    this.#changed.add(nodeId);
    return true;
  }

  /** A job was answered: its speed is learned, its tokens count as earned, and failures before it are forgiven. */
  noteAnswer(
    nodeId: string,
    answer: {
      model: NodeModel;
      sample: SpeedSample | null;
      /** Written, or read where vectors are what was wanted. */
      workTokens: number;
      startedAt: number;
      isWell: boolean;
      now: number;
    },
  ): void {
    const { model, sample, startedAt, now } = answer;
    this.noteStillPresent(nodeId, now);
    const record = this.#open(nodeId, now);
    record.earnedTokens += answer.workTokens;
    if (answer.isWell) {
      record.failures = learnFailure(record.failures, { at: startedAt, isBroken: false });
      record.cooling = null;
    }
    if (!sample) return;
    const known = record.models[model.digest] ?? {
      learned: NO_SPEEDS,
      prior: makeSpeedPrior(benchmarkOf(model), null),
    };
    const learned = learnSpeeds(known.learned, known.prior, sample);
    record.models = keepNewest(record.models, model.digest, { ...known, learned });
  }

  /** The speeds that edges are told of a node's model: those told last, until the belief has moved far enough from them. */
  tell(nodeId: string, model: NodeModel, { slots, now }: { slots: number; now: number }): LastTold {
    const known = this.#told.recall(nodeId, model, { slots, now });
    if (known) return known;
    const speeds = { ...this.speedsOf(nodeId, model), rttMs: this.rttMs(nodeId) };
    return this.#told.tell(nodeId, model, { speeds, slots, now });
  }

  /** Counts changes of told speeds; a change means that presence rows are to be written again. */
  get retold(): number {
    return this.#told.retold;
  }

  /** A node's record as JSON, for the hub that it moves to; null when nothing is known. It is forgotten here. */
  take(nodeId: string): string | null {
    const record = this.#nodes.get(nodeId);
    if (!record) return null;
    this.#nodes.delete(nodeId);
    this.#changed.delete(nodeId);
    this.#told.forget(nodeId);
    this.#believed.delete(nodeId);
    this.#sql.exec('DELETE FROM history WHERE node = ?', nodeId);
    return JSON.stringify(record);
  }

  /** Takes over a node's record from the hub that it came from, before or after the node itself has arrived. */
  put(nodeId: string, json: string, now: number): void {
    const record = JSON.parse(json) as NodeRecord;
    const here = this.#nodes.get(nodeId);
    this.#nodes.set(
      nodeId,
      here ? { ...record, seenAt: here.seenAt, cooling: here.cooling ?? record.cooling } : record,
    );
    this.#changed.add(nodeId);
    this.save(now, true);
  }

  /** Writes what changed, when the last write is long enough ago or `isLast` (the hub falls idle, or a pause began). */
  save(now: number, isLast = false): void {
    if (this.#changed.size === 0 || (!isLast && now - this.#savedAt < SAVE_EVERY_MS)) return;
    this.#savedAt = now;
    for (const nodeId of this.#changed) this.#write(nodeId);
    this.#changed.clear();
  }

  /** Writes what changed of one node at once: the hub that it has just come to may sleep before the next save. */
  saveNode(nodeId: string): void {
    if (this.#changed.delete(nodeId)) this.#write(nodeId);
  }

  /** A record that cannot be written is forgotten: the others are kept, and it is not tried again at each save. */
  #write(nodeId: string): void {
    const record = this.#nodes.get(nodeId);
    if (!record) return;
    try {
      const json = JSON.stringify(record);
      this.#sql.exec('INSERT OR REPLACE INTO history VALUES (?, ?, ?)', nodeId, record.seenAt, json);
    } catch (error) {
      log.error('history-not-kept', { nodeId, error });
      this.#nodes.delete(nodeId);
    }
  }

  #open(nodeId: string, now: number): NodeRecord {
    const known = this.#nodes.get(nodeId);
    if (known) return known;
    const empty = { cooling: null, earnedTokens: 0, presentMs: 0, seenAt: now, models: {} };
    const record: NodeRecord = { ...empty, rtt: startRtt(GUESSED_KM), failures: NO_FAILURES };
    this.#nodes.set(nodeId, record);
    return record;
  }
}

/** A home's records with this one as the newest; the oldest leave. */
function keepNewest(
  models: Readonly<Record<string, ModelRecord>>,
  digest: string,
  newest: ModelRecord,
): Record<string, ModelRecord> {
  if (digest in models) return { ...models, [digest]: newest };
  return Object.fromEntries([...Object.entries(models).slice(1 - MAX_MODELS_KEPT), [digest, newest]]);
}

function earnedPerHour(record: NodeRecord, now: number): number {
  const presentMs = record.presentMs + Math.max(0, now - record.seenAt);
  return (record.earnedTokens * HOUR_MS) / Math.max(LEAST_PRESENT_MS, presentMs);
}
