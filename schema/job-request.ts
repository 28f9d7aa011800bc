// What a home is asked, by the kind of the job.
import * as z from 'zod';
import { chatJobSchema } from './chat-job.ts';
import type { JobKind } from './job-kinds.ts';

/** Every kind names its model and its seed, and bounds its output. */
interface AnyRequest {
  readonly kind: JobKind;
  readonly model: string;
  readonly maxTokens: number;
  readonly seed: number;
}

const JOB_REQUESTS = { chat: chatJobSchema } satisfies { [K in JobKind]: z.ZodType<AnyRequest & { kind: K }> };

export type JobRequestOf<K extends JobKind> = z.output<(typeof JOB_REQUESTS)[K]>;
export type JobRequest = { [K in JobKind]: JobRequestOf<K> }[JobKind];

/** A request before a home is chosen: the home's own name for the model is not known yet. */
export type OpenRequest = { [K in JobKind]: Omit<JobRequestOf<K>, 'model'> }[JobKind];

export const jobRequestSchema = z.discriminatedUnion('kind', [JOB_REQUESTS.chat]);
