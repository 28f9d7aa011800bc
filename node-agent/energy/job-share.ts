// One job's part in the energy of this machine: what it has worked and what it was given for it. Counting a token is one addition.
import { chooseWorseMethod, UNKNOWN_ENERGY } from '../../schema/energy.ts';
import type { EnergyClaim } from '../../schema/energy.ts';
import type { EnergyMethod } from '../../schema/receipt.ts';
import type { WindowWork } from './split-window.ts';

/** What a job holds of the meter. */
export interface WorkShare {
  /** The model has just given this many tokens. Called for every piece of the answer. */
  noteTokens(count: number): void;
  /** What the receipt says. The job has ended with it; `promptTokens` as they turned out. */
  claim(promptTokens: number): EnergyClaim;
  /** Ends a job without a receipt. One that has claimed has ended. */
  end(): void;
}

/** Of work that no meter here sees. */
export const UNMETERED: WorkShare = {
  noteTokens: () => undefined,
  claim: () => UNKNOWN_ENERGY,
  end: () => undefined,
};

export interface ShareFacts {
  /** What the prompt may have, tokens, and how fast it is read here. */
  readonly promptTokens: number;
  readonly promptTokensPerS: number;
}

/** A prompt that was there so much sooner than the model reads was still in the server's memory, for the rest. */
const CACHED_SPEED = 2;

export class JobShare {
  readonly startedAtMs: number;
  joules = 0;
  spreadJ = 0;
  /** Joules among them that nobody metered. */
  guessedJ = 0;
  /** Time of which nothing is known. */
  unknownMs = 0;
  method: EnergyMethod | null = null;
  readonly #now: () => number;
  readonly #promptTokensPerS: number;
  #promptTokens: number;
  #outputTokens = 0;
  #firstAtMs: number | null = null;
  #bookedPrompt = 0;
  #bookedOutput = 0;

  constructor({ promptTokens, promptTokensPerS }: ShareFacts, now: () => number) {
    this.#now = now;
    this.startedAtMs = now();
    this.#promptTokens = Math.max(0, promptTokens);
    this.#promptTokensPerS = Math.max(1, promptTokensPerS);
  }

  noteTokens(count: number): void {
    this.#firstAtMs ??= this.#now();
    this.#outputTokens += count;
  }

  /** As they turned out: what was read already stays read. */
  correctPrompt(tokens: number): void {
    this.#promptTokens = Math.max(this.#bookedPrompt, tokens);
  }

  /** What it has worked since the last booking, in a window that began then. */
  work(openedAtMs: number, nowMs: number): WindowWork {
    const fromMs = Math.max(openedAtMs, this.startedAtMs);
    const left = this.#promptTokens - this.#bookedPrompt;
    const readMs = Math.max(0, (this.#firstAtMs ?? nowMs) - fromMs);
    const could = (CACHED_SPEED * this.#promptTokensPerS * readMs) / 1000;
    const isRead = this.#firstAtMs !== null;
    const prompt = Math.min(left, isRead ? could : could / CACHED_SPEED);
    return {
      prompt,
      cached: isRead ? left - prompt : 0,
      output: this.#outputTokens - this.#bookedOutput,
      ms: Math.max(0, nowMs - fromMs),
    };
  }

  /** That work has been paid for. */
  book({ prompt, cached, output }: WindowWork): void {
    this.#bookedPrompt += prompt + cached;
    this.#bookedOutput += output;
  }

  give(joules: number, spreadJ: number, method: EnergyMethod): void {
    this.joules += joules;
    this.spreadJ += spreadJ;
    this.method = this.method === null ? method : chooseWorseMethod(this.method, method);
  }

  /** Nobody metered the window, so it is taken for what such work costs here. */
  guess(joules: number): void {
    this.joules += joules;
    this.guessedJ += joules;
    this.spreadJ += joules / 2;
  }
}
