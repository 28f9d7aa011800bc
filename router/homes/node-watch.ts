// What a hub learns of its homes as their jobs go by, and what of it their owners may read. It joins the history, the log of idle minutes and
// the measuring of leases; it decides nothing.
import type { NodeModel } from '../../schema/frames-to-hub.ts';
import type { JobOffer } from '../../schema/offer.ts';
import type { Outcome } from '../../schema/settlement.ts';
import { BREAKAGE_TEXT } from './cool-node.ts';
import { KEPT_MS } from './idle-log.ts';
import type { IdleLog, SavedLog, WakeTime } from './idle-log.ts';
import type { Standing } from './read-minute.ts';
import type { SpeedSample } from '../placement/learn-speed.ts';
import { makeWhy } from './make-why.ts';
import type { LiveHome, Measured, NodeWhy } from './make-why.ts';
import type { CatalogueEntry } from './make-presence.ts';
import { describeOffered } from './offered-models.ts';
import type { NodeHistory } from './node-history.ts';
import type { FaultMemory } from './fault-memory.ts';
import type { TurnFate } from './judge-turns.ts';
import type { TurnMemory } from './turn-memory.ts';
import { hashPrompt } from './judge-fault.ts';
import type { JobTimes, NodeLease } from './node-loads.ts';
import type { NodeState } from '../../schema/frames-to-hub.ts';
import type { Breakage, GivenBack } from './cool-node.ts';

export interface NodeWatchDoors {
  readonly hub: string;
  readonly area: string;
  readonly history: NodeHistory;
  readonly idle: IdleLog;
  readonly faults: FaultMemory;
  readonly turns: TurnMemory;
  /** What a connected node told last; null when it is not connected. */
  readonly stateOf: (nodeId: string) => NodeState | null;
  readonly isConnected: (nodeId: string) => boolean;
  /** What a connected node offers and runs; null when it is not connected. */
  readonly liveOf: (nodeId: string) => LiveHome | null;
  /** As it was read last; null before that. */
  readonly catalogue: () => readonly CatalogueEntry[] | null;
  /** A home has shown that it runs more at once: it may have a slot more. */
  readonly onWider?: () => void;
}

/** A job at a home whose lease has begun. */
export interface WatchedStart {
  readonly nodeId: string;
  readonly model: NodeModel;
  readonly slots: number;
  readonly lease: NodeLease;
  readonly startedAt: number;
  /** An owner's jobs at the owner's own home speak neither for it nor against it among strangers. */
  readonly isOwn: boolean;
  readonly asked: Pick<JobOffer, 'jobId' | 'accountId' | 'request' | 'isSuspect' | 'size'> & {
    /** Of a request whose prompt is not kept. */
    readonly promptHash?: string;
  };
}

/** What is told of one job as it goes on. */
export interface WatchedJob {
  readonly onHead: (now: number) => void;
  /** The first of its answer came, so many tokens together. */
  readonly onFirstToken: (now: number, tokens: number) => void;
  /** It broke by the home's doing; one that said it would stop is not to blame. Of a `fault` it is judged here whose doing it was. */
  readonly onBroken: (reason: Breakage, cause: { readonly isPlanned: boolean; readonly now: number }) => void;
  /** It gave the job back, without an answer or in the middle of one. A `doubted` request may be shown to be right later. */
  readonly onGivenBack: (fate: Exclude<TurnFate, 'answered' | 'contradicted'> | null, now: number) => void;
  /** Its slot is free again. */
  readonly onDone: (now: number) => void;
  readonly onSettled: (outcome: Outcome, outputTokens: number, now: number) => void;
}

export class NodeWatch {
  readonly #doors: NodeWatchDoors;
  /** Homes whose last failure was of their owner's own jobs, so that the owner's own good ones end the pause. */
  readonly #restsByOwn = new Set<string>();

  constructor(doors: NodeWatchDoors) {
    this.#doors = doors;
  }

