// Since when a home stands as it does, and since when no call has come although it was ready. Told by whoever looks; a look a second is enough.
import type { StateWord } from '../../schema/state-words.ts';

export interface StandingNow {
  readonly word: StateWord;
  /** Jobs that have ended since the start. */
  readonly jobs: number;
  /** ms since epoch. */
  readonly now: number;
}

/** Ready, with or without a limit: what is missing is a call. */
const IDLE: ReadonlySet<StateWord> = new Set(['idle', 'eco']);

export class StandingClock {
  #word: StateWord = 'starting';
  #sinceAt: number;
  #jobs = 0;
  #idleSinceAt: number | null = null;

  constructor(now: number) {
    this.#sinceAt = now;
  }

  note({ word, jobs, now }: StandingNow): void {
    if (word !== this.#word) this.#sinceAt = now;
    const isIdle = IDLE.has(word);
    // A job may have come and gone between two looks.
    const hadJob = jobs !== this.#jobs;
    if (!isIdle) this.#idleSinceAt = null;
    else if (this.#idleSinceAt === null || hadJob) this.#idleSinceAt = now;
    this.#word = word;
    this.#jobs = jobs;
  }

  get word(): StateWord {
    return this.#word;
  }

  get sinceAt(): number {
    return this.#sinceAt;
  }

  /** Null while it works, and while it takes no work. */
  get idleSinceAt(): number | null {
    return this.#idleSinceAt;
  }
}
