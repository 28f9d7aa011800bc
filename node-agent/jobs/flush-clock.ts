// One timer for all jobs: streams that are due at about the same time are flushed together, so that their frames share one message.

/** A stream whose bytes wait for their time. */
export interface Flushable {
  /** The clock's `now()` from which the bytes should leave. */
  dueAt: number;
  flush(): void;
}

export class FlushClock {
  readonly #grainMs: number;
  readonly #waiting = new Set<Flushable>();
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #lastTickAt = Number.NEGATIVE_INFINITY;

  /** Two ticks are at least `grainMs` apart: bytes wait that much longer so that streams share a write. With 0 they leave as soon as they are due. */
  constructor(grainMs: number) {
    this.#grainMs = grainMs;
  }

  /** Flushes the stream at its `dueAt`, or with the next tick when that has passed. */
  request(stream: Flushable): void {
    const now = performance.now();
    const at = Math.max(stream.dueAt, this.#lastTickAt + this.#grainMs);
    if (at <= now && this.#grainMs === 0) return stream.flush();
    this.#waiting.add(stream);
    if (at <= now) return this.#tick(now);
    if (at < this.#timerAt) this.#arm(at, now);
  }

  /** The stream has nothing left to send. */
  forget(stream: Flushable): void {
    this.#waiting.delete(stream);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#waiting.clear();
  }

  #arm(at: number, now: number): void {
    clearTimeout(this.#timer);
    this.#timerAt = at;
    this.#timer = setTimeout(() => this.#tick(performance.now()), Math.max(1, Math.ceil(at - now)));
  }

  /** Also flushes what falls due before the next tick could come. */
  #tick(now: number): void {
    this.#lastTickAt = now;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
    let nextAt = Number.POSITIVE_INFINITY;
    for (const stream of this.#waiting) {
      if (stream.dueAt <= now + this.#grainMs) {
        this.#waiting.delete(stream);
        stream.flush();
      } else if (stream.dueAt < nextAt) nextAt = stream.dueAt;
    }
    if (nextAt < Number.POSITIVE_INFINITY) this.#arm(Math.max(nextAt, now + this.#grainMs), now);
  }
}
