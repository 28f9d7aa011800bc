// What the router sees of simulated jobs: when they arrive, when their first tokens and ends come. Never what a node really can.
import { quantile } from '../../schema/quantile.ts';
import { TIMINGS } from '../../schema/timings.ts';
import { coolNode } from '../homes/cool-node.ts';
import type { Cooling } from '../homes/cool-node.ts';
import type { Breakage } from '../homes/cool-node.ts';
import { expectFailures, learnFailure, NO_FAILURES } from '../placement/learn-failures.ts';
import type { FailureRecord } from '../placement/learn-failures.ts';
import { expectSpeeds, learnSpeeds, NO_SPEEDS } from '../placement/learn-speed.ts';
import type { LearnedSpeeds, Speeds } from '../placement/learn-speed.ts';
import type { SimGpu, SimJob, SimNode, SimRequest } from './sim-types.ts';

/** One node's streams as its hub counts them. */
interface Streams {
  count: number;
  at: number;
  /** Seconds times streams so far. */
  area: number;
  lastFirstAt: number;
  jobs: number;
}

interface Running {
  readonly arrivedAt: number;
  readonly streamsThen: number;
  firstAt: number;
  areaThen: number;
}

/** Everything that is learned in one run. */
export class SimWatch {
  readonly #learned = new Map<string, LearnedSpeeds>();
  readonly #failures = new Map<number, FailureRecord>();
  readonly #streams = new Map<number, Streams>();
  readonly #running = new Map<SimJob, Running>();
  /** Prediction of the home that a request went to last, s. */
  readonly #predictions = new Map<SimRequest, { nodeId: number; ttftS: number; at: number }>();
  readonly #cooling = new Map<number, Cooling>();
  /** When the answers that a node owes are missed, s. */
  readonly #owed = new Map<number, number[]>();
  readonly #misses: number[] = [];
  readonly #isLearning: boolean;
  /** Error of a measured round trip to a node, s: measured less real. */
  readonly rttErrorS = new Map<number, number>();

  /** From a node back to the edge of a request, s. */
  backS: (req: SimRequest, node: SimNode) => number = () => 0;

  constructor(isLearning: boolean) {
    this.#isLearning = isLearning;
  }

  speeds(node: SimNode, model: number): Speeds {
    const learned = this.#learned.get(`${node.id}.${model}`);
    return learned ? expectSpeeds(learned, benchmarkOf(node)) : benchmarkOf(node);
  }

  workW({ cls }: SimNode, _model: number): number {
    return (cls.w - cls.idle) * 1.14 + 15;
  }

