// A backend whose every move a test makes: it answers exactly what it is told to.
import type { Backend, BackendJob, Capabilities, Detected, Finish, ModelInfo, Sink } from '../backends/backend.ts';
import type { Result } from '../../schema/result.ts';
import { ok } from '../../schema/result.ts';

export type Play = (
  job: BackendJob,
  sink: Sink,
  signal: AbortSignal,
  onAlive: () => void,
) => Promise<Partial<Finish> | void>;

export class FakeBackend implements Backend {
  readonly kind = 'onnx';
  isBuiltIn = true;
  readonly jobs: BackendJob[] = [];
  play: Play;
  names = ['fake'];
  slotCount = 2;
  readonly loaded: string[] = [];
  /** What `models` tells beyond names. */
  facts: Partial<ModelInfo> = {};
  detected: Result<Detected, string> = ok({ product: 'fake', version: null, notes: [] });

  constructor(play: Play) {
    this.play = play;
  }

  capabilities(): Capabilities {
    return { resume: 'exact', isBuiltIn: this.isBuiltIn, computesOn: this.isBuiltIn ? 'cpu' : 'graphics-card' };
  }

  async detect(): Promise<Result<Detected, string>> {
    return this.detected;
  }

  async models(): Promise<ModelInfo[]> {
    return this.names.map((name) => ({
      name,
      digest: 'ab'.repeat(32),
      contextTokens: 512,
      quantisation: null,
      family: null,
      ...this.facts,
    }));
  }

  async slots(): Promise<number> {
    return this.slotCount;
  }

  async run(job: BackendJob, sink: Sink, signal: AbortSignal, onAlive: () => void = () => undefined): Promise<Finish> {
    this.jobs.push(job);
    const end = await this.play(job, sink, signal, onAlive);
    const reason = signal.aborted ? 'cancelled' : 'stop';
    return { reason, promptTokens: 3, outputTokens: 0, ...end };
  }

  async load(model: string): Promise<Result<null, string>> {
    this.loaded.push(model);
    return ok(null);
  }

  async unload(): Promise<void> {}

  async close(): Promise<void> {}
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
