// Who worked in the open window, on one part of the machine (the card, or the processor), and what each was given of those that closed. A job that ends
// inside a window claims what its work there usually costs; when the window closes, what was claimed too much is taken off the others and the next claims,
// and what was claimed too little waits for them. So all claims together stay at what was metered, and ahead of it by no more than an open window.
import type { EnergyMethod } from '../../schema/receipt.ts';
import type { ClaimFacts } from './build-claim.ts';
import type { Margin } from './compute-margin.ts';
import type { JobShare } from './job-share.ts';
import { splitWindow, weigh } from './split-window.ts';
import type { TokenWeights, WindowWork } from './split-window.ts';

interface Ended {
  readonly work: WindowWork;
  /** What its receipt took of the open window; null where it has none. */
  readonly claimedJ: number | null;
  /** What such work costs, before it is corrected by what came of such guesses. */
  readonly guessJ: number;
}

/** What a window came to. */
export interface ClosedWindow {
  /** Given to jobs: what was metered, or guessed. */
  readonly joules: number;
  readonly isMetered: boolean;
  /** All work in it. */
  readonly work: WindowWork;
}

export interface BookTerms {
  /** Costs of a token here, and whether they are more than a guess out of nothing. */
  readonly weights: TokenWeights;
  readonly isWeighed: boolean;
  /** The method that a window here is metered by; for a claim that ends before its first window closes. */
  readonly method: EnergyMethod;
  /** The most that work here may draw, W, and how long a window may be open: a longer one was a sleep, or meters that died. */
  readonly mostW: number;
  /** What it draws as a rule, as far as anyone can guess, W. */
  readonly usualW: number;
  readonly longestMs: number;
}

const NOTHING: WindowWork = { prompt: 0, cached: 0, output: 0, ms: 0 };
/** A claim takes no more than this share of itself out of what others left, and makes up for no more of what they claimed too much. */
const LEFT_SHARE = 0.25;
/** A claim with more guessed joules than this is a guess, and one with more unknown time is unknown. */
const GUESSED_MOST = 0.5;
const UNKNOWN_MOST = 0.1;
/** While claims are ahead of the meter, new ones are lowered as the last few turned out: a token costs less where many are computed at once. */
const TAIL_MEMORY = 0.8;
/** Until this many joules were guessed, guesses count as right. */
const TAIL_PRIOR_J = 10;

export class ShareBook {
  readonly #terms: () => BookTerms;
  readonly #running = new Set<JobShare>();
  #ended: Ended[] = [];
  #openedAtMs: number;
  #activeMs = 0;
  #activeSinceMs: number | null = null;
  /** Metered and in no claim yet, J; below 0: claimed, and not metered yet. */
  #leftJ = 0;
  /** Of the last jobs that ended inside a window, J: what was guessed of their work in it, and what that came to. */
  #guessedJ = 0;
  #cameJ = 0;
  /** W of the last window with work in it. */
  #lastW: number | null = null;

  constructor(nowMs: number, terms: () => BookTerms) {
    this.#openedAtMs = nowMs;
    this.#terms = terms;
  }

  get size(): number {
    return this.#running.size;
  }

  /** Metered and in no claim yet, J; below 0 while claims are ahead of the meter. */
  get leftJ(): number {
    return this.#leftJ;
  }

