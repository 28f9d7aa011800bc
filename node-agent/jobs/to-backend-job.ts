// A job frame as a backend's job: only the fields of the whitelist, in the backend's terms. Pure.
import type { JobFrame } from '../../schema/frames-to-node.ts';
import type { BackendJob } from '../backends/backend.ts';

/** The seed becomes a non-negative integer of 53 bits; everything else passes as the router decided it. */
export function toBackendJob(frame: JobFrame): BackendJob {
  const { request, resume } = frame;
  return {
    model: request.model,
    messages: request.messages,
    maxTokens: request.maxTokens,
    temperature: request.temperature,
    topP: request.topP,
    seed: Number(BigInt.asUintN(53, BigInt(request.seed))),
    stop: request.stop,
    frequencyPenalty: request.frequencyPenalty,
    presencePenalty: request.presencePenalty,
    ...(resume ? { resume: toResume(resume) } : {}),
  };
}

function toResume(resume: NonNullable<JobFrame['resume']>): NonNullable<BackendJob['resume']> {
  const { text, count, tokenIds } = resume;
  return tokenIds ? { text, count, tokenIds } : { text, count };
}
