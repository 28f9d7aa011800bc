// How many requests and tokens the limited keys of one account have begun within the last minute. In memory: a restart forgets a minute.
import { BoundedMap } from '../../schema/bounded-map.ts';
import type { KeyLimits } from '../../schema/key-limits.ts';
import { RateWindow } from './rate-window.ts';
import type { RateLeft, RateRefusal, RateUse } from './rate-window.ts';

/** Jobs of which it is still known what was counted: twice as many as run at once at most. */
const KNOWN_JOBS = 1024;
/** Windows are looked through for empty ones when there are more. */
const MANY_WINDOWS = 256;

interface Counted {
  readonly keyId: string;
  readonly step: number;
  readonly reserved: RateUse;
  /** Tokens of its parts that were settled. */
  readonly used: number;
}

export class KeyRates {
  readonly #windowMs: number;
  readonly #windows = new Map<string, RateWindow>();
  readonly #jobs = new BoundedMap<string, Counted>(KNOWN_JOBS);

  /** `windowMs`: a minute, or what a test says. */
  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** The limit that a call would break; null where it breaks none. */
  judge(keyId: string, limits: KeyLimits, use: RateUse, now: number): RateRefusal | null {
    return this.#windows.get(keyId)?.judge(use, limits, now) ?? judgeAlone(use, limits);
  }

  /** Counts a job that begins, by what is expected of it. */
  take(jobId: string, keyId: string, reserved: RateUse, now: number): void {
    if (this.#windows.size >= MANY_WINDOWS) this.#tidy(now);
    const window = this.#windows.get(keyId) ?? new RateWindow(this.#windowMs);
    this.#windows.set(keyId, window);
    this.#jobs.set(jobId, { keyId, step: window.take(reserved, now), reserved, used: 0 });
  }

  /** What parts of a job came to; with the last of them the job counts as what it was. */
  settle(jobId: string, tokens: number, isOver: boolean): void {
    const counted = this.#jobs.get(jobId);
    if (!counted) return;
    const used = counted.used + tokens;
    if (!isOver) return void this.#jobs.set(jobId, { ...counted, used });
    this.#correct(jobId, counted, { requests: 0, tokens: used - counted.reserved.tokens });
  }

  /** The call of a job was refused after all: it counts nothing. */
  giveBack(jobId: string): void {
    const counted = this.#jobs.get(jobId);
    if (!counted) return;
    const { requests, tokens } = counted.reserved;
    this.#correct(jobId, counted, { requests: 0 - requests, tokens: 0 - tokens });
  }

  tell(keyId: string, of: 'requests' | 'tokens', limit: number, now: number): RateLeft {
    return this.#windows.get(keyId)?.tell(of, limit, now) ?? { limit, left: limit, resetMs: 0 };
  }

  #correct(jobId: string, { keyId, step }: Counted, change: RateUse): void {
    this.#windows.get(keyId)?.correct(step, change);
    this.#jobs.delete(jobId);
  }

  #tidy(now: number): void {
    for (const [keyId, window] of this.#windows) if (window.isEmpty(now)) this.#windows.delete(keyId);
  }
}

/** A key that has begun nothing may begin whatever is no larger than its limit. */
function judgeAlone(use: RateUse, limits: KeyLimits): RateRefusal | null {
  return new RateWindow(1).judge(use, limits, 0);
}