  begin(share: JobShare, nowMs: number): void {
    if (this.#running.size === 0) this.#activeSinceMs = nowMs;
    this.#running.add(share);
  }

  /** How long any job ran in the open window. */
  activeMs(nowMs: number): number {
    return this.#activeMs + (this.#activeSinceMs === null ? 0 : nowMs - this.#activeSinceMs);
  }

  /** Closes the window with what it took above rest; null where nobody knows. */
  close(nowMs: number, margin: Margin | null): ClosedWindow {
    const running = [...this.#running];
    const works = running.map((share) => share.work(this.#openedAtMs, nowMs));
    const all = [...works, ...this.#ended.map(({ work }) => work)];
    const closed = { joules: 0, isMetered: margin !== null, work: all.reduce(sumWork, NOTHING) };
    if (all.length > 0) closed.joules = margin ? this.#give(running, all, margin) : this.#guess(running, works);
    running.forEach((share, i) => share.book(works[i] ?? NOTHING));
    const ms = nowMs - this.#openedAtMs;
    // Of a window that was hardly worked in nobody knows what the work drew.
    if (margin && ms > 0 && this.activeMs(nowMs) > ms / 2) this.#lastW = (1000 * margin.joules) / ms;
    this.#ended = [];
    this.#openedAtMs = nowMs;
    this.#activeMs = 0;
    if (this.#activeSinceMs !== null) this.#activeSinceMs = nowMs;
    return closed;
  }

  /** Ends a job; with `isClaimed` gives what its receipt takes. */
  end(share: JobShare, nowMs: number, isClaimed: boolean): ClaimFacts {
    const work = share.work(this.#openedAtMs, nowMs);
    const guessJ = isClaimed ? this.#guessTail(work) : 0;
    const tailJ = Math.min(guessJ * this.#correction, this.#unclaimedJ(nowMs));
    if (work.ms > 0 || work.output > 0) this.#ended.push({ work, claimedJ: isClaimed ? tailJ : null, guessJ });
    this.#running.delete(share);
    if (this.#running.size === 0 && this.#activeSinceMs !== null) {
      this.#activeMs += nowMs - this.#activeSinceMs;
      this.#activeSinceMs = null;
    }
    const mostJ = isClaimed ? LEFT_SHARE * (share.joules + tailJ) : 0;
    const extraJ = Math.min(Math.max(this.#leftJ, -mostJ), mostJ);
    this.#leftJ -= extraJ;
    const joules = share.joules + tailJ + extraJ;
    const spreadJ = share.spreadJ + (tailJ + Math.abs(extraJ)) / 2;
    return { joules, spreadJ, method: this.#chooseMethod(share, tailJ, nowMs) };
  }

  #chooseMethod(share: JobShare, tailJ: number, nowMs: number): EnergyMethod {
    const { method, isWeighed } = this.#terms();
    if (share.method === null && method === 'unknown') return 'unknown';
    if (share.unknownMs > UNKNOWN_MOST * (nowMs - share.startedAtMs)) return 'unknown';
    // What others' windows taught is as good as a window of its own; a guess out of nothing is not.
    const guessedJ = share.guessedJ + (isWeighed ? 0 : tailJ);
    if (guessedJ > GUESSED_MOST * (share.joules + tailJ)) return 'estimated';
    return share.method ?? method;
  }

  /** What the work of an open window will have cost: by what tokens cost here, else by the last window's power; never more than can be drawn. */
  #guessTail(work: WindowWork): number {
    const { weights, isWeighed, mostW, usualW, longestMs } = this.#terms();
    const seconds = Math.min(work.ms, longestMs) / 1000;
    const eachSeconds = seconds / Math.max(1, this.#running.size);
    if (isWeighed) return Math.min(weigh(work, weights), mostW * seconds);
    return this.#lastW === null ? Math.min(weigh(work, weights), usualW * eachSeconds) : this.#lastW * eachSeconds;
  }

  /** What the open window may still hold beyond what was claimed of it: all jobs together draw no more than the machine can. */
  #unclaimedJ(nowMs: number): number {
    const { mostW, longestMs } = this.#terms();
    const mostJ = (mostW * Math.min(this.activeMs(nowMs), longestMs)) / 1000;
    return Math.max(0, mostJ - this.#ended.reduce((sum, { claimedJ }) => sum + (claimedJ ?? 0), 0));
  }

  get #correction(): number {
    if (this.#leftJ >= 0) return 1;
    return Math.min(1, (this.#cameJ + TAIL_PRIOR_J) / (this.#guessedJ + TAIL_PRIOR_J));
  }

  #give(running: readonly JobShare[], works: readonly WindowWork[], margin: Margin): number {
    const parts = splitWindow(margin.joules, works, this.#terms().weights);
    const spreads = splitWindow(margin.spreadJ, works, this.#terms().weights);
    this.#ended.forEach(({ claimedJ, guessJ }, i) => {
      if (claimedJ === null) return;
      const cameJ = parts[running.length + i] ?? 0;
      this.#leftJ += cameJ - claimedJ;
      this.#guessedJ = TAIL_MEMORY * this.#guessedJ + guessJ;
      this.#cameJ = TAIL_MEMORY * this.#cameJ + cameJ;
    });
    const toRunning = parts.slice(0, running.length).reduce((sum, part) => sum + part, 0);
    const takenJ = Math.min(toRunning, Math.max(0, -this.#leftJ));
    this.#leftJ += takenJ;
    const kept = toRunning > 0 ? 1 - takenJ / toRunning : 1;
    running.forEach((share, i) => share.give((parts[i] ?? 0) * kept, spreads[i] ?? 0, margin.method));
    return margin.joules;
  }

  /** Nobody saw the window: such work is taken for what it costs here; where that is not known either, its time is unknown. */
  #guess(running: readonly JobShare[], works: readonly WindowWork[]): number {
    const { weights, isWeighed, longestMs } = this.#terms();
    let joules = this.#ended.reduce((sum, { claimedJ }) => sum + (claimedJ ?? 0), 0);
    running.forEach((share, i) => {
      const work = works[i] ?? NOTHING;
      if (!isWeighed) return void (share.unknownMs += Math.min(work.ms, longestMs));
      share.guess(weigh(work, weights));
      joules += weigh(work, weights);
    });
    return joules;
  }
}

function sumWork(sum: WindowWork, one: WindowWork): WindowWork {
  return {
    prompt: sum.prompt + one.prompt,
    cached: sum.cached + one.cached,
    output: sum.output + one.output,
    ms: sum.ms + one.ms,
  };
}
