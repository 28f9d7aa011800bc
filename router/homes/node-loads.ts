// What each home is working on, by the hub's own count: jobs at once over time, and prompts that have no first token yet. In memory only.
import type { SpeedSample } from '../placement/learn-speed.ts';

interface NodeLoad {
  active: number;
  /** Jobs that have their first token. */
  streaming: number;
  pendingPromptTokens: number;
  /** Jobs × ms so far, up to `at`. */
  jobMs: number;
  at: number;
}

/** What was measured of one job; a part of it that did not happen is null. */
export interface JobTimes {
  /** Job frame out to the first token in. */
  readonly firstTokenMs: number | null;
  /** Tokens that came together first. */
  readonly firstTokens: number;
  readonly sample: Omit<SpeedSample, 'slots' | 'outputTokens'> | null;
}

export class NodeLoads {
  readonly #nodes = new Map<string, NodeLoad>();

  /** Prompt tokens of this node's jobs that have no first token yet. */
  pendingPromptTokens(nodeId: string): number {
    return this.#nodes.get(nodeId)?.pendingPromptTokens ?? 0;
  }

  /** A job begins at a node; `promptTokens` are those that are not expected to be cached there. */
  begin(nodeId: string, promptTokens: number, now: number): NodeLease {
    const load = this.#nodes.get(nodeId) ?? { active: 0, streaming: 0, pendingPromptTokens: 0, jobMs: 0, at: now };
    this.#nodes.set(nodeId, load);
    return new NodeLease(load, promptTokens, now, () => {
      if (load.active === 0) this.#nodes.delete(nodeId);
    });
  }
}

/** One job's share of its node, from the job frame to the end of its lease. */
export class NodeLease {
  readonly #load: NodeLoad;
  readonly #promptTokens: number;
  readonly #startedAt: number;
  readonly #workTokens: number;
  readonly #activeAtGrant: number;
  readonly #onEnd: () => void;
  #firstAt: number | null = null;
  #firstTokens = 0;
  #jobMsAtFirst = 0;
  #isPending = true;
  #times: JobTimes | null = null;

  constructor(load: NodeLoad, promptTokens: number, now: number, onEnd: () => void) {
    advance(load, now);
    this.#load = load;
    this.#promptTokens = promptTokens;
    this.#startedAt = now;
    this.#workTokens = load.pendingPromptTokens + promptTokens;
    this.#activeAtGrant = load.active;
    this.#onEnd = onEnd;
    load.active += 1;
    load.pendingPromptTokens += promptTokens;
  }

  /** Streams of this node that run at once, this one among them. */
  get streaming(): number {
    return this.#load.streaming;
  }

  /** `tokens`: how many came together. */
  onFirstToken(now: number, tokens: number): void {
    this.#settlePrompt();
    if (this.#firstAt === null) this.#load.streaming += 1;
    this.#firstTokens = tokens;
    this.#firstAt = now;
    advance(this.#load, now);
    this.#jobMsAtFirst = this.#load.jobMs;
  }

  /** The lease is over; what was measured. Asking again gives the same. */
  end(now: number): JobTimes {
    if (this.#times) return this.#times;
    this.#settlePrompt();
    advance(this.#load, now);
    this.#times = this.#measure(now);
    this.#load.active -= 1;
    if (this.#firstAt !== null) this.#load.streaming -= 1;
    this.#onEnd();
    return this.#times;
  }

  #measure(now: number): JobTimes {
    if (this.#firstAt === null) return { firstTokenMs: null, firstTokens: 0, sample: null };
    const firstTokenMs = this.#firstAt - this.#startedAt;
    const decodeMs = now - this.#firstAt;
    const meanBatch = decodeMs > 0 ? (this.#load.jobMs - this.#jobMsAtFirst) / decodeMs : this.#load.active;
    const sample = {
      workTokens: this.#workTokens,
      promptMs: firstTokenMs,
      activeAtGrant: this.#activeAtGrant,
      meanBatch,
      decodeMs,
    };
    return { firstTokenMs, firstTokens: this.#firstTokens, sample };
  }

  #settlePrompt(): void {
    if (!this.#isPending) return;
    this.#isPending = false;
    this.#load.pendingPromptTokens = Math.max(0, this.#load.pendingPromptTokens - this.#promptTokens);
  }
}

function advance(load: NodeLoad, now: number): void {
  load.jobMs += load.active * Math.max(0, now - load.at);
  load.at = Math.max(load.at, now);
}