  begin(start: WatchedStart): WatchedJob {
    const { nodeId, model, slots, lease, startedAt, isOwn, asked } = start;
    const { history, idle, faults } = this.#doors;
    const isWarm = (model.loadMs ?? 0) === 0;
    let times: JobTimes | null = null;
    let isRunning = false;
    return {
      onHead: (now) => {
        // Only what it took counts as work: a home that did not answer had no job.
        isRunning = true;
        idle.noteJob(nodeId, startedAt, null);
        // A home that loads the model first may say `head` late: that is no round trip.
        if (isWarm) history.noteRtt(nodeId, now - startedAt, now);
      },
      onFirstToken: (now, tokens) => {
        lease.onFirstToken(now, tokens);
        if (history.noteStreams(nodeId, lease.streaming, now)) this.#doors.onWider?.();
      },
      onBroken: (reason, { isPlanned, now }) => {
        if (isPlanned && reason === 'lost') return;
        // A turn that it took and did not use is used: who never delivers is not first for ever.
        if (!isOwn) history.noteMissed(nodeId, asked.size.outputTokens, now);
        if (reason === 'fault' && !this.#isHeld(nodeId, asked, now)) return;
        this.#rest(nodeId, { reason, startedAt, now, isOwn });
      },
      onGivenBack: (fate, now) => {
        if (fate && !isOwn) this.#noteGivenBack(start, fate, now);
      },
      onDone: (now) => {
        times = lease.end(now);
        if (isRunning) idle.noteJob(nodeId, startedAt, now);
      },
      onSettled: (outcome, outputTokens, now) => {
        const isAnswered = outcome === 'complete' || (outcome === 'cancelled' && outputTokens > 0);
        if (isAnswered && !isOwn) this.#noteTurn(start, 'answered', now);
        if (outcome === 'complete' && !isOwn) faults.clear(nodeId);
        // Vectors are no tokens: their work is that of the prompt.
        const isVectors = asked.request.kind === 'embedding' && outcome === 'complete';
        const workTokens = isVectors ? asked.size.promptTokens : outputTokens;
        if (workTokens === 0) return;
        const wasCooling = history.cooling(nodeId) !== null;
        const isWell = isAnswered && (!isOwn || this.#restsByOwn.has(nodeId));
        const sample =
          times && outputTokens > 0
            ? makeSample(times, { outcome, outputTokens, slots, isWarm, rttMs: history.rttMs(nodeId) })
            : null;
        history.noteAnswer(nodeId, { model, sample, workTokens, startedAt, isWell, now });
        if (wasCooling && isWell) this.noteStanding(nodeId, now);
      },
    };
  }

  /** Another home answered a job of which this one said that nobody can. */
  contradict(nodeId: string, jobId: string, now: number): void {
    const reason = this.#doors.turns.contradict(nodeId, jobId, now);
    if (reason) this.#rest(nodeId, { reason, startedAt: now, now, isOwn: false });
  }

  #noteGivenBack(start: WatchedStart, fate: TurnFate, now: number): void {
    const { nodeId, startedAt, asked } = start;
    const reason = this.#noteTurn(start, fate, now);
    // That an owner comes back now and then costs nothing.
    if (fate !== 'preempted' || reason) this.#doors.history.noteMissed(nodeId, asked.size.outputTokens, now);
    if (reason) this.#rest(nodeId, { reason, startedAt, now, isOwn: false });
  }

  #noteTurn({ nodeId, startedAt, asked }: WatchedStart, fate: TurnFate, at: number): GivenBack | null {
    const { jobId, accountId } = asked;
    return this.#doors.turns.note(nodeId, { jobId, accountId, fate, startedAt, at });
  }