  failureShare(node: SimNode, atS: number): number {
    return expectFailures(this.#failures.get(node.id) ?? NO_FAILURES, atS * 1000);
  }

  /** A job was sent to a node that is gone: its hub counts it as running there until it is missed after `detectS`, and lets the node rest then. */
  unanswered(node: SimNode, atS: number, detectS: number): void {
    const missedAtS = atS + detectS;
    this.#owed.set(node.id, [...this.owed(node, atS), missedAtS]);
    this.#cool(node, missedAtS, 'no-head');
  }

  /** How many jobs a hub waits to hear of from this node. */
  owed(node: SimNode, atS: number): number[] {
    return (this.#owed.get(node.id) ?? []).filter((missedAtS) => missedAtS > atS);
  }

  /** True while the node rests after what it broke. */
  isCooling(node: SimNode, atS: number): boolean {
    const cooling = this.#cooling.get(node.id);
    if (!cooling) return false;
    return atS * 1000 < cooling.untilAt && atS * 1000 >= cooling.untilAt - cooling.pauseMs;
  }

  /** Takes what a hub predicted of the home that it granted: from the ask's leaving to the first token at the edge. */
  predicted(req: SimRequest, { node, ttftMs, askedAtS }: { node: SimNode; ttftMs: number; askedAtS: number }): void {
    this.#predictions.set(req, { nodeId: node.id, ttftS: ttftMs / 1000, at: askedAtS });
  }

  /** How far first tokens came from what was predicted, as a share of what came: at the median, and for nine in ten. */
  predictionError(): { p50: number; p90: number } {
    return { p50: quantile(this.#misses, 0.5), p90: quantile(this.#misses, 0.9) };
  }

  arrived(job: SimJob, gpu: SimGpu, at: number): void {
    this.#running.set(job, { arrivedAt: at, streamsThen: this.#count(gpu, at).count, firstAt: -1, areaThen: 0 });
  }

  firstToken(job: SimJob, gpu: SimGpu, at: number): void {
    const running = this.#running.get(job);
    const streams = this.#count(gpu, at);
    const beganAt = Math.max(running?.arrivedAt ?? at, streams.lastFirstAt);
    // The token itself comes one step of the batch later.
    const seenAt = at + 1 / gpu.rate(gpu.decoding.length);
    streams.lastFirstAt = at;
    streams.count += 1;
    const prediction = this.#predictions.get(job.req);
    if (prediction?.nodeId === gpu.id) {
      const tookS = seenAt + this.backS(job.req, gpu) - prediction.at;
      this.#misses.push(Math.abs(prediction.ttftS - tookS) / tookS);
    }
    this.#predictions.delete(job.req);
    if (!running) return;
    running.firstAt = at;
    running.areaThen = streams.area;
    const promptMs = 1000 * (seenAt - beganAt - (this.rttErrorS.get(gpu.id) ?? 0));
    this.#learn(gpu, job, { workTokens: job.in, promptMs, activeAtGrant: streams.count - 1 });
  }

  done(job: SimJob, gpu: SimGpu, at: number): void {
    const running = this.#running.get(job);
    const streams = this.#count(gpu, at);
    streams.count = Math.max(0, streams.count - 1);
    streams.jobs += 1;
    this.#running.delete(job);
    this.#cooling.delete(gpu.id);
    this.#note(gpu, at, false);
    if (!running || running.firstAt < 0) return;
    const seconds = at - running.firstAt;
    const meanBatch = seconds > 0 ? (streams.area - running.areaThen) / seconds : 1;
    this.#learn(gpu, job, { outputTokens: job.out, decodeMs: 1000 * seconds, meanBatch });
  }

  lost(job: SimJob, gpu: SimGpu, at: number): void {
    const streams = this.#count(gpu, at);
    if ((this.#running.get(job)?.firstAt ?? -1) >= 0) streams.count = Math.max(0, streams.count - 1);
    this.#running.delete(job);
    this.#cool(gpu, at, 'lost');
    this.#note(gpu, at, true);
  }

  /** Mean distance of what is believed from what is so, in logs, over nodes that did five jobs: before anything was learned, and now. */
  speedError(nodes: readonly SimNode[]): { start: number; end: number } {
    const errors = nodes.flatMap((node) => {
      if ((this.#streams.get(node.id)?.jobs ?? 0) < 5) return [];
      const models = [...node.disk].filter((model) => this.#learned.has(`${node.id}.${model}`));
      return models.map((model) => ({
        start: errorOf(node, benchmarkOf(node)),
        end: errorOf(node, this.speeds(node, model)),
      }));
    });
    const mean = (list: readonly number[]): number => list.reduce((sum, x) => sum + x, 0) / Math.max(1, list.length);
    return { start: mean(errors.map(({ start }) => start)), end: mean(errors.map(({ end }) => end)) };
  }

  #count(gpu: SimNode, at: number): Streams {
    const streams = this.#streams.get(gpu.id) ?? { count: 0, at, area: 0, lastFirstAt: -1, jobs: 0 };
    streams.area += (at - streams.at) * streams.count;
    streams.at = at;
    this.#streams.set(gpu.id, streams);
    return streams;
  }

  #cool(node: SimNode, atS: number, reason: Breakage): void {
    const last = this.#cooling.get(node.id) ?? null;
    this.#cooling.set(node.id, coolNode(last, { reason, now: atS * 1000, firstPauseMs: TIMINGS.coolingMs }));
  }

  #note(gpu: SimNode, at: number, isBroken: boolean): void {
    this.#failures.set(gpu.id, learnFailure(this.#failures.get(gpu.id) ?? NO_FAILURES, { at: at * 1000, isBroken }));
  }

  #learn(gpu: SimNode, job: SimJob, seen: Partial<Parameters<typeof learnSpeeds>[2]>): void {
    if (!this.#isLearning) return;
    const key = `${gpu.id}.${job.model}`;
    const nothing = { workTokens: 0, promptMs: 0, activeAtGrant: 0, meanBatch: 1, outputTokens: 0, decodeMs: 0 };
    const sample = { ...nothing, slots: gpu.cls.slots, ...seen };
    this.#learned.set(key, learnSpeeds(this.#learned.get(key) ?? NO_SPEEDS, benchmarkOf(gpu), sample));
  }
}

/** What a node's own benchmark says: its class's nominal speeds, wrong by its belief. */
function benchmarkOf({ cls, belief }: SimNode): Speeds {
  return { promptTokensPerS: cls.pp * belief, decodeTokensPerS: cls.tg * belief };
}

function errorOf({ cls, speed }: SimNode, believed: Speeds): number {
  const prompt = Math.abs(Math.log(believed.promptTokensPerS / (cls.pp * speed)));
  return (prompt + Math.abs(Math.log(believed.decodeTokensPerS / (cls.tg * speed)))) / 2;
}
