// What the main thread and the ONNX worker say to each other. Types only.

import type { BackendError, ChatJob, Delta } from './backend.ts';

/** Handed to the worker when it starts. */
export interface WorkerSetup {
  readonly modelDir: string;
  readonly runtimePath?: string;
  readonly threads: number;
  /** Each run gives at most this many tokens a second; 0 for as fast as it can. */
  readonly paceTokensPerS: number;
  /** The cells of a PassGuard. */
  readonly guard: SharedArrayBuffer;
}

export type ToWorker =
  | { readonly type: 'start'; readonly run: number; readonly job: ChatJob }
  | { readonly type: 'ack'; readonly run: number }
  | { readonly type: 'cancel'; readonly run: number }
  | { readonly type: 'unload' };

export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'broken'; readonly message: string }
  | { readonly type: 'delta'; readonly run: number; readonly delta: Delta }
  | ({ readonly type: 'finish'; readonly run: number } & RunEnd)
  | { readonly type: 'unloaded' };

export interface RunEnd {
  readonly reason: 'stop' | 'length' | 'cancelled' | 'error';
  readonly promptTokens: number | null;
  readonly error?: BackendError;
}

/** Deltas a run may have sent without an answer; then it pauses until one is acknowledged. */
export const UNACKED_LIMIT = 4;
