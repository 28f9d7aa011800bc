// A job for embeddings at a local server, from its call to its end in the words of a job: all vectors, or none.

import { encodeBase64 } from '../../schema/base64.ts';
import { parseJson } from '../../schema/json.ts';
import { packVectors } from '../../schema/vectors.ts';
import type { BackendError, EmbeddingJob, Finish, Sink } from './backend.ts';
import { buildCall } from './backend-calls.ts';
import type { HttpDoor } from './http-door.ts';
import type { LifeWatch } from './life-watch.ts';
import type { MovedCalls } from './moved-calls.ts';
import type { Product } from './probe-server.ts';
import { readEmbeddings } from './read-embeddings.ts';
import { failWhole } from './text-end.ts';
import { callWhole } from './whole-call.ts';

interface EmbeddingDoors {
  readonly door: HttpDoor;
  readonly calls: MovedCalls;
  readonly product: Product | undefined;
  readonly life: LifeWatch;
  readonly signal: AbortSignal;
}

/** As many numbers as an answer may hold, written with all their digits. */
const ANSWER_BYTES = 24 * 1024 * 1024;
const FAILED: BackendError = { code: 'internal', message: 'the server gave no embeddings' };

/** All vectors as one delta, or none. Never rejects. */
export async function runEmbedding(job: EmbeddingJob, sink: Sink, doors: EmbeddingDoors): Promise<Finish> {
  const { door, calls, product, life, signal } = doors;
  const call = buildCall({ ...job, kind: 'embedding' }, product);
  if (!call.ok) return failWhole({ code: 'bad-request', message: call.error }, signal);
  const { path, body } = call.value;
  const asked = { life, signal, maxBytes: ANSWER_BYTES, prompt: job.inputs };
  const end = await calls.send(`${door.server.api}/${path}`, signal, (at) =>
    callWhole((ear) => door.post(at, body, ear), asked),
  );
  if (end.text === null || signal.aborted) return failWhole(end.error ?? FAILED, signal);
  const read = readEmbeddings(parseJson(end.text), job);
  if (!read.ok) return failWhole(read.error, signal);
  const { vectors, promptTokens } = read.value;
  await Promise.resolve(sink({ text: encodeBase64(packVectors(vectors)), tokens: 0 })).catch(() => undefined);
  return { reason: signal.aborted ? 'cancelled' : 'stop', promptTokens, outputTokens: 0 };
}
