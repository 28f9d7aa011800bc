// A job for embeddings at a local server, from its call to its end in the words of a job.

import type { BackendError, EmbeddingJob, Finish, Sink } from './backend.ts';
import { buildCall } from './backend-calls.ts';
import { callEmbedding } from './embedding-call.ts';
import type { HttpDoor } from './http-door.ts';
import type { LifeWatch } from './life-watch.ts';
import type { MovedCalls } from './moved-calls.ts';
import type { Product } from './probe-server.ts';

interface EmbeddingDoors {
  readonly door: HttpDoor;
  readonly calls: MovedCalls;
  readonly product: Product | undefined;
  readonly life: LifeWatch;
  readonly signal: AbortSignal;
}

const FAILED: BackendError = { code: 'internal', message: 'the server gave no embeddings' };

/** All vectors as one delta, or none. Never rejects. */
export async function runEmbedding(job: EmbeddingJob, sink: Sink, doors: EmbeddingDoors): Promise<Finish> {
  const { door, calls, product, life, signal } = doors;
  const call = buildCall({ ...job, kind: 'embedding' }, product);
  if (!call.ok) return failEmbedding({ code: 'bad-request', message: call.error }, signal);
  const { path, body } = call.value;
  const end = await calls.send(`${door.server.api}/${path}`, signal, (at) =>
    callEmbedding(job, (ear) => door.post(at, body, ear), { life, signal }),
  );
  if (end.text === null || signal.aborted) return failEmbedding(end.error ?? FAILED, signal);
  await Promise.resolve(sink({ text: end.text, tokens: 0 })).catch(() => undefined);
  return { reason: signal.aborted ? 'cancelled' : 'stop', promptTokens: end.promptTokens, outputTokens: 0 };
}

export function failEmbedding(error: BackendError, { aborted }: AbortSignal): Finish {
  if (aborted) return { reason: 'cancelled', promptTokens: null, outputTokens: 0 };
  return { reason: 'error', promptTokens: null, outputTokens: 0, error };
}
