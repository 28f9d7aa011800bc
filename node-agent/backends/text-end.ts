// The end of a run in the words of a job. Pure.
import type { BackendError, Finish, TextJob } from './backend.ts';
import type { StreamEnd } from './chat-stream.ts';
import type { DeltaPump } from './delta-pump.ts';
import type { LifeWatch } from './life-watch.ts';

export function failed(error: BackendError): StreamEnd {
  return { reason: 'error', promptTokens: null, outputTokens: null, hasThought: false, error };
}

/** The server's count stands only for an answer that came whole; otherwise what was handed on counts. */
export function finish(pump: DeltaPump, end: StreamEnd): Finish {
  const whole = end.reason !== 'cancelled' && end.reason !== 'error';
  const outputTokens = whole && end.outputTokens !== null ? end.outputTokens : pump.outputTokens;
  const error = end.reason === 'error' && end.error !== undefined ? { error: end.error } : {};
  return { reason: end.reason, promptTokens: end.promptTokens, outputTokens, ...error };
}

/** The end of an answer in one piece that did not come. */
export function failWhole(error: BackendError, { aborted }: AbortSignal): Finish {
  const nothing = { promptTokens: null, outputTokens: 0 };
  return aborted ? { reason: 'cancelled', ...nothing } : { reason: 'error', ...nothing, error };
}

/** Where an answer goes, and what watches over it. */
export interface RunTo {
  readonly pump: DeltaPump;
  readonly signal: AbortSignal;
  readonly life: LifeWatch;
}

export function isContinued(job: Pick<TextJob, 'resume'>): boolean {
  return job.resume !== undefined && job.resume.text !== '';
}
