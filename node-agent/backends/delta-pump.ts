// Hands deltas to a sink one at a time and keeps the count of what was handed over. Knows no engine.

import type { Delta, Sink } from './backend.ts';
import { openPromise } from './open-promise.ts';

export class DeltaPump {
  readonly #sink: Sink;
  #tail: Promise<void> | undefined;
  #stopped = false;
  #failed = false;
  outputTokens = 0;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** True once the sink threw: nothing more is handed to it. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Hands one delta over, after those before it. A promise means: produce no more until it settles (it never rejects). */
  push(delta: Delta): Promise<void> | undefined {
    if (this.#tail !== undefined) return this.#hold(this.#tail.then(() => this.#deliver(delta)));
    const wait = this.#deliver(delta);
    return wait === undefined ? undefined : this.#hold(wait);
  }

  /** From now on nothing reaches the sink, not even what waits. */
  stop(): void {
    this.#stopped = true;
  }

  /** Settles when everything pushed has been handed over; never rejects. */
  async drained(): Promise<void> {
    while (this.#tail !== undefined) await this.#tail;
  }

  #deliver(delta: Delta): Promise<void> | undefined {
    if (this.#stopped) return undefined;
    this.outputTokens += delta.tokens;
    try {
      const result = this.#sink(delta);
      return result instanceof Promise ? result : undefined;
    } catch {
      this.#fail();
      return undefined;
    }
  }

  #hold(wait: Promise<void>): Promise<void> {
    const tail: Promise<void> = wait
      .catch(() => this.#fail())
      .then(() => {
        if (this.#tail === tail) this.#tail = undefined;
      });
    this.#tail = tail;
    return tail;
  }

  #fail(): void {
    this.#failed = true;
    this.#stopped = true;
  }
}

/** Waits until what was given to the pump has been handed on, or the job is aborted. */
export async function settled(pump: DeltaPump, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return pump.stop();
  const aborted = openPromise<void>();
  const abort = (): void => {
    pump.stop();
    aborted.resolve();
  };
  signal.addEventListener('abort', abort, { once: true });
  await Promise.race([pump.drained(), aborted.promise]);
  signal.removeEventListener('abort', abort);
}
