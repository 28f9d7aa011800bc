// A job frame as a backend's job, by its kind: only the fields of the whitelist, in the backend's terms. Pure.
import type { JobFrame } from '../../schema/frames-to-node.ts';
import type { JobKind } from '../../schema/job-kinds.ts';
import type { JobRequestOf } from '../../schema/job-request.ts';
import type { BackendJob, ChatJob } from '../backends/backend.ts';

type JobMaker<K extends JobKind> = (
  request: JobRequestOf<K>,
  resume: JobFrame['resume'],
) => Extract<BackendJob, { kind: K }>;

const JOB_MAKERS: { readonly [K in JobKind]: JobMaker<K> } = { chat: toChatJob };

/** The seed becomes a non-negative integer of 53 bits; everything else passes as the router decided it. */
export function toBackendJob({ request, resume }: JobFrame): BackendJob {
  return JOB_MAKERS[request.kind](request, resume);
}

function toChatJob(request: JobRequestOf<'chat'>, resume: JobFrame['resume']): ChatJob {
  return {
    kind: 'chat',
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

function toResume({ text, count, tokenIds }: NonNullable<JobFrame['resume']>): NonNullable<ChatJob['resume']> {
  return tokenIds ? { text, count, tokenIds } : { text, count };
}
