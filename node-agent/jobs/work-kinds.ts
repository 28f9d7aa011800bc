// From a job's request to the work that it asks for, by kind.
import type { JobKind } from '../../schema/job-kinds.ts';
import type { JobRequestOf, JobRequests } from '../../schema/job-request.ts';
import { planChat } from './chat-work.ts';
import { planCompletion } from './completion-work.ts';
import { planEmbedding } from './embedding-work.ts';
import { planImage, planTranscription } from './media-work.ts';
import type { JobWork, WorkFrame } from './job-work.ts';

const WORK: { readonly [K in JobKind]: (request: JobRequests[K], frame: WorkFrame) => JobWork } = {
  chat: planChat,
  completion: planCompletion,
  embedding: planEmbedding,
  transcription: planTranscription,
  image: planImage,
};

/** The work of a job; the request's kind says which. */
export function planWork<K extends JobKind>(request: JobRequestOf<K>, frame: WorkFrame): JobWork {
  return WORK[request.kind](request, frame);
}