  #rest(nodeId: string, failure: { reason: Breakage; startedAt: number; now: number; isOwn: boolean }): void {
    const { history } = this.#doors;
    const { now, isOwn } = failure;
    if (isOwn) this.#restsByOwn.add(nodeId);
    else this.#restsByOwn.delete(nodeId);
    if (!history.noteFailure(nodeId, failure)) return;
    this.noteStanding(nodeId, now);
    history.save(now, true);
  }

  /** True where the home's word on a request counts for others than its owner. */
  hasVoice(nodeId: string): boolean {
    return this.#doors.turns.hasVoice(nodeId, Date.now());
  }

  /** A job that a home's model server failed on has failed at another home too: nothing of it speaks against this one. */
  forgive(nodeId: string, jobId: string, now: number): void {
    const { faults, history } = this.#doors;
    if (!faults.forgive(nodeId, jobId) || !history.pardon(nodeId)) return;
    this.noteStanding(nodeId, now);
    history.save(now, true);
  }

  /** A step that touches its data broke: it is left alone, and its owner reads why. */
  noteUnusable(nodeId: string, now: number): void {
    if (this.#doors.history.noteFailure(nodeId, { reason: 'unusable', startedAt: now, now }))
      this.noteStanding(nodeId, now);
  }

  /** True where a model server's failure is the home's doing and not the request's. */
  #isHeld(nodeId: string, asked: WatchedStart['asked'], at: number): boolean {
    const { jobId, accountId, request, isSuspect, promptHash: prompt = hashPrompt(request) } = asked;
    return this.#doors.faults.note(nodeId, { jobId, accountId, prompt, at }, isSuspect);
  }

  /** A home has proved who it is; `isNew` when it was not connected until now. */
  noteWelcome(nodeId: string, { rttMs, isNew }: { rttMs: number; isNew: boolean }, now: number): void {
    const { history } = this.#doors;
    if (isNew) history.notePresent(nodeId, now);
    history.noteRtt(nodeId, rttMs, now);
    history.saveNode(nodeId);
  }

  /** What the node stands in from now on, for its owner; call when it came, left, changed or began to cool down. */
  noteStanding(nodeId: string, now: number): void {
    const { history, idle, stateOf, isConnected } = this.#doors;
    const cooling = history.cooling(nodeId);
    const standing: Standing = {
      paused: stateOf(nodeId)?.paused ?? null,
      isConnected: isConnected(nodeId),
      coolingUntilAt: cooling?.untilAt ?? null,
      coolingReason: cooling ? BREAKAGE_TEXT[cooling.reason] : null,
    };
    if (!standing.isConnected && idle.standing(nodeId)?.isConnected) history.noteStillPresent(nodeId, now);
    idle.noteState(nodeId, standing, now);
    this.#noteOffered(nodeId, now);
  }

  /** The catalogue has changed: who may call what a home offers has too. */
  noteCatalogue(now: number): void {
    for (const nodeId of this.#doors.idle.connected()) this.#noteOffered(nodeId, now);
  }

  #noteOffered(nodeId: string, now: number): void {
    const { idle, stateOf, catalogue } = this.#doors;
    const [state, entries] = [stateOf(nodeId), catalogue()];
    if (!state || !entries || !idle.standing(nodeId)) return;
    const isListed = (digest: string): boolean => entries.some(({ digests }) => digests.includes(digest));
    idle.noteOffered(nodeId, describeOffered(state.models, isListed), now);
  }

  /**
   * The hub woke: what its nodes stand in holds since the last word that was kept; of who is not connected any more nobody knows since when.
   * `watchedAt`: when the hub was awake at least, ms since epoch.
   */
  wake(connected: readonly { readonly nodeId: string; readonly connectedAt: number }[], time: WakeTime): void {
    for (const { nodeId, connectedAt } of connected) this.noteStanding(nodeId, connectedAt);
    this.#doors.idle.closeOthers(new Set(connected.map(({ nodeId }) => nodeId)), time);
  }

  /** A node's connection that the hub did not find as it woke had held until then. True where that tells anything new of it. */
  noteHeld(nodeId: string): boolean {
    return this.#doors.idle.noteHeld(nodeId);
  }

  /** Why a node had no job in the last hour, what it stands in, and what was measured of it; null for one that was never here. */
  why(nodeId: string, now: number): NodeWhy | null {
    const { history, idle, faults, turns, stateOf, hub, area } = this.#doors;
    if (!idle.standing(nodeId)) return null;
    // What a home owes grows and falls with nobody's word.
    this.noteStanding(nodeId, now);
    const standing = idle.standing(nodeId);
    if (!standing) return null;
    const failureShare = history.failureShare(nodeId, now);
    const rttMs = history.rttMs(nodeId);
    const measured: Record<string, Measured> = {};
    const guessed: Record<string, Measured> = {};
    for (const model of stateOf(nodeId)?.models ?? []) {
      const believed = { ...history.speedsOf(nodeId, model), rttMs, failureShare };
      (history.isMeasured(nodeId, model) ? measured : guessed)[model.name] = believed;
    }
    const minutes = idle.read(nodeId, now - KEPT_MS, now);
    const hours = idle.readDay(nodeId, now);
    const counts = { faults: faults.count(nodeId, now), turns: turns.count(nodeId, now) };
    const live = this.#doors.liveOf(nodeId);
    return makeWhy({ nodeId, area, hub, standing, minutes, hours, ...counts, measured, guessed, live, now });
  }

  /** All that is known of a node, as JSON, for the hub that it moves to; it is forgotten here. */
  take(nodeId: string, now: number): string {
    const { history, idle } = this.#doors;
    history.noteStillPresent(nodeId, now);
    return JSON.stringify({ history: history.take(nodeId), idle: idle.take(nodeId, now) });
  }

  /** Takes over what another hub knew of a node. */
  put(nodeId: string, json: string, now: number): void {
    const { history, idle } = this.#doors;
    const known = JSON.parse(json) as { history: string | null; idle: SavedLog | null };
    if (known.history) history.put(nodeId, known.history, now);
    if (known.idle) idle.put(nodeId, known.idle);
  }
}

/** With more tokens in its first frame a job says nothing of the prompt's time. */
const MOST_FIRST_TOKENS = 4;

/** What an answer showed of a home's speed. The prompt's time counts for any that began, the stream's only for a whole one. */
function makeSample(
  { sample, firstTokens }: JobTimes,
  job: { outcome: Outcome; outputTokens: number; slots: number; isWarm: boolean; rttMs: number },
): SpeedSample | null {
  if (!sample) return null;
  const isWhole = job.outcome === 'complete';
  return {
    ...sample,
    // A home that gathers tokens has decoded while its first ones waited: that time is not the prompt's, and those tokens not the stream's.
    promptMs: job.isWarm && firstTokens <= MOST_FIRST_TOKENS ? Math.max(0, sample.promptMs - job.rttMs) : 0,
    decodeMs: isWhole ? sample.decodeMs : 0,
    outputTokens: job.outputTokens - Math.max(0, firstTokens - 1),
    slots: job.slots,
  };
}
