// One transcription, or the pictures of one text, at a local server: all of the answer, or nothing of it.

import { randomUUID } from 'node:crypto';
import type { Result } from '../../schema/result.ts';
import type { BackendError, Finish, MediaJob, Sink } from './backend.ts';
import type { HttpDoor } from './http-door.ts';
import type { LifeWatch } from './life-watch.ts';
import { buildMediaCall } from './media-calls.ts';
import type { MovedCalls } from './moved-calls.ts';
import { callWhole } from './whole-call.ts';

interface MediaTerms {
  readonly door: HttpDoor;
  readonly signal: AbortSignal;
  readonly life: LifeWatch;
  /** The server's own name of the model, or why the job may not go there. */
  readonly model: Result<string, BackendError>;
  readonly calls: MovedCalls;
}

export async function runMedia(job: MediaJob, sink: Sink, terms: MediaTerms): Promise<Finish> {
  const { door, signal, life, model, calls } = terms;
  const { promptTokens } = job;
  const fail = (error: BackendError): Finish => ({ reason: 'error', promptTokens, outputTokens: 0, error });
  if (!model.ok) return fail(model.error);
  const call = buildMediaCall({ ...job, model: model.value }, `irori-${randomUUID()}`);
  const asked = { life, signal, maxBytes: call.maxBytes, prompt: call.prompt };
  const end = await calls.send(`${door.server.api}/${call.path}`, signal, (at) =>
    callWhole((ear) => door.post(at, call.body, ear, call.type), asked),
  );
  if (signal.aborted) return { reason: 'cancelled', promptTokens, outputTokens: 0 };
  if (end.text === null) return fail(end.error ?? { code: 'unreachable', message: 'refused' });
  const read = call.read(end.text);
  if (!read.ok) return fail(read.error);
  for (const delta of read.value) if (!signal.aborted) await Promise.resolve(sink(delta)).catch(() => undefined);
  const outputTokens = read.value.reduce((sum, { tokens }) => sum + tokens, 0);
  return { reason: signal.aborted ? 'cancelled' : 'stop', promptTokens, outputTokens };
}
