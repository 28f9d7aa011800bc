// The speeds that a hub has told edges of its homes, in coarse steps, so that learning a little writes nothing. In memory; bounded by a home's models.
import { BoundedMap } from '../../schema/bounded-map.ts';
import type { NodeModel } from '../../schema/frames-to-hub.ts';
import { speedClassOf } from '../../schema/placement.ts';
import type { Speeds } from '../placement/learn-speed.ts';

/**
 * Edges are told a new speed when the believed one differs from the told one by TOLD_FACTOR, or by CLASS_FACTOR if that puts the home into another
 * speed class; at most every TOLD_EVERY_MS.
 */
const TOLD_FACTOR = 1.25;
const CLASS_FACTOR = 1.1;
const TOLD_EVERY_MS = 10_000;

/** Faster than any home, with any model. */
const MOST_PROMPT_TOKENS_PER_S = 200_000;
const MOST_DECODE_TOKENS_PER_S = 2000;
/** Models of one home that are remembered, the newest: a home names as many others as it likes, one after the other. */
export const MAX_MODELS_KEPT = 128;

/** Speeds and round trip as callers' edges are told, in coarse steps. */
export interface Told extends Speeds {
  readonly rttMs: number;
}

/** What was told last, when, with how many slots and so in which class, and what the node's own benchmark was then. */
export interface LastTold extends Told {
  readonly speedClass: string;
  readonly at: number;
  readonly slots: number;
  readonly benchmark: Speeds;
}

export class ToldSpeeds {
  /** By node, then by model. */
  readonly #nodes = new Map<string, BoundedMap<string, LastTold>>();
  /** Counts changes of told speeds. */
  retold = 0;

  /** What was told last, where nothing asks for another look: asked of every home at every offer. */
  recall(nodeId: string, model: NodeModel, { slots, now }: { slots: number; now: number }): LastTold | null {
    const told = this.#nodes.get(nodeId)?.get(model.digest);
    return told?.slots === slots && isRecent(told, model, now) ? told : null;
  }

  /** What is told from now on, by what is believed. */
  tell(nodeId: string, model: NodeModel, to: { speeds: Told; slots: number; now: number }): LastTold {
    const ofNode = this.#nodes.get(nodeId) ?? new BoundedMap<string, LastTold>(MAX_MODELS_KEPT);
    this.#nodes.set(nodeId, ofNode);
    const told = ofNode.get(model.digest);
    const next = told ? this.#retell(told, model, to) : toTold(model, to);
    ofNode.set(model.digest, next);
    return next;
  }

  forget(nodeId: string): void {
    this.#nodes.delete(nodeId);
  }

  #retell(told: LastTold, model: NodeModel, to: { speeds: Told; slots: number; now: number }): LastTold {
    const { slots, now } = to;
    const fresh = toTold(model, to);
    const speedClass = told.slots === slots ? told.speedClass : speedClassOf({ ...told, slots });
    // With other slots alone nothing is told anew but the class that they make.
    if (isRecent(told, model, now)) return { ...told, slots, speedClass };
    if (!hasMoved(told, fresh, slots)) return { ...told, slots, speedClass, at: now, benchmark: fresh.benchmark };
    this.retold += 1;
    return fresh;
  }
}

/** What the node tells, as far as any home is as fast: where a belief starts, and no more. */
export function benchmarkOf({ promptTokensPerS, decodeTokensPerS }: NodeModel): Speeds {
  return {
    promptTokensPerS: Math.min(MOST_PROMPT_TOKENS_PER_S, promptTokensPerS),
    decodeTokensPerS: Math.min(MOST_DECODE_TOKENS_PER_S, decodeTokensPerS),
  };
}

/** A node that has measured itself again is told at once: without jobs nothing else would ever trigger it. */
function isRecent({ at, benchmark }: LastTold, model: NodeModel, now: number): boolean {
  return now - at < TOLD_EVERY_MS && isOfBenchmark(benchmark, model);
}

function toTold(model: NodeModel, { speeds, slots, now }: { speeds: Told; slots: number; now: number }): LastTold {
  const promptTokensPerS = Math.round(speeds.promptTokensPerS * 10) / 10;
  const decodeTokensPerS = Math.round(speeds.decodeTokensPerS * 10) / 10;
  return {
    promptTokensPerS,
    decodeTokensPerS,
    rttMs: Math.round(speeds.rttMs),
    speedClass: speedClassOf({ slots, promptTokensPerS, decodeTokensPerS }),
    at: now,
    slots,
    benchmark: benchmarkOf(model),
  };
}

function isOfBenchmark({ promptTokensPerS, decodeTokensPerS }: Speeds, model: NodeModel): boolean {
  return (
    promptTokensPerS === Math.min(MOST_PROMPT_TOKENS_PER_S, model.promptTokensPerS) &&
    decodeTokensPerS === Math.min(MOST_DECODE_TOKENS_PER_S, model.decodeTokensPerS)
  );
}

function hasMoved(told: Told, fresh: Told, slots: number): boolean {
  const off = Math.max(
    factor(told.promptTokensPerS, fresh.promptTokensPerS),
    factor(told.decodeTokensPerS, fresh.decodeTokensPerS),
  );
  if (
    off > TOLD_FACTOR ||
    (off > CLASS_FACTOR && speedClassOf({ ...told, slots }) !== speedClassOf({ ...fresh, slots }))
  )
    return true;
  // A round trip of a few ms more or less is noise.
  return Math.abs(told.rttMs - fresh.rttMs) > 5 && factor(told.rttMs, fresh.rttMs) > TOLD_FACTOR;
}

function factor(a: number, b: number): number {
  const [low, high] = [Math.max(0.1, Math.min(a, b)), Math.max(0.1, a, b)];
  return high / low;
}
