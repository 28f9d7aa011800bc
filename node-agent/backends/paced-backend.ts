// A backend that gives its tokens no faster than a set pace, so that an answer lasts long enough to be watched or cut.
import type { Backend, BackendJob, Capabilities, Detected, Finish, ModelInfo, Questions, Sink } from './backend.ts';
import type { Result } from '../../schema/result.ts';

const TELL_EVERY_MS = 1000;

export class PacedBackend implements Backend {
  readonly kind: Backend['kind'];
  readonly #inner: Backend;
  readonly #gapMs: number;

  constructor(inner: Backend, options: { tokensPerS: number }) {
    this.kind = inner.kind;
    this.#inner = inner;
    this.#gapMs = options.tokensPerS > 0 ? 1000 / options.tokensPerS : 0;
  }

  capabilities(): Capabilities {
    return this.#inner.capabilities();
  }

  detect(signal: AbortSignal): Promise<Result<Detected, string>> {
    return this.#inner.detect(signal);
  }

  models(): Promise<ModelInfo[]> {
    return this.#inner.models();
  }

  get questions(): Questions | undefined {
    return this.#inner.questions;
  }

  slots(): Promise<number> {
    return this.#inner.slots();
  }

  /** As the inner run; each delta waits until its tokens are due, the first goes at once. An abort ends the waiting, which is a sign of life. */
  async run(
    job: BackendJob,
    sink: Sink,
    signal: AbortSignal,
    onAlive: (moves?: boolean) => void = () => undefined,
  ): Promise<Finish> {
    let dueAt = 0;
    let handedTokens = 0;
    const paced: Sink = async (delta) => {
      const now = performance.now();
      const beat = setInterval(onAlive, TELL_EVERY_MS);
      if (dueAt > now && !signal.aborted) await waitUnlessAborted(dueAt - now, signal);
      clearInterval(beat);
      if (signal.aborted) return;
      dueAt = Math.max(dueAt, now) + delta.tokens * this.#gapMs;
      handedTokens += delta.tokens;
      await sink(delta);
    };
    const finish = await this.#inner.run(job, paced, signal, onAlive);
    return finish.reason === 'cancelled' ? { ...finish, outputTokens: handedTokens } : finish;
  }

  load(model: string): Promise<Result<null, string>> {
    return this.#inner.load(model);
  }

  unload(): Promise<void> {
    return this.#inner.unload();
  }

  async restore(): Promise<void> {
    await this.#inner.restore?.();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

function waitUnlessAborted(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
