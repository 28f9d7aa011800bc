// Embeddings as this home works on them: the texts in the engine's terms, and the pieces in which their vectors leave. Pure.
import { makeFormWriter } from '../../schema/chunks.ts';
import type { JobRequests } from '../../schema/job-request.ts';
import { formVectors } from '../../schema/vectors.ts';
import type { JobWork, WorkFrame } from './job-work.ts';

export function planEmbedding(request: JobRequests['embedding'], { chunk }: WorkFrame): JobWork {
  const { model, inputs, dimensions } = request;
  return {
    job: { kind: 'embedding', model, inputs, ...(dimensions === undefined ? {} : { dimensions }) },
    promptTexts: inputs,
    stops: [],
    writer: makeFormWriter(formVectors(chunk), true),
    isAllOrNothing: true,
  };
}
